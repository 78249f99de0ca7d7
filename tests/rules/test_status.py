from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import combinations
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import pytz
from hypothesis import given, settings
from hypothesis import strategies as st

from django_adbudget.rules import CampaignFacts, Dayparting, Decision, Level, Period, Reason, Status, decide
from django_adbudget.rules.status import ordered, period_start, status_of

from .oracle import DAY, MIDNIGHT, MINUTE
from .places import HOUR, examples
from .plan import EPOCH, KINDS, STATUS_BY_REASON, Limit, Plan, probes, situations

MICROSECOND = timedelta(microseconds=1)
YEAR = timedelta(days=366)


def said(decision: Decision) -> tuple[str, tuple[str, ...]]:
    return decision.status.value, tuple(reason.value for reason in decision.reasons)


def at(zone: str, *parts: int, fold: int = 0) -> datetime:
    return datetime(*parts, tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)  # type: ignore[misc, arg-type]


def berlin(*parts: int) -> datetime:
    return at("Europe/Berlin", *parts)


def a_limit(level: str, period: str, budget: int | None, **spent: int) -> Limit:
    return Limit(level, period, budget, {date.fromisoformat(key[1:].replace("_", "-")): n for key, n in spent.items()})


@settings(max_examples=examples(4))
@given(situations())
def test_status_and_reasons_are_those_of_the_rules(situation: tuple[Plan, datetime]) -> None:
    plan, now = situation
    decision = decide(plan.facts, now)
    assert said(decision) == plan.says(now)
    assert decision.runs == (plan.says(now)[0] == "ACTIVE")
    assert decide(plan.facts, now.astimezone(ZoneInfo("Asia/Tokyo"))) == decision


@settings(max_examples=examples(2))
@given(situations())
def test_nothing_changes_before_the_next_check(situation: tuple[Plan, datetime]) -> None:
    """Rule S3, and S5: a tick that comes when it is due misses nothing, and an idle one has nothing to do."""
    plan, now = situation
    next_check = decide(plan.facts, now).next_check_at
    assert next_check is None or (next_check > now and next_check.tzinfo is UTC)
    stop = min(next_check or now + YEAR, now + YEAR)
    expected = plan.says(now)
    for probe in probes(now, stop):
        assert plan.says(probe) == expected, f"at {probe}, before {next_check}"
    assert said(decide(plan.facts, stop - MICROSECOND)) == expected


@settings(max_examples=examples(2))
@given(situations())
def test_a_check_is_never_for_nothing(situation: tuple[Plan, datetime]) -> None:
    """At its instant the answer changes, or a day or month begins after one whose budget was reached."""
    plan, now = situation
    next_check = decide(plan.facts, now).next_check_at
    if next_check is None or plan.says(next_check) != plan.says(now):
        return
    before, after = plan.today(next_check - MICROSECOND), plan.today(next_check)
    reached = {limit.period for limit in plan.limits if limit.budget and limit.blocks(before)}
    assert (
        ("DAY" in reached and before != after)
        or ("MONTH" in reached and before.month != after.month)
        or after < before  # the date comes back
        or after > before + DAY  # a date that never was may bear spend, and is looked at where it would have begun
    ), f"{before} to {after} at {next_check}"


@settings(max_examples=examples(3))
@given(situations(), st.integers(0, 59))
def test_whoever_looks_only_when_told_to_is_always_right(situation: tuple[Plan, datetime], minute: int) -> None:
    """A campaign's projection over 45 days, evaluated at each ``next_check_at`` and at no other time."""
    plan, now = situation
    projection = decide(plan.facts, now)
    checks = 0
    for hour in range(45 * 24):
        probe = now.replace(minute=minute) + (hour + 1) * HOUR
        while projection.next_check_at is not None and projection.next_check_at <= probe:
            looked_at = projection.next_check_at
            projection = decide(plan.facts, looked_at)
            assert projection.next_check_at is None or projection.next_check_at > looked_at
            checks += 1
        assert said(projection) == plan.says(probe), probe
    assert checks <= 45 * 40, "windows have at most 16 edges a week and days one"


def all_true(now: datetime) -> Plan:
    limits = tuple(Limit(level, period, 0, {}) for level, period in reversed(KINDS))
    return Plan(
        is_active=False,
        brand_is_active=False,
        start_date=date(2024, 5, 2),
        end_date=date(2024, 4, 30),
        dayparting="REQUIRED",
        limits=limits,
    )


