"""Amounts and dates as reports print them."""

from __future__ import annotations

import locale
from datetime import date

import pytest

from django_adbudget.exceptions import InvalidAmount, InvalidSpendTime
from django_adbudget.importers.dates import MINUTES_A_DAY, UNSAID, reader
from django_adbudget.importers.numbers import MISSING, amount_micros, is_missing


@pytest.mark.parametrize(
    ("text", "micros"),
    [
        ("0", 0),
        ("-0.00", 0),
        ("+1", 1_000_000),
        ("12.34", 12_340_000),
        (".5", None),
        ("12.", 12_000_000),
        ("1,234", 1_234_000_000),
        ("1,234,567.000001", 1_234_567_000_001),
        ("1 234.5", 1_234_500_000),
        ("1\u00a0234\u00a0567", 1_234_567_000_000),
        ("1\u202f234", 1_234_000_000),
        ("1'234.5", 1_234_500_000),
        ("1,234 567", None),
        ("1,2345", None),
        ("0,123", None),
        ("000,123", None),
        ("0 123", None),
        ("1234,567", None),
        (",123", None),
        ("1.234,56", None),
        ("1_000", None),
        ("0x10", None),
        ("\uff11\uff12", None),
    ],
)
def test_amounts(text: str, micros: int | None) -> None:
    if micros is None:
        with pytest.raises(InvalidAmount):
            amount_micros(text)
    else:
        assert amount_micros(text) == micros


@pytest.mark.parametrize(
    ("text", "micros"),
    [
        ("0,5", 500_000),
        ("12,34", 12_340_000),
        ("1.234,56", 1_234_560_000),
        ("1.234", 1_234_000_000),
        ("1 234,5", 1_234_500_000),
        ("17", 17_000_000),
        ("12.34", None),
        ("0.250", None),
        ("1234.56", None),
        ("1,234.56", None),
    ],
)
def test_amounts_with_a_decimal_comma(text: str, micros: int | None) -> None:
    if micros is None:
        with pytest.raises(InvalidAmount):
            amount_micros(text, decimal_comma=True)
    else:
        assert amount_micros(text, decimal_comma=True) == micros


@pytest.mark.parametrize(
    ("text", "micros"),
    [("1353", 1353), ("1353.0", 1353), ("1,353", 1353), ("999999999999999", 999_999_999_999_999), ("-0", 0)],
)
def test_micro_units(text: str, micros: int) -> None:
    assert amount_micros(text, micros=True) == micros


@pytest.mark.parametrize("text", ["1.5", "12.00", "1000000000000000", "-1", "1e6", "9" * 65])
def test_micro_units_that_are_none(text: str) -> None:
    with pytest.raises(InvalidAmount):
        amount_micros(text, micros=True)


def test_what_is_missing_is_told_in_any_case() -> None:
    assert all(is_missing(text.upper()) for text in MISSING)
    assert not is_missing("0")


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-04",
        "2026-3-4",
        "2026/03/04",
        "2026.03.04",
        "20260304",
        "Mar 4, 2026",
        "March 4 2026",
        "4 Mar 2026",
        "04-MAR-2026",
        "2026-03-04 00:00:00",
        "2026-03-04T00:00:00.000Z",
        "2026-03-04 00:00:00 UTC",
        "2026-03-04 12:00:00 AM",
    ],
)
def test_a_day_is_read(text: str) -> None:
    moment = reader()(text)
    assert (moment.day, moment.minutes % MINUTES_A_DAY) == (date(2026, 3, 4), 0)


@pytest.mark.parametrize(
    ("text", "order", "day"),
    [
        ("03/04/2026", "dmy", date(2026, 4, 3)),
        ("03/04/2026", "mdy", date(2026, 3, 4)),
        ("3.4.26", "DMY", date(2026, 4, 3)),
        ("2026 03 04", "ymd", date(2026, 3, 4)),
        ("03/04/2026 05:00", "dmy", date(2026, 4, 3)),
        ("4_Mar_2026", "%d_%b_%Y", date(2026, 3, 4)),
        ("(04.03.26)", "(%d.%m.%y)", date(2026, 3, 4)),
        ("4 Mar2026", "%d %b%Y", date(2026, 3, 4)),
        ("04032026", "%d%m%Y", date(2026, 3, 4)),
        ("03/25/2026", "", date(2026, 3, 25)),
        ("25/03/2026", "", date(2026, 3, 25)),
        ("03/03/2026", "", date(2026, 3, 3)),
    ],
)
def test_an_order_may_be_given_or_be_the_only_one(text: str, order: str, day: date) -> None:
    assert reader(order)(text).day == day


@pytest.mark.parametrize(
    ("text", "minute", "shift"),
    [
        ("2026-03-04 5:00:00", 300, UNSAID),
        ("2026-03-04T05:30Z", 330, 0),
        ("2026-03-04T05:30:59.999-0730", 330, -450),
        ("2026-03-04 05:00+02", 300, 120),
        ("3 Mar 2026 11:59 pm", 1439 - MINUTES_A_DAY, UNSAID),
        ("2026-03-04 12:15 PM", 735, UNSAID),
    ],
)
def test_an_hour_is_read(text: str, minute: int, shift: int) -> None:
    moment = reader()(text)
    assert moment.timed
    assert moment.shift == shift
    assert moment.minutes == (date(2026, 3, 4) - date(1970, 1, 1)).days * MINUTES_A_DAY + minute


@pytest.mark.parametrize(
    "text",
    ["2026-13-01", "2026-03-04 24:00", "2026-03-04 05:60", "13:00 2026-03-04", "2026-03-04 13:00 PM",
     "2026-03-04 05:00 Mars", "2026-03-04 05:00+99:00", "2026-03-04 05:00+00:99",
     "4 Mär 2026", "٢٠٢٦-٠٣-٠٤", "2026-03/04", "45000", "9999-01-01", "1969-12-31"],
)  # fmt: skip
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(InvalidSpendTime):
        reader()(text)


def test_numbers_that_touch_have_two_digits() -> None:
    """1112026 is the 11th of January or the 1st of November."""
    with pytest.raises(InvalidSpendTime):
        reader("%d%m%Y")("1112026")


def test_months_are_english_wherever_the_machine_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object) -> str:
        raise AssertionError("the locale was asked")

    monkeypatch.setattr(locale, "nl_langinfo", refuse)
    assert reader()("4 May 2026").day == date(2026, 5, 4)
