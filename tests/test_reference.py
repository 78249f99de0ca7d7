"""The pages of docs/reference/ say what the code says."""

from __future__ import annotations

import re
from inspect import getsource

import pytest
from django.dispatch import Signal

from django_adbudget import signals
from tests.pages import DOCS
from tests.reference import checks, pages


@pytest.mark.parametrize(("name", "text"), [pytest.param(*page, id=page[0]) for page in pages.written()])
def test_a_page_is_what_the_code_says(name: str, text: str) -> None:
    assert (pages.FOLDER / name).read_text() == text, "make reference"


def test_no_page_is_left_over() -> None:
    assert {path.name for path in pages.FOLDER.glob("*.md")} == {name for name, _ in pages.written()}


def test_every_id_of_a_check_is_found() -> None:
    found = [check.id for check in checks.found()]
    assert len(found) == len(set(found)), "an id stands for one message"
    assert set(found) == checks.ids_in_source()


def test_the_page_of_signals_names_each_and_its_sender() -> None:
    """D3. The sender is what the comment in signals.py says."""
    ours = {name for name, value in vars(signals).items() if isinstance(value, Signal)}
    table = (DOCS / "signals.md").read_text().split("## The signals")[1].split("What they are:")[0]
    rows = re.findall(r"^\| `(\w+)` \| `(\w+)` \| (.+?) \|", table, re.MULTILINE)
    assert {name for name, *_ in rows} == ours
    said = {chunk.rpartition("\n")[2].split(" = ")[0]: chunk for chunk in getsource(signals).strip().split("\n\n")}
    for name, sender, arguments in rows:
        if "The same arguments" not in said[name]:
            assert f"sender: {sender}." in said[name]
            assert [
                each for each in re.findall(r"`(\w+)`", arguments) if not re.search(rf"\b{each}\b", said[name])
            ] == []
