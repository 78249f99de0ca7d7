"""The blocks of the pages in docs/, and what runs them; docs/README.md says how a block is written."""

from __future__ import annotations

import ast
import configparser
import contextlib
import json
import re
import sys
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import yaml

from tests import consoles

DOCS = Path(__file__).parent.parent / "docs"
#: It is followed to the letter, in a site of its own, by tests/quickstart.py.
QUICKSTART = DOCS / "quickstart.md"
PAGES = sorted(DOCS.rglob("*.md"))
ADDED_TO = {"INSTALLED_APPS", "MIDDLEWARE"}
_BLOCK = re.compile(r"^(?P<mark>```+)(?P<info>[^\n]*)\n(?P<code>.*?)^(?P=mark)[ ]*$", re.DOTALL | re.MULTILINE)
_FILE = re.compile(r"# (?P<path>[\w/]+)\.py\s*$")
_CLAIM = re.compile(r"#\s*->\s*(?P<value>.*\S)\s*$")


def _ini(code: str) -> None:
    configparser.ConfigParser(interpolation=None).read_string(code)


#: What is parsed, as it is nothing that could be run.
PARSED: dict[str, Callable[[str], object]] = {
    "json": json.loads,
    "toml": tomllib.loads,
    "yaml": yaml.safe_load,
    "ini": _ini,
}
#: What is shown, and no more.
SHOWN = {"text", "html", "http", "sql", "php"}


@dataclass(frozen=True)
class Block:
    language: str
    code: str
    line: int
    """Of the page, where the code begins."""
    file: str = ""
    """That it is written to, where the fence names one after the language."""

    @property
    def module(self) -> str | None:
        named = _FILE.match(self.code.split("\n", 1)[0])
        return named["path"].replace("/", ".") if named else None

    @property
    def fate(self) -> str:
        """What becomes of it, in a word; empty if nobody knows."""
        if self.language in {"python", "console"}:
            return "run"
        return "parsed" if self.language in PARSED else "written" if self.file else "shown" if self.is_shown else ""

    @property
    def is_shown(self) -> bool:
        return self.language in SHOWN


def blocks(path: Path) -> Iterator[Block]:
    text = path.read_text()
    for found in _BLOCK.finditer(text):
        language, _, file = found["info"].strip().partition(" ")
        yield Block(language, found["code"], text.count("\n", 0, found.start("code")) + 1, file.strip())


@dataclass
class Page:
    """A page as it is run: what it has defined, the modules that it has written, and what it did."""

    path: Path
    settings: Any
    folder: Path
    names: dict[str, Any] = field(default_factory=lambda: {"__name__": "__docs__"})
    modules: list[str] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)

    def run(self) -> None:
        """In its folder, block by block. Raises where one fails, or does something else than the page says."""
        with contextlib.chdir(self.folder):
            for block in blocks(self.path):
                self._do(block)
                self.done[f"{block.language} {block.fate}"] += 1

    def _do(self, block: Block) -> None:
        if block.language in PARSED:
            PARSED[block.language](block.code)
        elif block.language == "python":
            self._run(block)
        elif block.language == "console":
            self.done += consoles.run(block.code, f"{self.path.name}, line {block.line}")
        if block.file:
            Path(block.file).write_text(block.code)

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
