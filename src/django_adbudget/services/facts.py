"""Loads what decides, for many campaigns in a constant number of statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from django.db import connections
from django.db.models import (
    BigIntegerField,
    CharField,
    ExpressionWrapper,
    F,
    Model,
    QuerySet,
    Value,
)
from django.db.models.functions import Cast

from ..fields import ReasonsField
from ..models import Brand, BudgetSummary, Campaign, CampaignSummary, DaypartingSchedule
from ..rules import (
    CampaignFacts,
    Dayparting,
    Level,
    LimitFacts,
    Period,
    as_zone,
    local_date,
    to_micros,
)
from ..rules.status import period_start
from .chunks import IDS_A_STATEMENT, among
from .gate import Gate
from .weeks import weekly, windows_by_campaign

BUDGET_FIELDS: dict[Period, str] = {
    Period.DAY: "daily_budget",
    Period.MONTH: "monthly_budget",
    Period.TOTAL: "total_budget",
}
BRAND_PERIODS = (Period.DAY, Period.MONTH)
CAMPAIGN_PERIODS = (Period.DAY, Period.MONTH, Period.TOTAL)
"""Periods in the order in which limits are listed."""

Spent = dict[tuple[Level, int, Period], dict[date, int]]
_NOTHING: Mapping[date, int] = {}


class Stored(NamedTuple):
    """A campaign's row as the reconciler needs it; budgets in micro-units."""

    id: int
    brand_id: int
    is_active: bool
    daily_budget: int | None
    monthly_budget: int | None
    total_budget: int | None
    start_date: date | None
    end_date: date | None
    dayparting: str
    timezone: str
    status: str
    reasons: tuple[str, ...]
    next_check_at: datetime | None
    desired_generation: int
    acked_generation: int


@dataclass(frozen=True, slots=True)
class Loaded:
    """A campaign's row and the facts that decide, or the error that keeps it from being decided."""

    stored: Stored
    facts: CampaignFacts | None
    error: ValueError | None = None


def micros(field: str) -> ExpressionWrapper[Any]:
    """A money column as the integer that it is in the database."""
    return ExpressionWrapper(F(field), output_field=BigIntegerField())


def load(gate: Gate, campaigns: QuerySet[Campaign], *, all_totals: bool = False) -> list[Loaded]:
    """Facts of campaigns, all of whose brands are in the gate. At most three statements, however many campaigns.

    Totals come for whoever has a budget in their period; with ``all_totals`` for every campaign and brand.
    """
    rows = _stored(gate, campaigns)
    build = _Builder(gate, _windows(gate, campaigns, rows), _totals(gate, campaigns, rows, all_totals))
    return [build(row) for row in rows]


def budgets_of_brand(brand: Brand) -> dict[Period, int | None]:
    """A brand's budgets in micro-units."""
    return {period: micros_of(brand, BUDGET_FIELDS[period]) for period in BRAND_PERIODS}


def micros_of(row: Model, field: str) -> int | None:
    """A row's amount in micro-units."""
    amount: Decimal | None = getattr(row, field)
    return None if amount is None else to_micros(amount)


_TEXT = CharField(max_length=64)
#: The projection as text: thousands of rows share an instant or reasons, and each is decoded once.
REASONS_TEXT = ExpressionWrapper(F("status_reasons"), output_field=CharField())
NEXT_CHECK_TEXT = Cast("next_check_at", _TEXT)


def _stored(gate: Gate, campaigns: QuerySet[Campaign]) -> list[Stored]:
    rows = campaigns.order_by("pk").values_list(
        "id",
        "brand_id",
        "is_active",
        micros("daily_budget"),
        micros("monthly_budget"),
        micros("total_budget"),
        "start_date",
        "end_date",
        "dayparting",
        "timezone",
        "status",
        REASONS_TEXT,
        NEXT_CHECK_TEXT,
        "desired_generation",
        "acked_generation",
    )
    zone = connections[gate.alias].timezone
    return [Stored._make((*row[:11], _reasons(row[11]), instant_of(row[12], zone), *row[13:])) for row in rows]


@lru_cache(maxsize=1024)
def _reasons(text: str) -> tuple[str, ...]:
    reasons: tuple[str, ...] = ReasonsField().to_python(text)
    return reasons


@lru_cache(maxsize=16_384)
def instant_of(text: str | None, zone: tzinfo) -> datetime | None:
    """An instant that the database gave as text, without an offset where it stores none."""
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return _NO_INSTANT
    return at if at.tzinfo else at.replace(tzinfo=zone)


#: PostgreSQL's "infinity", and years that Python does not have: differs from whatever is decided.
_NO_INSTANT = datetime.min.replace(tzinfo=UTC)


def _windows(gate: Gate, campaigns: QuerySet[Campaign], rows: Sequence[Stored]) -> dict[int, str]:
    bound = [row.id for row in rows if row.dayparting != Dayparting.OFF]
    if not bound:
        return {}
    owners = _named(bound, campaigns.exclude(dayparting=Dayparting.OFF))
    return windows_by_campaign(DaypartingSchedule._base_manager.using(gate.alias).filter(campaign__in=owners))


