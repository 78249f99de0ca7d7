from __future__ import annotations

import io
import sys
from contextlib import suppress
from types import SimpleNamespace
from typing import Any, Self

import pytest
from celery import Celery
from django.core.management import CommandError, call_command
from django.core.management.base import OutputWrapper

from django_adbudget.management.progress import progress
from tests.factories import make_brand, make_campaign


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Tqdm:
    """As much of tqdm as is called."""

    def __init__(self, *, total: int, unit: str, file: Any, leave: bool) -> None:
        self.total, self.unit, self.file, self.done = total, unit, file, 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.file.write("gone")

    def update(self, n: int = 1) -> None:
        self.done += n
        self.file.write(f"{self.done}/{self.total} {self.unit}|")

    def clear(self) -> None:
        self.file.write("cleared|")


def drawn_on(stream: io.StringIO) -> str:
    with progress(OutputWrapper(stream), total=2, unit="rows") as bar:
        bar.update()
        bar.clear()
        bar.update()
    return stream.getvalue()


@pytest.fixture
def _tqdm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tqdm", SimpleNamespace(tqdm=Tqdm))


@pytest.mark.usefixtures("_tqdm")
def test_a_terminal_shows_a_bar() -> None:
    assert drawn_on(Terminal()) == "1/2 rows|cleared|2/2 rows|gone"


@pytest.mark.usefixtures("_tqdm")
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("command", "drawn"),
    [
        ("check_budgets", "2/2 campaigns|gone"),
        ("enforce_dayparting", "gone"),
        ("verify_summaries", "1/1 brands|gone"),
        ("budget_report", "1/1 brands|gone"),
        ("adbudget_doctor --quick", "10/10 examinations|gone"),
        ("seed_data --force --brands 1 --spend-days 2", "1/2 days|2/2 days|gone"),
        ("simulate_spend --force --rounds 2 --step 1", "1/2 rounds|2/2 rounds|gone"),
    ],
)
def test_long_work_shows_how_far_it_is(command: str, drawn: str, memory_app: Celery) -> None:
    brand = make_brand()
    for _ in range(2):
        make_campaign(brand)
    terminal = Terminal()
    with suppress(CommandError):  # the doctor finds that beat is silent
        call_command(*command.split(), stdout=io.StringIO(), stderr=terminal)
    assert terminal.getvalue().endswith(drawn)


@pytest.mark.usefixtures("_tqdm")
def test_a_file_stays_clean() -> None:
    assert drawn_on(io.StringIO()) == ""


def test_without_tqdm_there_is_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tqdm", None)
    assert drawn_on(Terminal()) == ""
