"""The decision: the only place that knows what makes a campaign run (rules S2, S3)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from .calendar import Zone, as_utc, as_zone, date_returns, local_date, next_month, starts_after
from .dayparting import WeeklyWindows

EPOCH = date(1970, 1, 1)
_DAY = timedelta(days=1)
_NO_WINDOWS = WeeklyWindows(())


class Status(StrEnum):
    ACTIVE = "ACTIVE"
    PAUSED_BUDGET = "PAUSED_BUDGET"
    PAUSED_DAYPART = "PAUSED_DAYPART"
    INACTIVE = "INACTIVE"


class Dayparting(StrEnum):
    """Whether windows bind (rule T6)."""

    AUTO = "AUTO"
    REQUIRED = "REQUIRED"
    OFF = "OFF"


class Level(StrEnum):
    BRAND = "BRAND"
    CAMPAIGN = "CAMPAIGN"


class Period(StrEnum):
    DAY = "DAY"
    MONTH = "MONTH"
    TOTAL = "TOTAL"

    # Totals are kept by period, and an Enum's own hash is a function in Python.
    __hash__ = str.__hash__


class Reason(StrEnum):
    """Why a campaign does not run, in the order in which rule S2 lists them; the first decides the status."""

    CAMPAIGN_OFF = "CAMPAIGN_OFF"
    BRAND_OFF = "BRAND_OFF"
    ENDED = "ENDED"
    NOT_STARTED = "NOT_STARTED"
    BRAND_MONTHLY_BUDGET = "BRAND_MONTHLY_BUDGET"
    CAMPAIGN_MONTHLY_BUDGET = "CAMPAIGN_MONTHLY_BUDGET"
    CAMPAIGN_TOTAL_BUDGET = "CAMPAIGN_TOTAL_BUDGET"
    BRAND_DAILY_BUDGET = "BRAND_DAILY_BUDGET"
    CAMPAIGN_DAILY_BUDGET = "CAMPAIGN_DAILY_BUDGET"
    OUTSIDE_DAYPARTING = "OUTSIDE_DAYPARTING"


_RANK = {reason: rank for rank, reason in enumerate(Reason)}
BUDGET_REASONS: Mapping[tuple[Level, Period], Reason] = {
    (Level.BRAND, Period.MONTH): Reason.BRAND_MONTHLY_BUDGET,
    (Level.CAMPAIGN, Period.MONTH): Reason.CAMPAIGN_MONTHLY_BUDGET,
    (Level.CAMPAIGN, Period.TOTAL): Reason.CAMPAIGN_TOTAL_BUDGET,
    (Level.BRAND, Period.DAY): Reason.BRAND_DAILY_BUDGET,
    (Level.CAMPAIGN, Period.DAY): Reason.CAMPAIGN_DAILY_BUDGET,
}
_BUDGET_REASONS = frozenset(BUDGET_REASONS.values())


def ordered(reasons: Iterator[Reason] | frozenset[Reason] | list[Reason]) -> tuple[Reason, ...]:
    return tuple(sorted(reasons, key=_RANK.__getitem__))


def status_of(reasons: tuple[Reason, ...]) -> Status:
    """The status that ordered reasons lead to."""
    if not reasons:
        return Status.ACTIVE
    if reasons[0] in _BUDGET_REASONS:
        return Status.PAUSED_BUDGET
    return Status.PAUSED_DAYPART if reasons[0] is Reason.OUTSIDE_DAYPARTING else Status.INACTIVE


def period_start(period: Period, day: date) -> date:
    """The date that names the period in which a local date lies; a ``TOTAL`` has one for all."""
    if period is Period.DAY:
        return day
    return date(day.year, day.month, 1) if period is Period.MONTH else EPOCH


@dataclass(frozen=True, slots=True)
class LimitFacts:
    """One budget and what has been spent against it, both in micro-units.

    ``spent`` maps the start of the current period, and of later ones that bear spend, to their totals.
    """

    level: Level
    period: Period
    budget: int | None
    spent: Mapping[date, int]

    @property
    def reason(self) -> Reason:
        return BUDGET_REASONS[self.level, self.period]

    def spent_on(self, day: date) -> int:
        return self.spent.get(period_start(self.period, day), 0)

    def reached_on(self, day: date) -> bool:
        """Rules M3 and M4: no budget never blocks, 0 always does, any other once spend is equal to it."""
        return self.budget is not None and (self.budget == 0 or self.spent_on(day) >= self.budget)

    def next_turn(self, day: date) -> date | None:
        """The first date after ``day`` on which a new period can change whether this limit is reached."""
        if not self.budget or self.period is Period.TOTAL:
            return None
        if self.reached_on(day):
            return day + _DAY if self.period is Period.DAY else next_month(day)
        later = [start for start, spent in self.spent.items() if start > day and spent >= self.budget]
        return min(later) if later else None


@dataclass(frozen=True, slots=True)
class CampaignFacts:
    """All that decides whether a campaign runs. Flight dates are local to ``zone``, inclusive (rule S8).

    A zone may be given by name or as a pytz object, too (rule T7).
    """

    zone: ZoneInfo
    is_active: bool = True
    brand_is_active: bool = True
    start_date: date | None = None
    end_date: date | None = None
    dayparting: Dayparting = Dayparting.AUTO
    windows: WeeklyWindows = _NO_WINDOWS
    window_zone: ZoneInfo | None = None
    limits: tuple[LimitFacts, ...] = ()

    def __post_init__(self) -> None:
        for name in ("zone", "window_zone"):
            given: Zone | None = getattr(self, name)
            if given is not None and not isinstance(given, ZoneInfo):
                object.__setattr__(self, name, as_zone(given))

    @property
    def windows_bind(self) -> bool:
        if self.dayparting is Dayparting.AUTO:
            return bool(self.windows)
        return self.dayparting is Dayparting.REQUIRED


@dataclass(frozen=True, slots=True)
class Decision:
    """What holds from the instant asked about until ``next_check_at`` (UTC), or if that is None for ever."""

    status: Status
    reasons: tuple[Reason, ...]
    next_check_at: datetime | None

    @property
    def runs(self) -> bool:
        return self.status is Status.ACTIVE


def decide(facts: CampaignFacts, now: datetime) -> Decision:
    """The status of a campaign at an instant, why, and when time alone can next change either (rule S3)."""
    now = as_utc(now)
    today = local_date(now, facts.zone)
    reasons = tuple(_reasons(facts, today, now))
    return Decision(status_of(reasons), reasons, min(_turns(facts, today, now), default=None))


def _reasons(facts: CampaignFacts, today: date, now: datetime) -> Iterator[Reason]:
    if not facts.is_active:
        yield Reason.CAMPAIGN_OFF
    if not facts.brand_is_active:
        yield Reason.BRAND_OFF
    if facts.end_date and today > facts.end_date:
        yield Reason.ENDED
    if facts.start_date and today < facts.start_date:
        yield Reason.NOT_STARTED
    yield from ordered([limit.reason for limit in facts.limits if limit.reached_on(today)])
    if facts.windows_bind and not facts.windows.contains(now, facts.window_zone or facts.zone):
        yield Reason.OUTSIDE_DAYPARTING


def _turns(facts: CampaignFacts, today: date, now: datetime) -> Iterator[datetime]:
    """The instants after ``now`` at which a reason may come or go."""
    for day in _turning_dates(facts, today):
        yield starts_after(now, day, facts.zone)
    returns = date_returns(now, today, facts.zone)
    if returns:
        yield returns
    if facts.windows_bind:
        change = facts.windows.next_change(now, facts.window_zone or facts.zone)
        if change:
            yield change


def _turning_dates(facts: CampaignFacts, today: date) -> Iterator[date]:
    if facts.start_date and today < facts.start_date:
        yield facts.start_date
    # 9999-12-31 stands for "no end" in many hosts, and no date follows it.
    if facts.end_date and today <= facts.end_date < date.max:
        yield facts.end_date + _DAY
    for limit in facts.limits:
        turn = limit.next_turn(today)
        if turn:
            yield turn
