"""Every block of the pages in docs/ is run, parsed or checked; docs/README.md says how one is written."""

from __future__ import annotations

import re
import shlex
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.core.management.base import CommandError
from django.dispatch import Signal

from django_adbudget import signals
from tests import consoles
from tests.pages import DOCS, PAGES, QUICKSTART, Page, blocks

ROOT = DOCS.parent
#: Pages beside docs/: their commands and links are looked at too.
OUTSIDE = [
    path for path in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "example_project/README.md") if path.exists()
]
EVERY = [*PAGES, *OUTSIDE]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


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
@pytest.mark.parametrize("path", [path for path in PAGES if path != QUICKSTART], ids=name_of)
def test_the_code_of_a_page_runs(path: Path, settings: Any, tmp_path: Path) -> None:
    with as_it_was(Page(path, settings, tmp_path)) as page:
        page.run()
    print(f"{path.name}: {', '.join(f'{count} {what}' for what, count in sorted(page.done.items()))}")


@pytest.mark.parametrize("path", EVERY, ids=name_of)
def test_every_fence_says_what_it_holds_and_every_link_leads_somewhere(path: Path) -> None:
    assert [block for block in blocks(path) if path in PAGES and not block.fate] == []
    links = re.findall(r"\]\((?!https?:|mailto:|#)([^)#\s]+)", path.read_text())
    assert [link for link in links if not (path.parent / link).exists()] == []


@pytest.mark.parametrize("path", EVERY, ids=name_of)
def test_commands_named_in_passing_exist(path: Path) -> None:
    text = re.sub(r"^```.*?^```", "", path.read_text(), flags=re.DOTALL | re.MULTILINE)
    for found in re.findall(r"`((?:manage\.py|make) [^`<]+)`", text):
        words = tuple(shlex.split(found.replace("\n", " ").replace("...", "")))
        try:
            if words[1:]:
                consoles.check(consoles.Command(words, ""))
        except (AssertionError, CommandError) as error:
            raise AssertionError(f"{path.name}: {found}: {error}") from error


def test_how_many_blocks_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    """All of them are done by the tests of their pages; here they are counted."""
    found = Counter(f"{block.language} {block.fate}" for path in PAGES for block in blocks(path))
    commands = sum(
        len(list(consoles.commands(block.code)))
        for path in PAGES
        for block in blocks(path)
        if block.language == "console"
    )
    with capsys.disabled():
        told = ", ".join(f"{count} {what}" for what, count in sorted(found.items()))
        print(f"\n{len(PAGES)} pages, {found.total()} blocks: {told}; {commands} commands")
    assert found["python run"] > 50


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
    with as_it_was(Page(path, settings, tmp_path)) as page:
        page.run()
    path.write_text(f"{PLANTED}```python\n{planted}\n```\n")
    with as_it_was(Page(path, settings, tmp_path)) as page, pytest.raises((AssertionError, NameError), match=error):
        page.run()
    assert "mysite.ads" not in sys.modules


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("planted", "error"),
    [
        ("$ manage.py no_such_command", "no command 'no_such_command'"),
        ("$ manage.py check_budgets --sometimes", "--sometimes"),
        ("$ manage.py check_budgets\nsomething else", "it printed"),
        ("$ manage.py check_budgets --brand nobody", "it ended with 1"),
        ("$ python -m pip install 'django-adbudget[everything]'", "everything"),
        ("$ pip install no-such-thing", "no-such-thing"),
        ("$ make nothing", "nothing"),
        ("$ celery -A mysite worker --slowly", "--slowly"),
        ("$ curl http://127.0.0.1:8000/api/nowhere/", "nowhere"),
        ("$ python -m no_such_module", "no_such_module"),
        ("$ unheard-of", "unheard-of"),
    ],
)
def test_a_command_that_lies_fails(planted: str, error: str) -> None:
    with pytest.raises(AssertionError, match=error):
        consoles.run(f"{planted}\n", "page.md")


@pytest.mark.django_db(transaction=True)
def test_commands_are_run_and_what_they_print_is_compared() -> None:
    code = """$ python manage.py check_budgets
... 0 ...
$ manage.py check_budgets --brand nobody
CommandError: ...
$ celery -A mysite worker \\
    --pool solo -c 1
$ curl -H 'Authorization: Bearer x' 'http://127.0.0.1:8000/api/campaigns/1/status/?a=b'
"""
    assert consoles.run(code, "page.md") == {"commands run": 2, "commands checked": 2}
