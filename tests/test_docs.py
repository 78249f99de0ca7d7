"""Every Python block of the pages in docs/ is run; docs/README.md says how a block is written."""

from __future__ import annotations

import ast
import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.dispatch import Signal

from django_adbudget import signals

DOCS = Path(__file__).parent.parent / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
LANGUAGES = {"python", "json", "console", "sh", "text", "toml", "ini", "yaml", "html", "http", "sql", "mermaid", "php"}
ADDED_TO = {"INSTALLED_APPS", "MIDDLEWARE"}
_BLOCK = re.compile(r"^(?P<mark>```+)(?P<language>[^\n]*)\n(?P<code>.*?)^(?P=mark)[ ]*$", re.DOTALL | re.MULTILINE)
_FILE = re.compile(r"# (?P<path>[\w/]+)\.py\s*$")
_CLAIM = re.compile(r"#\s*->\s*(?P<value>.*\S)\s*$")


@dataclass(frozen=True)
class Block:
    language: str
    code: str
    line: int
    """Of the page, where the code begins."""

    @property
    def module(self) -> str | None:
        named = _FILE.match(self.code.split("\n", 1)[0])
        return named["path"].replace("/", ".") if named else None


@dataclass
class Page:
    """A page as it is run: what it has defined, and the modules that it has written."""

    path: Path
    settings: Any
    names: dict[str, Any] = field(default_factory=lambda: {"__name__": "__docs__"})
    modules: list[str] = field(default_factory=list)

    def run(self) -> None:
        for block in blocks(self.path):
            if block.language == "json":
                json.loads(block.code)
            elif block.language == "python":
                self._run(block)

    def _run(self, block: Block) -> None:
        name = block.module
        if name is None:
            self._execute(block, self.names)
        elif name.rpartition(".")[2] == "settings":
            found: dict[str, Any] = {}
            self._execute(block, found)
            self._set({key: value for key, value in found.items() if key.isupper()})
        else:
            self._execute(block, vars(self._module(name)))
            if name.rpartition(".")[2] == "urls":
                self.settings.ROOT_URLCONF = name

    def _set(self, values: dict[str, Any]) -> None:
        for key, value in values.items():
            kept = getattr(self.settings, key) if key in ADDED_TO else []
            setattr(self.settings, key, [*kept, *(v for v in value if v not in kept)] if key in ADDED_TO else value)

    def _module(self, name: str) -> ModuleType:
        """A new module, in packages that are made where they are missing."""
        *packages, _ = [name[: dot.start()] for dot in re.finditer(r"\.|$", name)]
        for each in [p for p in packages if p not in sys.modules] + [name]:
            module = sys.modules[each] = ModuleType(each)
            module.__path__ = []
            self.modules.append(each)
            parent, _, child = each.rpartition(".")
            if parent:
                setattr(sys.modules[parent], child, module)
        return sys.modules[name]

    def _execute(self, block: Block, names: dict[str, Any]) -> None:
        """Statement by statement, so that a claim is compared at its place; lines are those of the page."""
        tree = ast.parse("\n" * (block.line - 1) + block.code, str(self.path))
        lines = block.code.split("\n")
        for statement in tree.body:
            claim = _CLAIM.search(lines[(statement.end_lineno or 0) - block.line])
            if claim and isinstance(statement, ast.Expr):
                value = eval(compile(ast.Expression(statement.value), str(self.path), "eval"), names)
                where = f"{self.path.name}, line {statement.lineno}"
                assert repr(value) == claim["value"], f"{where}: {value!r}, not {claim['value']}"
            else:
                exec(compile(ast.Module([statement], []), str(self.path), "exec"), names)


def blocks(path: Path) -> Iterator[Block]:
    text = path.read_text()
    for found in _BLOCK.finditer(text):
        yield Block(found["language"].strip(), found["code"], text.count("\n", 0, found.start("code")) + 1)


@contextmanager
def as_it_was(page: Page) -> Iterator[Page]:
    """What a page connects and writes goes when it ends."""
    ours = [signal for signal in vars(signals).values() if isinstance(signal, Signal)]
    receivers = [(signal, list(signal.receivers)) for signal in ours]
    try:
        yield page
    finally:
        for signal, before in receivers:
            signal.receivers = before
            signal.sender_receivers_cache.clear()
        for name in page.modules:
            sys.modules.pop(name, None)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(DOCS).as_posix())
def test_the_code_of_a_page_runs(path: Path, settings: Any) -> None:
    with as_it_was(Page(path, settings)) as page:
        page.run()


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(DOCS).as_posix())
def test_every_fence_says_what_it_holds_and_every_link_leads_somewhere(path: Path) -> None:
    assert {block.language for block in blocks(path)} <= LANGUAGES
    links = re.findall(r"\]\((?!https?:|mailto:|#)([^)#\s]+)", path.read_text())
    assert [link for link in links if not (path.parent / link).exists()] == []


PLANTED = """
```python
# mysite/settings.py
INSTALLED_APPS = ["django_adbudget"]
ADBUDGET = {"DEFAULT_CURRENCY": "EUR"}
```
```python
# mysite/ads.py
def price() -> int:
    return 7
```
```python
from mysite.ads import price
from django_adbudget.conf import app_settings

price()  # -> 7
app_settings.DEFAULT_CURRENCY  # -> 'EUR'
```
"""


@pytest.mark.parametrize(
    ("planted", "error"),
    [
        ("price()  # -> 8", r"page.md, line 20: 7, not 8"),
        ('assert price() == 8, "eight"', "eight"),
        ("unknown_name", "unknown_name"),
    ],
)
def test_a_page_that_lies_fails(planted: str, error: str, tmp_path: Path, settings: Any) -> None:
    path = tmp_path / "page.md"
    path.write_text(PLANTED)
    with as_it_was(Page(path, settings)) as page:
        page.run()
    path.write_text(f"{PLANTED}```python\n{planted}\n```\n")
    with as_it_was(Page(path, settings)) as page, pytest.raises((AssertionError, NameError), match=error):
        page.run()
    assert "mysite.ads" not in sys.modules