def _named(ids: list[int], campaigns: QuerySet[Campaign]) -> Any:
    """For ``__in``: ids if they are few enough to be sent, since a query in a query takes longer to compile."""
    return among(ids, campaigns.db) if len(ids) <= IDS_A_STATEMENT else campaigns.order_by().values("pk")


def _totals(gate: Gate, campaigns: QuerySet[Campaign], rows: Sequence[Stored], all_totals: bool) -> Spent:
    """Totals of the current and of later periods, in one statement; a branch for each period uses its index.

    A period in which nobody has a budget has no branch.
    """
    first = _earliest_dates(gate)
    branches: list[tuple[Level, QuerySet[Any]]] = []
    for period in CAMPAIGN_PERIODS:
        field, scope = BUDGET_FIELDS[period], {"period": period, "start__gte": first[period]}
        if ids := [row.id for row in rows if all_totals or getattr(row, field) is not None]:
            owners = _named(ids, campaigns if all_totals else campaigns.filter(**{f"{field}__isnull": False}))
            found = CampaignSummary._base_manager.using(gate.alias).filter(campaign__in=owners, **scope)
            branches.append((Level.CAMPAIGN, found.annotate(owner=F("campaign_id"), total=micros("spend"))))
        if period not in BRAND_PERIODS:
            continue
        if ids := [pk for pk, brand in gate.brands.items() if all_totals or getattr(brand, field) is not None]:
            summaries = BudgetSummary._base_manager.using(gate.alias).filter(brand__in=ids, **scope)
            branches.append((Level.BRAND, summaries.annotate(owner=F("brand_id"), total=micros("spend"))))
    spent: Spent = defaultdict(dict)
    for level, owner, period_of, start, total in in_one_statement(branches, "period", "start", "total"):
        spent[_LEVELS[level], owner, _PERIODS[period_of]][start] = total
    return spent


_LEVELS = {level.value: level for level in Level}
_PERIODS = {period.value: period for period in Period}


def in_one_statement(branches: Sequence[tuple[Level, QuerySet[Any]]], *columns: str) -> Iterable[tuple[Any, ...]]:
    """Rows of several queries, each with its level, its ``owner`` and the columns named."""
    if not branches:
        return ()
    first, *others = (
        # MySQL would send a bare literal as bytes.
        rows.annotate(level=Cast(Value(level.value), CharField(max_length=8))).values_list("level", "owner", *columns)
        for level, rows in branches
    )
    # It would take over the first model's own order, by columns that it has not.
    together: QuerySet[Any, tuple[Any, ...]] = first.union(*others, all=True).order_by()
    return together


def _earliest_dates(gate: Gate) -> dict[Period, date]:
    """The earliest current day and month over the gate's zones, unknown zones apart."""
    dates = [local_date(gate.now, zone) for zone in {b.timezone for b in gate.brands.values()} if _known(zone)]
    today = min(dates, default=gate.now.date())
    return {period: period_start(period, today) for period in CAMPAIGN_PERIODS}


def _known(zone: str) -> bool:
    try:
        as_zone(zone)
    except ValueError:
        return False
    return True


class _Builder:
    """Makes facts of rows; what a brand's campaigns share is made once."""

    def __init__(self, gate: Gate, windows: Mapping[int, str], spent: Spent) -> None:
        self._gate = gate
        self._windows = windows
        self._spent = spent
        self._brand_limits: dict[int, tuple[LimitFacts, ...]] = {}

    def __call__(self, row: Stored) -> Loaded:
        try:
            return Loaded(row, self._facts(row))
        except ValueError as error:
            return Loaded(row, None, error)

    def _facts(self, row: Stored) -> CampaignFacts:
        brand = self._gate.brands[row.brand_id]
        return CampaignFacts(
            zone=as_zone(brand.timezone),
            is_active=row.is_active,
            brand_is_active=brand.is_active,
            start_date=row.start_date,
            end_date=row.end_date,
            dayparting=Dayparting(row.dayparting),
            windows=weekly(self._windows.get(row.id, "")),
            window_zone=as_zone(row.timezone) if row.timezone else None,
            limits=self._limits_of_brand(brand) + tuple(self._limits_of_campaign(row)),
        )

    def _limits_of_brand(self, brand: Brand) -> tuple[LimitFacts, ...]:
        limits = self._brand_limits.get(brand.pk)
        if limits is None:
            budgets = budgets_of_brand(brand)
            limits = tuple(self._limit(Level.BRAND, brand.pk, p, budgets[p]) for p in BRAND_PERIODS)
            self._brand_limits[brand.pk] = limits
        return limits

    def _limits_of_campaign(self, row: Stored) -> Iterator[LimitFacts]:
        budgets = (row.daily_budget, row.monthly_budget, row.total_budget)
        for period, budget in zip(CAMPAIGN_PERIODS, budgets, strict=True):
            yield self._limit(Level.CAMPAIGN, row.id, period, budget)

    def _limit(self, level: Level, owner: int, period: Period, budget: int | None) -> LimitFacts:
        return LimitFacts(level, period, budget, self._spent.get((level, owner, period), _NOTHING))
