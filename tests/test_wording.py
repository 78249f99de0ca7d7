from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.test import override_settings
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from django_adbudget import wording
from django_adbudget.rules import Reason, Status

NOON = datetime(2026, 3, 11, 3, tzinfo=UTC)  # in Tokyo


def plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    ("amount", "currency", "language", "shown"),
    [
        ("1234.5", "EUR", "en", "1,234.50 EUR"),
        ("1234.5", "EUR", "de", "1.234,50 EUR"),
        ("1234567", "JPY", "en", "1,234,567 JPY"),
        ("0.5", "JPY", "en", "0.5 JPY"),
        ("1", "KWD", "en", "1.000 KWD"),
        ("99.996", "EUR", "en", "99.996 EUR"),
        ("-0.000001", "EUR", "en", "-0.000001 EUR"),
        ("5", "XXX", "en", "5.00 XXX"),
    ],
)
def test_money_has_the_places_of_its_currency_and_is_never_rounded(
    amount: str, currency: str, language: str, shown: str
) -> None:
    with translation.override(language):
        assert plain(wording.money(Decimal(amount), currency)) == shown


@given(st.integers(-(10**15), 10**15), st.sampled_from(["EUR", "JPY", "KWD"]))
def test_what_is_shown_is_the_amount(micros: int, currency: str) -> None:
    """M1."""
    amount = Decimal(micros).scaleb(-6)
    shown = plain(wording.money(amount, currency)).removesuffix(f" {currency}")
    assert Decimal(shown.replace(",", "")) == amount


def test_no_amount_is_a_dash() -> None:
    assert wording.money(None, "EUR") == wording.percent(None) == wording.NOTHING


@override_settings(USE_I18N=False)
def test_a_host_without_translation() -> None:
    assert plain(wording.money(Decimal("1234.5"), "EUR")) == "1,234.50 EUR"


@pytest.mark.parametrize(("share", "shown"), [("99.99", "99.9 %"), ("100", "100.0 %"), ("1250.04", "1,250.0 %")])
def test_a_share_is_not_rounded_up_to_a_hundred(share: str, shown: str) -> None:
    assert plain(wording.percent(Decimal(share))) == shown


@pytest.mark.parametrize(
    ("length", "shown"),
    [
        (timedelta(hours=3, minutes=12), "3 h 12 min"),
        (timedelta(hours=3), "3 h"),
        (timedelta(seconds=61), "2 min"),
        (timedelta(seconds=1), "1 min"),
        (timedelta(0), "0 min"),
        (timedelta(seconds=-5), "0 min"),
        (timedelta(days=1), "1 day"),
        (timedelta(days=12, hours=5, minutes=59), "12 days 5 h"),
    ],
)
def test_durations(length: timedelta, shown: str) -> None:
    assert wording.duration(length) == shown


@pytest.mark.parametrize(
    ("status", "reasons", "flips_at", "shown"),
    [
        (
            Status.PAUSED_BUDGET,
            [Reason.BRAND_DAILY_BUDGET],
            datetime(2026, 3, 11, 15, tzinfo=UTC),
            "Paused: brand's daily budget reached, back at 00:00 Tokyo, in 12 h",
        ),
        (
            Status.PAUSED_BUDGET,
            [Reason.BRAND_MONTHLY_BUDGET, Reason.OUTSIDE_DAYPARTING],
            datetime(2026, 4, 1, 0, tzinfo=UTC),
            "Paused: brand's monthly budget reached, outside its hours, back at April 1, 09:00 Tokyo, in 20 days 21 h",
        ),
        (
            Status.INACTIVE,
            [Reason.NOT_STARTED],
            datetime(2026, 3, 31, 15, tzinfo=UTC),
            "Inactive: flight has not begun, from April 1, 00:00 Tokyo, in 20 days 12 h",
        ),
        (Status.INACTIVE, [Reason.CAMPAIGN_OFF], None, "Inactive: switched off"),
        (Status.ACTIVE, [], datetime(2026, 3, 11, 9, tzinfo=UTC), "Running until 18:00 Tokyo"),
        (Status.ACTIVE, [], datetime(2027, 3, 11, 9, tzinfo=UTC), "Running until March 11, 2027, 18:00 Tokyo"),
        (Status.ACTIVE, [], None, "Running"),
    ],
)
def test_a_status_says_why_and_until_when(
    status: Status, reasons: list[Reason], flips_at: datetime | None, shown: str
) -> None:
    assert wording.status(status, reasons, "Asia/Tokyo", NOON, flips_at) == shown


def test_a_reason_of_a_later_release_is_shown_as_it_is() -> None:
    assert wording.reasons(["ENDED", "WEEKLY_BUDGET"]) == "flight has ended, WEEKLY_BUDGET"


def test_every_reason_has_words() -> None:
    assert set(wording.REASONS) == set(Reason)
    assert set(wording.STATUSES) == set(Status)


def test_a_date_of_this_year_needs_no_year() -> None:
    assert wording.day(date(2026, 4, 1), date(2026, 3, 1)) == "April 1"
    assert wording.day(date(2027, 4, 1), date(2026, 3, 1)) == "April 1, 2027"
