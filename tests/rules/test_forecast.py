from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings

from django_adbudget.rules.forecast import next_flip

from .places import examples
from .plan import Limit, Plan, probes, situations

MICROSECOND = timedelta(microseconds=1)
HORIZON = timedelta(days=70)
WEDNESDAY_NOON_IN_BERLIN = datetime(2026, 3, 11, 11, tzinfo=UTC)
MARCH, ELEVENTH = date(2026, 3, 1), date(2026, 3, 11)


def runs(plan: Plan, at: datetime) -> bool:
    return plan.says(at)[0] == "ACTIVE"


@settings(max_examples=examples(1))
@given(situations())
def test_a_campaign_neither_starts_nor_stops_before_its_flip(situation: tuple[Plan, datetime]) -> None:
    """S3: a forecast asks the one decision."""
    plan, now = situation
    flip = next_flip(plan.facts, now, HORIZON)
    end = flip or now + HORIZON
    for probe in probes(now, end):
        assert runs(plan, probe) == runs(plan, now), f"at {probe}, before {flip}"
    assert runs(plan, end - MICROSECOND) == runs(plan, now)
    if flip:
        assert now < flip <= now + HORIZON
        assert runs(plan, flip) != runs(plan, now)


HOURS = ((2, time(9), time(18)), (0, time(9), time(18)))
DAY_SPENT = Limit("BRAND", "DAY", 100, {ELEVENTH: 100})
MONTH_SPENT = Limit("BRAND", "MONTH", 100, {MARCH: 100})
TOTAL_SPENT = Limit("CAMPAIGN", "TOTAL", 100, {date(1970, 1, 1): 100})


@pytest.mark.parametrize(
    ("plan", "flip"),
    [
        (Plan(), None),
        (Plan(windows=HOURS), datetime(2026, 3, 11, 17, tzinfo=UTC)),
        (Plan(limits=(DAY_SPENT,)), datetime(2026, 3, 11, 23, tzinfo=UTC)),
        # Through two closed windows' edges and the first hours of April, to its first open hour.
        (Plan(windows=HOURS, limits=(MONTH_SPENT,)), datetime(2026, 4, 1, 7, tzinfo=UTC)),
        (Plan(windows=HOURS, limits=(TOTAL_SPENT,)), None),
        (Plan(windows=HOURS, limits=(Limit("CAMPAIGN", "DAY", 0, {}),)), None),
        (Plan(windows=HOURS, is_active=False), None),
        (Plan(start_date=date(2026, 12, 1)), datetime(2026, 11, 30, 23, tzinfo=UTC)),
        (Plan(end_date=date(2026, 3, 12)), datetime(2026, 3, 12, 23, tzinfo=UTC)),
        (Plan(dayparting="REQUIRED"), None),
        (Plan(windows=HOURS, end_date=date(2026, 3, 1)), None),
    ],
)
def test_examples(plan: Plan, flip: datetime | None) -> None:
    assert next_flip(plan.facts, WEDNESDAY_NOON_IN_BERLIN) == flip