def test_all_true_reasons_are_listed_in_order() -> None:
    decision = decide(all_true(berlin(2024, 5, 1, 12)).facts, berlin(2024, 5, 1, 12))
    assert [reason.value for reason in decision.reasons] == list(STATUS_BY_REASON)
    assert decision.status is Status.INACTIVE
    assert [reason.value for reason in Reason] == list(STATUS_BY_REASON)


SINGLE: dict[str, dict[str, Any]] = {
    "CAMPAIGN_OFF": {"is_active": False},
    "BRAND_OFF": {"brand_is_active": False},
    "ENDED": {"end_date": date(2024, 4, 30)},
    "NOT_STARTED": {"start_date": date(2024, 5, 2)},
    **{
        f"{level}_{word}_BUDGET": {"limits": (Limit(level, period, 0, {}),)}
        for level, period, word in [
            ("BRAND", "MONTH", "MONTHLY"),
            ("CAMPAIGN", "MONTH", "MONTHLY"),
            ("CAMPAIGN", "TOTAL", "TOTAL"),
            ("BRAND", "DAY", "DAILY"),
            ("CAMPAIGN", "DAY", "DAILY"),
        ]
    },
    "OUTSIDE_DAYPARTING": {"dayparting": "REQUIRED"},
}


@pytest.mark.parametrize("reason", SINGLE)
def test_each_reason_alone_decides(reason: str) -> None:
    decision = decide(Plan(**SINGLE[reason]).facts, berlin(2024, 5, 1, 12))
    assert said(decision) == (STATUS_BY_REASON[reason], (reason,))
    assert not decision.runs


def test_the_first_of_two_reasons_decides() -> None:
    for first, second in combinations(STATUS_BY_REASON, 2):
        limits = (*SINGLE[second].get("limits", ()), *SINGLE[first].get("limits", ()))
        plan = Plan(**{**SINGLE[second], **SINGLE[first], "limits": limits})
        decision = decide(plan.facts, berlin(2024, 5, 1, 12))
        assert said(decision) == (STATUS_BY_REASON[first], (first, second))


def test_a_campaign_that_nothing_holds_back_runs_for_ever() -> None:
    assert decide(Plan().facts, berlin(2024, 5, 1, 12)) == Decision(Status.ACTIVE, (), None)


@pytest.mark.parametrize(
    ("budget", "spent", "blocks"),
    [
        (None, 10**18, False), (0, 0, True), (0, -5, True), (0, 5, True), (1, 0, False), (5, 4, False),
        (5, 5, True), (5, 6, True), (5, -1, False),
    ],
)  # fmt: skip
@pytest.mark.parametrize(("level", "period"), KINDS)
def test_a_budget_is_reached_once_spend_is_equal_to_it(
    level: str, period: str, budget: int | None, spent: int, blocks: bool
) -> None:
    start = {"DAY": date(2024, 5, 17), "MONTH": date(2024, 5, 1), "TOTAL": EPOCH}[period]
    plan = Plan(limits=(Limit(level, period, budget, {start: spent}),))
    decision = decide(plan.facts, berlin(2024, 5, 17, 12))
    assert (decision.status is Status.PAUSED_BUDGET) == blocks == (not decision.runs)


@pytest.mark.parametrize(
    ("period", "key", "back"),
    [
        ("DAY", date(2024, 2, 29), (2024, 3, 1)),
        ("MONTH", date(2024, 2, 1), (2024, 3, 1)),
        ("TOTAL", EPOCH, None),
    ],
)
def test_a_reached_budget_comes_back_with_the_next_period(
    period: str, key: date, back: tuple[int, int, int] | None
) -> None:
    facts = Plan(limits=(Limit("CAMPAIGN", period, 5, {key: 5}),)).facts
    decision = decide(facts, berlin(2024, 2, 29, 23, 59))
    assert decision.status is Status.PAUSED_BUDGET
    assert decision.next_check_at == (berlin(*back) if back else None)
    if decision.next_check_at:
        assert decide(facts, decision.next_check_at) == Decision(Status.ACTIVE, (), None)


@pytest.mark.parametrize("budget", [0, None])
def test_time_alone_never_lifts_a_zero_budget_nor_sets_one(budget: int | None) -> None:
    facts = Plan(limits=tuple(Limit(level, period, budget, {}) for level, period in KINDS)).facts
    assert decide(facts, berlin(2024, 5, 17, 12)).next_check_at is None


