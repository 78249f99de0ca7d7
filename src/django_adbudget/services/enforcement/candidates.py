"""Finds campaigns whose projection may not be what the facts say, without the gate (rule S3).

Facts are read a few columns at a time, and only so far as they decide: of a budget no more than which periods have
reached it. Campaigns for which the same was read, stored projection included, are decided once. So a sweep costs a
look at each campaign and a decision for each kind of campaign, and locks nobody for those that agree. What disagrees,
and what cannot be decided here, is a candidate, to be evaluated under the gate.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.db import connections
from django.db.models import Case, DateField, F, IntegerField, Q, QuerySet, Value, When

from ...models import Brand, Campaign, DaypartingSchedule
from ...rules import CampaignFacts, Dayparting, Level, LimitFacts, Period, as_zone, decide
from ...rules.calendar import as_utc
from ...rules.status import period_start
from ..facts import (
    BRAND_PERIODS,
    BUDGET_FIELDS,
    CAMPAIGN_PERIODS,
    NEXT_CHECK_TEXT,
    REASONS_TEXT,
    in_one_statement,
    instant_of,
)
from ..weeks import weekly, windows_by_campaign

_DAY = timedelta(days=1)
_PERIODS = {period.value: period for period in Period}
#: Kinds that are remembered between one look and the next.
_KINDS = 50_000

Reached = tuple[tuple[str, date], ...]
"""Budgets that are reached: the period's name and its first date."""
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Found:
    """How many campaigns are stored as they should be, and the brand and id of each of the others."""

    agreeing: int
    candidates: list[tuple[int, int]]


class _Kind(NamedTuple):
    """What campaigns have in common that are decided together. Budgets of 0 are bits, by period."""

    zone: str
    brand_is_active: bool
    brand_zeros: int
    is_active: bool
    start_date: date | None
    end_date: date | str | None
    dayparting: str
    window_zone: str
    zeros: int
    status: str
    reasons: str
    next_check_at: str | None


class Finder:
    """Looks at campaigns for one instant."""

    def __init__(self, alias: str, now: datetime) -> None:
        self._alias = alias
        self._now = now
        # No zone is a day or more behind UTC: what lies before that date has passed everywhere.
        self._earliest = as_utc(now).date() - _DAY
        self._known: dict[tuple[Any, ...], bool] = {}

    def find(self, campaigns: QuerySet[Campaign], brand_ids: Sequence[int]) -> Found:
        """Look at campaigns, all of whose brands are named. Three statements, however many campaigns."""
        rows = list(self._rows(campaigns))
        if not rows:
            return Found(0, [])
        span = _span([row[0] for row in rows])
        windows = windows_by_campaign(self._windows(campaigns, span))
        of_brand, of_campaign = self._reached(campaigns, span, brand_ids)
        if len(self._known) > _KINDS:
            self._known.clear()
        candidates = []
        for row in rows:
            pk, brand_id = row[:2]
            kind = row[2:], windows.get(pk, ""), of_brand.get(brand_id, ()), of_campaign.get(pk, ())
            agrees = self._known.get(kind)
            if agrees is None:
                agrees = self._known[kind] = self._agrees(_Kind(*kind[0]), *kind[1:])
            if not agrees:
                candidates.append((brand_id, pk))
        return Found(len(rows) - len(candidates), candidates)

    def _rows(self, campaigns: QuerySet[Campaign]) -> Iterable[tuple[Any, ...]]:
        """Ids of campaign and brand, and what makes a ``_Kind``: of dates only what can still matter."""
        start_date, end_date = F("start_date"), F("end_date")
        return campaigns.order_by().values_list(
            "id",
            "brand_id",
            "brand__timezone",
            "brand__is_active",
            _zeros("brand__", BRAND_PERIODS),
            "is_active",
            Case(When(start_date__gt=self._earliest, then=start_date), output_field=DateField()),
            Case(
                When(end_date__gte=self._earliest, then=end_date),
                When(end_date__isnull=False, then=Value(self._earliest - _DAY)),
                output_field=DateField(),
            ),
            "dayparting",
            "timezone",
            _zeros("", CAMPAIGN_PERIODS),
            "status",
            REASONS_TEXT,
            NEXT_CHECK_TEXT,
        )

    def _windows(self, campaigns: QuerySet[Campaign], span: Span | None) -> QuerySet[DaypartingSchedule]:
        windows = DaypartingSchedule._base_manager.using(self._alias)
        if span is None:
            return windows.filter(campaign__in=campaigns.order_by().values("pk"))
        return windows.filter(campaign_id__gte=span[0], campaign_id__lte=span[1])

    def _reached(
        self, campaigns: QuerySet[Campaign], span: Span | None, brand_ids: Sequence[int]
    ) -> tuple[dict[int, Reached], dict[int, Reached]]:
        """Periods, current and later, that have reached a budget, by brand and by campaign."""
        brands = Brand._base_manager.using(self._alias).filter(pk__in=brand_ids)
        if span is not None:
            # Said of both tables, since no database infers the one from the other.
            campaigns = Campaign._base_manager.using(self._alias).filter(pk__gte=span[0], pk__lte=span[1])
        branches = [(Level.BRAND, self._over(brands, period, None)) for period in BRAND_PERIODS]
        branches += [(Level.CAMPAIGN, self._over(campaigns, period, span)) for period in CAMPAIGN_PERIODS]
        found: dict[str, dict[int, Reached]] = {Level.BRAND.value: {}, Level.CAMPAIGN.value: {}}
        for level, owner, period, start in in_one_statement(branches, "summaries__period", "summaries__start"):
            of_level = found[level]
            of_level[owner] = (*of_level.get(owner, ()), (period, start))
        return found[Level.BRAND.value], found[Level.CAMPAIGN.value]

    def _over(self, owners: QuerySet[Any], period: Period, span: Span | None) -> QuerySet[Any]:
        """Brands or campaigns beside their totals of a period that are at or over the budget."""
        budget, within = BUDGET_FIELDS[period], {}
        if span is not None:
            within = {"summaries__campaign_id__gte": span[0], "summaries__campaign_id__lte": span[1]}
        over = owners.filter(
            **{f"{budget}__gt": 0},
            summaries__period=period,
            summaries__start__gte=period_start(period, self._earliest),
            summaries__spend__gte=F(budget),
            **within,
        )
        found: QuerySet[Any] = over.order_by().annotate(owner=F("pk"))
        return found

    def _agrees(self, kind: _Kind, windows: str, of_brand: Reached, of_campaign: Reached) -> bool:
        """Whether the decision is what is stored; what is not understood here does not agree."""
        try:
            stored = kind.status, kind.reasons, instant_of(kind.next_check_at, connections[self._alias].timezone)
            decision = decide(_facts(kind, windows, of_brand, of_campaign), self._now)
        except ValueError:
            return False
        return stored == (decision.status, ",".join(decision.reasons), decision.next_check_at)


