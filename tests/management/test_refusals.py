"""What cannot be meant is refused in a sentence, and no traceback is shown."""

from __future__ import annotations

import io
import os
import sys

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command, load_command_class
from django.db import connections

from django_adbudget.models import SpendRecord
from tests.factories import make_brand, make_campaign
from tests.management.calling import data, said

pytestmark = pytest.mark.django_db
#: What Python makes of the byte 0xff of a shell.
BYTE = "\udcff"


@pytest.mark.parametrize("command", ["budget_report", "seed_data", "simulate_spend"])
@pytest.mark.parametrize("now", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z"])
def test_an_instant_at_the_ends_of_the_calendar(command: str, now: str) -> None:
    make_campaign()
    with pytest.raises(CommandError, match="lies outside of the years 1970 to 9000"):
        said(command, "--now", now)
    assert not SpendRecord.objects.exists()


@pytest.mark.parametrize("now", ["1970-01-01T00:00:00Z", "9000-12-31T23:59:59-11:00"])
def test_the_first_and_the_last_instant(now: str) -> None:
    assert data("seed_data", "--now", now, "--brands", "20", "--dry-run")["brands"] == 20
    make_campaign(make_brand(timezone="Pacific/Kiritimati"))
    assert len(data("budget_report", "--now", now, "--period", "this_month")["brands"]) == 1
    assert data("simulate_spend", "--now", now, "--step", "1", "--rounds", "1")["rounds"] == 1


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["--spend-days", "9999999"], "--spend-days 9999999 is not up to 3,660"),
        (["--brands", "99999999999"], "--brands 99999999999 is not up to 10,000"),
        (["--campaigns", "99999999999"], "--campaigns 99999999999 is not up to 1,000,000"),
        (["--brands", "10000", "--campaigns-per-brand", "101"], "--campaigns-per-brand 101 is not up to 100"),
    ],
)
def test_more_than_can_be_seeded(arguments: list[str], error: str) -> None:
    with pytest.raises(CommandError, match=error):
        said("seed_data", "--dry-run", *arguments)


def test_as_many_days_as_can_be_seeded() -> None:
    arguments = ("--brands", "1", "--campaigns", "0", "--spend-days", "3660", "--now", "1970-01-01T00:00:00Z")
    assert data("seed_data", "--dry-run", *arguments)["brands"] == 1


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["--every", "inf"], "--every inf is not up to 86,400"),
        (["--every", "nan"], "--every nan is not up to 86,400"),
        (["--step", "nan"], "--step nan is not up to 31,622,400"),
        (["--step", "1e20"], r"--step 1e\+20 is not up to 31,622,400"),
        (["--step", "31622400", "--rounds", "1000000000"], "lead out of the years 1970 to 9000"),
        (["--step", "31622400", "--rounds", "60"], "lead out of the years 1970 to 9000"),
        (["--step", "1", "--rounds", "3", "--now", "9000-12-31T23:59:59Z"], "lead out of the years 1970 to 9000"),
        (["--rate", "99999999999"], "--rate 99999999999 is not up to 1,000,000"),
    ],
)
def test_a_clock_that_no_simulation_follows(arguments: list[str], error: str) -> None:
    make_campaign()
    with pytest.raises(CommandError, match=error):
        said("simulate_spend", *arguments)
    assert not SpendRecord.objects.exists()


@pytest.mark.parametrize("record", ["99999999999999999999999", "9223372036854775808", "0", "-1"])
def test_a_record_that_cannot_be(record: str) -> None:
    with pytest.raises(CommandError, match=f"there is no record {record}"):
        said("adbudget_redact", f"--record={record}")


@pytest.mark.parametrize(
    "arguments",
    [
        ["budget_report", "--brand", BYTE],
        ["check_budgets", "--brand", BYTE],
        ["replay_spend", os.devnull, "--brand", BYTE],
        ["adbudget_redact", "--campaign", BYTE],
        ["adbudget_redact", "--brand", "Fahrrad", "--actor", BYTE],
        ["adbudget_archive", "--before", "2026-03-01", "--actor", BYTE],
        ["adbudget_token", BYTE],
        ["adbudget_token", "jane", "--name", BYTE],
        ["adbudget_token", "jane", "--name", "\x00"],
    ],
)
def test_text_that_no_database_can_store(arguments: list[str]) -> None:
    make_brand(name="Fahrrad")
    get_user_model()._default_manager.create(username="jane")
    with pytest.raises(CommandError, match=r"'\\(udcff|x00)' holds a character that no database can store"):
        call_command(*arguments)


@pytest.mark.parametrize("unbuffered", [False, True])
def test_a_reader_that_has_seen_enough(monkeypatch: pytest.MonkeyPatch, unbuffered: bool) -> None:
    for _ in range(60):
        make_brand()
    # They would end the transaction of this test.
    monkeypatch.setattr(connections, "close_all", lambda: None)
    with _without_reader(unbuffered) as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        with pytest.raises(SystemExit) as ended:
            load_command_class("django_adbudget", "budget_report").run_from_argv(
                ["manage.py", "budget_report", "--skip-checks"]
            )
        assert ended.value.code == 141
        print("x" * 100_000, flush=True)


def _without_reader(unbuffered: bool) -> io.TextIOWrapper:
    reader, writer = os.pipe()
    os.close(reader)
    return io.TextIOWrapper(os.fdopen(writer, "wb", buffering=0 if unbuffered else -1), write_through=unbuffered)