def test_spend_dated_just_after_midnight_pauses_at_midnight() -> None:
    """Recorded at 23:58 with the instant 00:02: nothing would happen at midnight if nobody looked."""
    plan = Plan(limits=(a_limit("CAMPAIGN", "DAY", 5, _2024_05_17=4, _2024_05_18=5),))
    decision = decide(plan.facts, berlin(2024, 5, 17, 23, 58))
    assert decision == Decision(Status.ACTIVE, (), berlin(2024, 5, 18))
    paused = decide(plan.facts, berlin(2024, 5, 18))
    assert said(paused) == ("PAUSED_BUDGET", ("CAMPAIGN_DAILY_BUDGET",))
    assert paused.next_check_at == berlin(2024, 5, 19)


def test_spend_on_a_later_day_or_month_is_looked_at_then_and_no_sooner() -> None:
    """As a brand whose zone moved west leaves it; what is too little to matter is no reason to look."""
    days = Plan(limits=(a_limit("BRAND", "DAY", 5, _2024_05_17=0, _2024_05_18=4, _2024_05_20=9, _2024_05_22=9),))
    assert decide(days.facts, berlin(2024, 5, 17, 12)).next_check_at == berlin(2024, 5, 20)
    months = Plan(limits=(a_limit("BRAND", "MONTH", 5, _2024_05_01=4, _2024_06_01=4, _2024_07_01=5),))
    assert decide(months.facts, berlin(2024, 5, 17, 12)).next_check_at == berlin(2024, 7, 1)


def test_flights_include_both_their_dates() -> None:
    plan = Plan(zone="America/Havana", start_date=date(2024, 3, 10), end_date=date(2024, 3, 10))
    begin, end = at("America/Havana", 2024, 3, 10, 1), at("America/Havana", 2024, 3, 11)
    assert decide(plan.facts, begin - HOUR).next_check_at == begin
    moments = (begin - MICROSECOND, begin, end - MICROSECOND, end)
    statuses = [said(decide(plan.facts, moment)) for moment in moments]
    running = ("ACTIVE", ())
    assert statuses == [("INACTIVE", ("NOT_STARTED",)), running, running, ("INACTIVE", ("ENDED",))]
    assert decide(plan.facts, begin).next_check_at == end
    assert decide(plan.facts, end).next_check_at is None


@pytest.mark.parametrize("end", [date.max, date.max - DAY])
@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_a_flight_may_end_at_the_end_of_time(zone: str, end: date) -> None:
    decision = decide(Plan(zone=zone, start_date=date.min, end_date=end).facts, berlin(2024, 5, 17))
    assert decision.status is Status.ACTIVE
    assert (decision.next_check_at is None) == (end == date.max)


NINE_TO_FIVE = tuple((day, time(9), time(17)) for day in range(5))


@pytest.mark.parametrize(
    ("mode", "windows", "by_day", "by_night"),
    [
        ("AUTO", NINE_TO_FIVE, True, False),
        ("AUTO", (), True, True),
        ("REQUIRED", NINE_TO_FIVE, True, False),
        ("REQUIRED", (), False, False),
        ("OFF", NINE_TO_FIVE, True, True),
        ("OFF", (), True, True),
    ],
)
def test_when_windows_bind(mode: str, windows: Any, by_day: bool, by_night: bool) -> None:
    facts = Plan(dayparting=mode, windows=windows).facts
    day, night = decide(facts, berlin(2024, 5, 17, 12)), decide(facts, berlin(2024, 5, 17, 3))
    assert (day.runs, night.runs) == (by_day, by_night)
    assert (day.next_check_at, night.next_check_at) == (
        (berlin(2024, 5, 17, 17), berlin(2024, 5, 17, 9)) if by_day != by_night else (None, None)
    )


def test_windows_may_keep_another_zone_than_budgets_and_flights() -> None:
    plan = Plan(
        windows=NINE_TO_FIVE,
        window_zone="America/New_York",
        limits=(a_limit("BRAND", "DAY", 5, _2024_05_17=5),),
    )
    now = berlin(2024, 5, 17, 15, 30)
    assert said(decide(plan.facts, now - HOUR)) == (
        "PAUSED_BUDGET",
        ("BRAND_DAILY_BUDGET", "OUTSIDE_DAYPARTING"),
    )
    assert decide(plan.facts, now).next_check_at == at("America/New_York", 2024, 5, 17, 17)
    evening = decide(plan.facts, at("America/New_York", 2024, 5, 17, 17))
    assert evening.next_check_at == berlin(2024, 5, 18)
    unpaid = replace(plan, limits=())
    assert decide(unpaid.facts, now).runs
    assert not decide(unpaid.facts, berlin(2024, 5, 17, 10)).runs


