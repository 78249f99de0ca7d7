"""The planted bugs fit the package as it is, and their table is up to date. They are planted by `make test-planted`."""

from __future__ import annotations

import ast

import pytest

from .planted import BUGS, Bug
from .planted.__main__ import ROOT
from .planted.table import DOCUMENT, planted, table


def test_there_are_enough_and_each_has_a_name_of_its_own() -> None:
    assert len({bug.name for bug in BUGS}) == len(BUGS) >= 30


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_it_fits_and_is_python(bug: Bug) -> None:
    """A bug whose text has gone proves nothing, and one that cannot be imported too much."""
    for text in planted(bug).values():
        ast.parse(text)


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_the_tests_named_for_it_exist(bug: Bug) -> None:
    for test in bug.caught_by:
        file, *_, name = test.split("::")
        assert f"def {name}(" in (ROOT / "tests" / file).read_text(), test


def test_the_table_is_up_to_date() -> None:
    assert DOCUMENT.read_text() == table(), "run python -m tests.faults.planted --table"
