"""The decision in words, line by line (rules S2, S3, T5, T6)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_adbudget.admin.explaining import OF_BRAND, Line, Question, explain, moment, week
from django_adbudget.rules import (
    CampaignFacts,
    Dayparting,
    Level,
    LimitFacts,
    Period,
    Reason,
    WeeklyWindows,
    Window,
    decide,
)
from django_adbudget.rules.status import EPOCH
from tests.factories import NOW

BERLIN, TOKYO = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Tokyo")
TODAY, MONTH = date(2026, 3, 11), date(2026, 3, 1)
EURO = 1_000_000


def limit(level: Level, period: Period, spent: int, budget: int | None) -> LimitFacts:
    start = {Period.DAY: TODAY, Period.MONTH: MONTH, Period.TOTAL: EPOCH}[period]
    return LimitFacts(level, period, None if budget is None else budget * EURO, {start: spent * EURO})


def windows(*rows: tuple[int, str, str]) -> WeeklyWindows:
    return WeeklyWindows(Window(day, time.fromisoformat(start), time.fromisoformat(end)) for day, start, end in rows)


OFFICE = windows(*((day, "09:00", "18:00") for day in range(5)))
FREE = CampaignFacts(
    zone=BERLIN,
    limits=tuple(
        limit(level, period, 80, None)
        for level in Level
        for period in Period
        if (level, period) != (Level.BRAND, Period.TOTAL)
    ),
)


def with_limit(changed: LimitFacts) -> CampaignFacts:
    limits = [changed if each.reason is changed.reason else each for each in FREE.limits]
    return replace(FREE, limits=tuple(limits))


def lines(facts: CampaignFacts, now: datetime = NOW) -> dict[Reason, Line]:
    question = Question(facts, decide(facts, now).reasons, "EUR", now)
    return {line.reason: line for line in explain(question)}


def said(facts: CampaignFacts, reason: Reason, now: datetime = NOW) -> str:
    line = lines(facts, now)[reason]
    return f"{line.subject}: {line.figures} - {line.effect}".replace("\N{NO-BREAK SPACE}", " ")


def test_there_is_a_line_for_each_reason_in_order() -> None:
    """S2."""
    assert list(lines(FREE)) == list(Reason)
    assert not any(line.holds or line.decides for line in lines(FREE).values())
    assert [line.reason for line in explain(Question(FREE, (), "EUR", NOW), OF_BRAND)] == list(OF_BRAND)


@pytest.mark.parametrize(
    ("facts", "reason", "words"),
    [
        (FREE, Reason.CAMPAIGN_OFF, "Campaign's switch: on - does not block"),
        (
            replace(FREE, is_active=False),
            Reason.CAMPAIGN_OFF,
            "Campaign's switch: off - blocks until it is switched on",
        ),
        (
            replace(FREE, brand_is_active=False),
            Reason.BRAND_OFF,
            "Brand's switch: off - blocks until it is switched on",
        ),
        (FREE, Reason.ENDED, "Last day: none: the flight has no end - does not block"),
        (
            replace(FREE, end_date=date(2026, 3, 10)),
            Reason.ENDED,
            "Last day: March 10; today is March 11 in Berlin - blocks until the flight is prolonged",
        ),
        (
            replace(FREE, start_date=date(2026, 3, 12)),
            Reason.NOT_STARTED,
            "First day: March 12; today is March 11 in Berlin - blocks until Thu 00:00 Berlin, in 12 h",
        ),
        (FREE, Reason.BRAND_DAILY_BUDGET, "Brand's daily budget: none; 80.00 EUR spent - does not block"),
        (
            with_limit(limit(Level.BRAND, Period.DAY, 80, 100)),
            Reason.BRAND_DAILY_BUDGET,
            "Brand's daily budget: 80.00 of 100.00 EUR spent, 20.00 EUR left - does not block",
        ),
        (
            with_limit(limit(Level.CAMPAIGN, Period.DAY, 120, 100)),
            Reason.CAMPAIGN_DAILY_BUDGET,
            (
                "Campaign's daily budget: 120.00 of 100.00 EUR spent, 20.00 EUR over - "
                "blocks until Thu 00:00 Berlin, in 12 h"
            ),
        ),
        (
            with_limit(limit(Level.BRAND, Period.MONTH, 100, 100)),
            Reason.BRAND_MONTHLY_BUDGET,
            (
                "Brand's monthly budget: 100.00 of 100.00 EUR spent, 0.00 EUR left - "
                "blocks until April 1, 00:00 Berlin, in 20 days 11 h"
            ),
        ),
        (
            with_limit(limit(Level.CAMPAIGN, Period.TOTAL, 100, 100)),
            Reason.CAMPAIGN_TOTAL_BUDGET,
            "Campaign's total budget: 100.00 of 100.00 EUR spent, 0.00 EUR left - blocks until it is raised",
        ),
        (
            with_limit(limit(Level.CAMPAIGN, Period.DAY, 0, 0)),
            Reason.CAMPAIGN_DAILY_BUDGET,
            "Campaign's daily budget: 0.00 of 0.00 EUR spent, 0.00 EUR left - blocks until it is raised",
        ),
        (FREE, Reason.OUTSIDE_DAYPARTING, "Hours: none: it runs at any hour - does not block"),
        (
            replace(FREE, dayparting=Dayparting.REQUIRED),
            Reason.OUTSIDE_DAYPARTING,
            "Hours: none, and it runs in its hours only - blocks until it has hours",
        ),
        (
            replace(FREE, dayparting=Dayparting.OFF, windows=OFFICE),
            Reason.OUTSIDE_DAYPARTING,
            "Hours: ignored: it runs at any hour - does not block",
        ),
    ],
)
def test_a_line_says_figures_and_until_when(facts: CampaignFacts, reason: Reason, words: str) -> None:
    """M3, M4, S8, T6."""
    assert said(facts, reason) == words


def test_hours_are_told_by_the_clocks_that_they_were_written_in() -> None:
    """T5."""
    office = replace(FREE, windows=OFFICE)
    saturday = datetime(2026, 3, 14, 13, 5, tzinfo=UTC)
    assert said(office, Reason.OUTSIDE_DAYPARTING, saturday) == (
        "Hours: Mon–Fri 09:00–18:00 Berlin; now Sat 14:05 - blocks until Mon 09:00 Berlin, in 1 day 18 h"  # noqa: RUF001
    )
    there = replace(office, window_zone=TOKYO)
    assert said(there, Reason.OUTSIDE_DAYPARTING) == (
        "Hours: Mon–Fri 09:00–18:00 Tokyo; now Wed 20:00 - blocks until Thu 09:00 Tokyo, in 13 h"  # noqa: RUF001
    )


def test_the_first_reason_decides() -> None:
    """S2."""
    facts = replace(with_limit(limit(Level.BRAND, Period.DAY, 9, 9)), end_date=date(2026, 3, 1), windows=OFFICE)
    found = lines(facts, datetime(2026, 3, 11, 22, tzinfo=UTC))
    holding = [line.reason for line in found.values() if line.holds]
    assert holding == [Reason.ENDED, Reason.BRAND_DAILY_BUDGET, Reason.OUTSIDE_DAYPARTING]
    assert [line.reason for line in found.values() if line.decides] == [Reason.ENDED]


@given(
    st.sampled_from([True, False]),
    st.sampled_from([None, date(2026, 3, 10), date(2026, 3, 12)]),
    st.sampled_from([None, 0, 50, 100]),
    st.sampled_from([OFFICE, WeeklyWindows(())]),
    st.integers(0, 7 * 24 * 60).map(lambda minutes: datetime(2026, 3, 9, tzinfo=UTC) + timedelta(minutes=minutes)),
)
def test_the_lines_are_the_one_decision(
    is_active: bool, day: date | None, budget: int | None, hours: WeeklyWindows, now: datetime
) -> None:
    """S3: what holds here is what was decided, no more and no less."""
    facts = replace(
        with_limit(limit(Level.CAMPAIGN, Period.DAY, 60, budget)),
        is_active=is_active,
        start_date=day,
        windows=hours,
    )
    decision = decide(facts, now)
    found = lines(facts, now)
    assert tuple(line.reason for line in found.values() if line.holds) == decision.reasons
    assert [line.reason for line in found.values() if line.decides] == list(decision.reasons[:1])
    assert all(line.effect for line in found.values())


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([(day, "09:00", "18:00") for day in range(5)], "Mon-Fri 09:00-18:00"),
        ([(0, "09:00", "18:00"), (2, "09:00", "18:00")], "Mon 09:00-18:00; Wed 09:00-18:00"),
        ([(5, "10:00", "14:00"), (5, "16:00", "20:30")], "Sat 10:00-14:00, 16:00-20:30"),
        ([(day, "00:00", "00:00") for day in range(7)], "at any hour"),
        ([(5, "00:00", "00:00"), (6, "00:00", "00:00")], "Sat-Sun all day"),
        ([(4, "18:00", "00:00")], "Fri 18:00-00:00"),
        ([(day, "22:15", "06:30") for day in range(7)], "Mon-Sun 22:15-06:30"),
        ([(6, "22:00", "06:00")], "Sun 22:00-06:00"),
        ([(0, "10:00", "00:00"), (1, "00:00", "18:00")], "Mon 10:00-00:00; Tue 00:00-18:00"),
    ],
)
def test_a_week_in_words(rows: list[tuple[int, str, str]], words: str) -> None:
    """T5: a night is told of the evening on which it begins."""
    assert week(windows(*rows).spans).replace("–", "-") == words  # noqa: RUF001


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (datetime(2026, 3, 11, 17, tzinfo=UTC), "18:00 Berlin"),
        (datetime(2026, 3, 14, 8, tzinfo=UTC), "Sat 09:00 Berlin"),
        (datetime(2026, 3, 23, 8, tzinfo=UTC), "March 23, 09:00 Berlin"),
    ],
)
def test_a_moment_is_told_as_people_would(at: datetime, words: str) -> None:
    assert moment(at, "Europe/Berlin", NOW) == words