def test_midnight_that_is_skipped_or_comes_twice() -> None:
    zone = "America/Havana"
    spring = Plan(zone=zone, limits=(a_limit("BRAND", "DAY", 5, _2024_03_09=5),))
    assert decide(spring.facts, at(zone, 2024, 3, 9, 23)).next_check_at == at(zone, 2024, 3, 10, 1)
    autumn = Plan(zone=zone, limits=(a_limit("BRAND", "DAY", 5, _2024_11_02=5, _2024_11_03=5),))
    assert decide(autumn.facts, at(zone, 2024, 11, 2, 23)).next_check_at == at(zone, 2024, 11, 3)
    second = decide(autumn.facts, at(zone, 2024, 11, 3, 0, 30, fold=1))
    assert (second.status, second.next_check_at) == (Status.PAUSED_BUDGET, at(zone, 2024, 11, 4))


def test_a_date_that_never_was() -> None:
    zone, last = "Pacific/Apia", at("Pacific/Apia", 2011, 12, 29, 23)
    spent = Plan(zone=zone, limits=(a_limit("BRAND", "DAY", 5, _2011_12_29=5),))
    assert decide(spent.facts, last).next_check_at == last + HOUR
    assert decide(spent.facts, last + HOUR).runs
    flight = Plan(zone=zone, start_date=date(2011, 12, 30), end_date=date(2011, 12, 30))
    assert said(decide(flight.facts, last)) == ("INACTIVE", ("NOT_STARTED",))
    assert said(decide(flight.facts, last + HOUR)) == ("INACTIVE", ("ENDED",))


def test_a_date_that_comes_back() -> None:
    """St. John's, 2010-11-07: a minute after midnight it is 23:01 on the 6th again."""
    zone = "America/St_Johns"
    midnight = at(zone, 2010, 11, 7)
    plan = Plan(zone=zone, limits=(a_limit("BRAND", "DAY", 5, _2010_11_06=5),))
    checks = [midnight - HOUR]
    while (following := decide(plan.facts, checks[-1]).next_check_at) is not None:
        assert following > checks[-1]
        checks.append(following)
    assert checks[1:] == [midnight, midnight + MINUTE, midnight + HOUR]
    assert [decide(plan.facts, check).runs for check in checks] == [False, True, False, True]


def test_a_naive_now_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="aware"):
        decide(Plan().facts, datetime(2024, 5, 17))  # noqa: DTZ001


def test_the_parts_that_others_use() -> None:
    everything = list(Reason)
    assert ordered(everything[::-1]) == ordered(frozenset(everything)) == tuple(everything)
    assert {reason.value: status_of((reason,)).value for reason in everything} == STATUS_BY_REASON
    assert status_of(()) is Status.ACTIVE
    day = date(2024, 5, 17)
    assert [period_start(period, day) for period in Period] == [day, date(2024, 5, 1), EPOCH]
    assert {Level.BRAND, Dayparting.AUTO} == {"BRAND", "AUTO"}
    always = Plan(windows=tuple((weekday, MIDNIGHT, MIDNIGHT) for weekday in range(7)), dayparting="REQUIRED")
    assert decide(always.facts, berlin(2024, 5, 17)) == Decision(Status.ACTIVE, (), None)


@pytest.mark.parametrize("zone", ["America/New_York", pytz.timezone("America/New_York")], ids=["name", "pytz"])
def test_zones_are_taken_in_every_form(zone: Any) -> None:
    """T7: a pytz zone is 56 minutes off wherever it is used for arithmetic."""
    facts = CampaignFacts(zone=zone, end_date=date(2026, 3, 20), dayparting=Dayparting.OFF, window_zone=zone)
    assert facts == CampaignFacts(
        zone=ZoneInfo("America/New_York"),
        end_date=date(2026, 3, 20),
        dayparting=Dayparting.OFF,
        window_zone=ZoneInfo("America/New_York"),
    )
    noon = datetime(2026, 3, 15, 12, tzinfo=UTC)
    assert decide(facts, noon).next_check_at == datetime(2026, 3, 21, 4, tzinfo=UTC)