def _span(ids: Sequence[int]) -> Span | None:
    """The first and last of ids that lie close together: a range of an index, where the rows of others cost little."""
    first, last = min(ids), max(ids)
    return (first, last) if last - first < 2 * len(ids) else None


def _zeros(path: str, periods: Sequence[Period]) -> Any:
    """Budgets of 0, which block whatever is spent, as bits."""
    bits: Any = Value(0, output_field=IntegerField())
    for number, period in enumerate(periods):
        is_zero = Q(**{f"{path}{BUDGET_FIELDS[period]}": 0})
        bits += Case(When(is_zero, then=Value(1 << number)), default=Value(0), output_field=IntegerField())
    return bits


def _facts(kind: _Kind, windows: str, of_brand: Reached, of_campaign: Reached) -> CampaignFacts:
    """Facts that are decided as the campaign's own: only whether a budget is reached matters, not what it is."""
    return CampaignFacts(
        zone=as_zone(kind.zone),
        is_active=bool(kind.is_active),
        brand_is_active=bool(kind.brand_is_active),
        start_date=kind.start_date,
        end_date=_date(kind.end_date),
        dayparting=Dayparting(kind.dayparting),
        windows=weekly(windows),
        window_zone=as_zone(kind.window_zone) if kind.window_zone else None,
        limits=(
            *_limits(Level.BRAND, BRAND_PERIODS, kind.brand_zeros, of_brand),
            *_limits(Level.CAMPAIGN, CAMPAIGN_PERIODS, kind.zeros, of_campaign),
        ),
    )


def _date(value: date | str | None) -> date | None:
    """MariaDB gives a date as text where one of several was a literal."""
    return date.fromisoformat(value) if isinstance(value, str) else value


def _limits(level: Level, periods: Sequence[Period], zeros: int, reached: Reached) -> Iterator[LimitFacts]:
    """A budget of one micro-unit, spent in the periods that have reached it, stands for any that is not 0."""
    for number, period in enumerate(periods):
        budget = 0 if zeros & 1 << number else 1
        yield LimitFacts(level, period, budget, {start: 1 for name, start in reached if _PERIODS[name] is period})
