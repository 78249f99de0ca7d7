"""What makes a campaign run, once more: the table of rule S2 as it stands there, each line read plainly."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from django_adbudget.rules import CampaignFacts, Dayparting, Level, LimitFacts, Period

from .oracle import DAY, MINUTE, RawWindow, Union
from .places import HOUR, instants, zone_names
from .strategies import built, raw_windows

TABLE = """
CAMPAIGN_OFF BRAND_OFF ENDED NOT_STARTED = INACTIVE
BRAND_MONTHLY_BUDGET CAMPAIGN_MONTHLY_BUDGET CAMPAIGN_TOTAL_BUDGET BRAND_DAILY_BUDGET CAMPAIGN_DAILY_BUDGET = PAUSED_BUDGET
OUTSIDE_DAYPARTING = PAUSED_DAYPART
"""  # noqa: E501
STATUS_BY_REASON = {
    reason: line.split(" = ")[1] for line in TABLE.split("\n") if line for reason in line.split(" = ")[0].split()
}
KINDS = (
    ("BRAND", "MONTH"),
    ("CAMPAIGN", "MONTH"),
    ("CAMPAIGN", "TOTAL"),
    ("BRAND", "DAY"),
    ("CAMPAIGN", "DAY"),
)
WORDS = {"DAY": "DAILY", "MONTH": "MONTHLY", "TOTAL": "TOTAL"}
EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class Limit:
    level: str
    period: str
    budget: int | None
    spent: Mapping[date, int]

    def blocks(self, today: date) -> bool:
        start = {"DAY": today, "MONTH": today.replace(day=1), "TOTAL": EPOCH}[self.period]
        if self.budget is None:
            return False
        return self.budget == 0 or self.spent.get(start, 0) >= self.budget


@dataclass(frozen=True)
class Plan:
    zone: str = "Europe/Berlin"
    is_active: bool = True
    brand_is_active: bool = True
    start_date: date | None = None
    end_date: date | None = None
    dayparting: str = "AUTO"
    windows: tuple[RawWindow, ...] = ()
    window_zone: str | None = None
    limits: tuple[Limit, ...] = ()

    @cached_property
    def facts(self) -> CampaignFacts:
        return CampaignFacts(
            zone=ZoneInfo(self.zone),
            is_active=self.is_active,
            brand_is_active=self.brand_is_active,
            start_date=self.start_date,
            end_date=self.end_date,
            dayparting=Dayparting(self.dayparting),
            windows=built(self.windows),
            window_zone=ZoneInfo(self.window_zone) if self.window_zone else None,
            limits=tuple(
                LimitFacts(Level(limit.level), Period(limit.period), limit.budget, limit.spent) for limit in self.limits
            ),
        )

    @cached_property
    def _union(self) -> Union:
        return Union(self.windows)

    def today(self, instant: datetime) -> date:
        return instant.astimezone(ZoneInfo(self.zone)).date()

    def true_reasons(self, instant: datetime) -> Iterator[str]:
        today = self.today(instant)
        if not self.is_active:
            yield "CAMPAIGN_OFF"
        if not self.brand_is_active:
            yield "BRAND_OFF"
        if self.end_date is not None and self.end_date < today:
            yield "ENDED"
        if self.start_date is not None and self.start_date > today:
            yield "NOT_STARTED"
        for limit in self.limits:
            if limit.blocks(today):
                yield f"{limit.level}_{WORDS[limit.period]}_BUDGET"
        if self.is_outside_windows(instant):
            yield "OUTSIDE_DAYPARTING"

    def is_outside_windows(self, instant: datetime) -> bool:
        if self.dayparting == "OFF" or (self.dayparting == "AUTO" and not self.windows):
            return False
        return not self._union.is_open(instant.astimezone(ZoneInfo(self.window_zone or self.zone)))

    def says(self, instant: datetime) -> tuple[str, tuple[str, ...]]:
        """Status and reasons."""
        true = set(self.true_reasons(instant))
        reasons = tuple(reason for reason in STATUS_BY_REASON if reason in true)
        return (STATUS_BY_REASON[reasons[0]] if reasons else "ACTIVE"), reasons


def probes(now: datetime, stop: datetime) -> Iterator[datetime]:
    """Instants from ``now`` up to ``stop``: each minute at first and at last, sparser on the way."""
    yield now
    at = now.replace(second=0, microsecond=0) + MINUTE
    for step, until in ((MINUTE, 26 * HOUR), (15 * MINUTE, 9 * DAY), (HOUR, 70 * DAY), (5 * HOUR, 400 * DAY)):
        while at < stop and at < now + until:
            yield at
            at += step
    at = max(now, stop - 2 * HOUR)
    while at < stop:
        yield at
        at += MINUTE
    yield stop - timedelta(microseconds=1)


def _next_month(day: date, months: int) -> date:
    number = day.year * 12 + day.month - 1 + months
    return date(number // 12, number % 12 + 1, 1)


@st.composite
def limits(draw: st.DrawFn, today: date) -> tuple[Limit, ...]:
    """Small budgets, met about half the time, in this period and in ones before and after it."""
    made = []
    for level, period in draw(st.lists(st.sampled_from(KINDS), unique=True, max_size=5)):
        starts = {
            "DAY": st.sampled_from([-1, 0, 0, 1, 2, 30]).map(lambda days: today + days * DAY),
            "MONTH": st.sampled_from([-1, 0, 0, 1, 2]).map(lambda months: _next_month(today, months)),
            "TOTAL": st.just(EPOCH),
        }[period]
        budget = draw(st.sampled_from([None, 0, 1, 5, 5, 5]))
        amounts = st.sampled_from([-1, 0, (budget or 0) - 1, budget or 0, (budget or 0) + 1])
        made.append(Limit(level, period, budget, draw(st.dictionaries(starts, amounts, max_size=3))))
    return tuple(made)


def flight_dates(today: date) -> st.SearchStrategy[date | None]:
    near = st.integers(-3, 40).map(lambda days: today + days * DAY)
    return st.none() | near | st.sampled_from([date.min, date.max, date.max - DAY])


@st.composite
def situations(draw: st.DrawFn) -> tuple[Plan, datetime]:
    """A campaign and an instant to look at it."""
    zone: str = draw(zone_names)
    now: datetime = draw(instants(zone))
    today = now.astimezone(ZoneInfo(zone)).date()
    mostly = st.sampled_from([True, True, True, False])
    plan = Plan(
        zone=zone,
        is_active=draw(mostly),
        brand_is_active=draw(mostly),
        start_date=draw(flight_dates(today)),
        end_date=draw(flight_dates(today)),
        dayparting=draw(st.sampled_from(["AUTO", "REQUIRED", "OFF"])),
        windows=tuple(draw(st.one_of(st.just(()), st.just(()), raw_windows()))),
        window_zone=draw(st.none() | zone_names),
        limits=draw(limits(today)),
    )
    return plan, now
