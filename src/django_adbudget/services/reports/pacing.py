"""How fast budgets are spent, and which of them is spent next."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.db.models import QuerySet, Sum

from ...clock import instant
from ...exceptions import UnknownTimezone
from ...models import Brand, BudgetSummary, Campaign, CampaignSummary, SpendRecord
from ...models.ledger import Kind
from ...rules import Level, Period, Status, day_bounds, from_micros, known_zones, local_date, month_bounds, to_micros
from ...rules.pacing import Spending, exhausted_at
from ...rules.status import period_start
from ..chunks import chunks
from ..facts import BRAND_PERIODS, BUDGET_FIELDS, CAMPAIGN_PERIODS, budgets_of_brand, micros
from ..gate import ledger_alias
from ..totals import OWNERS

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)

#: (id of the brand or campaign, period, first local date)
_Total = tuple[int, Period, date]
#: Micro-units by (campaign id, local date)
_Sums = dict[tuple[int, date], int]
#: A campaign's id, its brand's, its next check, and its budgets in micro-units
_Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast one budget is being spent. ``campaign_id`` is None for a brand's budget.

    ``exhausted_at`` (UTC) is when it is reached at this rate; None if not before its period ends or its campaigns stop.
    """

    brand_id: int
    campaign_id: int | None
    level: Level
    period: Period
    spent: Decimal
    budget: Decimal
    rate_per_hour: Decimal
    exhausted_at: datetime | None
    period_start: date


def what_pauses_next(
    brands: Iterable[Brand | int] | None = None, limit: int = 20, now: datetime | None = None
) -> list[Pace]:
    """The budgets that will be reached first at the rate of the last hour, soonest first."""
    found = [(pace.exhausted_at, pace) for pace in paces(brands=brands, now=now) if pace.exhausted_at is not None]
    return [pace for _, pace in sorted(found, key=lambda one: one[0])[:limit]]


def paces(
    *,
    brands: Iterable[Brand | int] | None = None,
    campaigns: Iterable[Campaign | int] | None = None,
    now: datetime | None = None,
) -> list[Pace]:
    """The pace of each budget from which a running campaign has spent in the last hour, in seven statements.

    ``campaigns`` narrows it to their own budgets. The rate of an hour is what was spent in it, less what was corrected.
    A platform that reports running totals dates them at the day's start, which says nothing about the hour: their part
    is the average of the day so far.
    """
    at, alias = instant(now), ledger_alias()
    records = SpendRecord._base_manager.using(alias)
    if brands is not None:
        records = records.filter(brand__in=[b.pk if isinstance(b, Brand) else b for b in brands])
    if campaigns is None:
        return _Paces(alias, at, records).of_both()
    ids = [c.pk if isinstance(c, Campaign) else c for c in campaigns]
    owners = Campaign._base_manager.using(alias).filter(pk__in=ids).order_by().values("brand")
    return _Paces(alias, at, records.filter(brand__in=owners, campaign__in=ids)).of_campaigns()


@dataclass(frozen=True, slots=True)
class _Spender:
    """A campaign that runs and has spent; amounts in micro-units."""

    id: int
    brand_id: int
    budgets: Mapping[Period, int | None]
    until: datetime | None
    per_hour: int


class _Paces:
    def __init__(self, alias: str, now: datetime, records: QuerySet[SpendRecord]) -> None:
        self._alias, self._now = alias, now
        # Whatever its zone, a brand's local date of the last hour is among these: of use where brands are named.
        first = (now - _HOUR).date() - _DAY
        self._records = records.filter(spend_date__in=[first + n * _DAY for n in range(4)]).order_by()
        self._brands: dict[int, Brand] = {}
        self._todays: dict[int, date] = {}
        self._spenders = self._find_spenders()

    def of_campaigns(self) -> list[Pace]:
        spent = self._spent(CampaignSummary, [s.id for s in self._spenders])
        return [pace for spender in self._spenders for pace in self._of_campaign(spender, spent)]

    def of_both(self) -> list[Pace]:
        found = self.of_campaigns()
        # A campaign whose own budget is spent spends no more of its brand's.
        ends: dict[int, list[datetime]] = defaultdict(list)
        for pace in found:
            if pace.campaign_id is not None and pace.exhausted_at is not None:
                ends[pace.campaign_id].append(pace.exhausted_at)
        together: dict[int, list[Spending]] = defaultdict(list)
        for spender in self._spenders:
            until = min([*ends[spender.id], *([spender.until] if spender.until else [])], default=None)
            together[spender.brand_id].append(Spending(spender.per_hour, until))
        spent = self._spent(BudgetSummary, together)
        return [*found, *(pace for pk, spendings in together.items() for pace in self._of_brand(pk, spendings, spent))]

    def _of_campaign(self, spender: _Spender, spent: Mapping[_Total, int]) -> Iterator[Pace]:
        spendings = [Spending(spender.per_hour, spender.until)]
        for period in CAMPAIGN_PERIODS:
            yield from self._pace(spender.brand_id, spender.id, period, spender.budgets[period], spendings, spent)

    def _of_brand(self, brand_id: int, spendings: list[Spending], spent: Mapping[_Total, int]) -> Iterator[Pace]:
        budgets = budgets_of_brand(self._brands[brand_id])
        for period in BRAND_PERIODS:
            yield from self._pace(brand_id, None, period, budgets[period], spendings, spent)

    def _pace(
        self,
        brand_id: int,
        campaign_id: int | None,
        period: Period,
        budget: int | None,
        spendings: list[Spending],
        spent: Mapping[_Total, int],
    ) -> Iterator[Pace]:
        if budget is None:
            return
        today = self._todays[brand_id]
        owner = brand_id if campaign_id is None else campaign_id
        start = period_start(period, today)
        so_far = spent.get((owner, period, start), 0)
        end = _end(period, today, self._brands[brand_id].timezone)
        yield Pace(
            brand_id=brand_id,
            campaign_id=campaign_id,
            level=Level.BRAND if campaign_id is None else Level.CAMPAIGN,
            period=period,
            spent=from_micros(so_far),
            budget=from_micros(budget),
            rate_per_hour=from_micros(sum(s.per_hour for s in spendings)),
            exhausted_at=exhausted_at(budget - so_far, spendings, self._now, end),
            period_start=start,
        )

    def _find_spenders(self) -> list[_Spender]:
        hour = self._sums(
            self._records.filter(
                kind__in=[Kind.SPEND, Kind.CORRECTION],
                spend_datetime__gt=self._now - _HOUR,
                spend_datetime__lte=self._now,
            )
        )
        restated = self._sums(self._records.filter(kind=Kind.RESTATEMENT, spend_datetime__in=self._day_starts()))
        rates: dict[int, int] = defaultdict(int)
        for (campaign_id, _), amount in hour.items():
            rates[campaign_id] += amount
        rows = self._running({campaign_id for campaign_id, _ in [*hour, *restated]})
        self._load_brands({brand_id for _, brand_id, *_ in rows})
        return list(self._spending(rows, rates, restated))

    def _spending(self, rows: list[_Row], rates: dict[int, int], restated: _Sums) -> Iterator[_Spender]:
        for pk, brand_id, until, *budgets in rows:
            if brand_id not in self._todays:
                continue
            rate = rates[pk]
            total = restated.get((pk, self._todays[brand_id]))
            if total:
                rate += total * _HOUR // self._day_so_far(brand_id)
            if rate > 0:
                yield _Spender(pk, brand_id, dict(zip(CAMPAIGN_PERIODS, budgets, strict=True)), until, rate)

    def _day_starts(self) -> set[datetime]:
        """The first instants of today, over all zones: there running totals are dated (rule L7)."""
        zones = Brand._base_manager.using(self._alias).order_by().values_list("timezone", flat=True).distinct()
        known = [zone for zone in zones if zone in known_zones()]
        return {day_bounds(local_date(self._now, zone), zone)[0] for zone in known}

    def _day_so_far(self, brand_id: int) -> timedelta:
        """At least an hour: a total reported minutes after midnight makes no rate."""
        begun, _ = day_bounds(self._todays[brand_id], self._brands[brand_id].timezone)
        return max(self._now - begun, _HOUR)

    def _sums(self, records: QuerySet[SpendRecord]) -> _Sums:
        """Micro-units by campaign and local date."""
        rows = records.values_list("campaign_id", "spend_date").annotate(sum=Sum("amount"))
        return {(campaign_id, day): to_micros(amount) for campaign_id, day, amount in rows}

    def _running(self, ids: set[int]) -> list[_Row]:
        campaigns = Campaign._base_manager.using(self._alias).filter(status=Status.ACTIVE).order_by()
        budgets = [micros(BUDGET_FIELDS[period]) for period in CAMPAIGN_PERIODS]
        rows = campaigns.values_list("pk", "brand_id", "next_check_at", *budgets)
        return [row for part in chunks(sorted(ids)) for row in rows.filter(pk__in=part)]

    def _load_brands(self, ids: set[int]) -> None:
        """Brands whose zone is not known here have no today, and so no pace (rule T7)."""
        for part in chunks(sorted(ids)):
            self._brands |= Brand._base_manager.using(self._alias).in_bulk(part)
        for pk, brand in self._brands.items():
            with suppress(UnknownTimezone):
                self._todays[pk] = local_date(self._now, brand.timezone)

    def _spent(self, model: type[BudgetSummary] | type[CampaignSummary], ids: Iterable[int]) -> dict[_Total, int]:
        owner = OWNERS[model]
        starts = {period_start(period, today) for period in CAMPAIGN_PERIODS for today in self._todays.values()}
        found: dict[_Total, int] = {}
        for part in chunks(sorted(ids)):
            rows = model._base_manager.using(self._alias).filter(**{f"{owner}__in": part}, start__in=starts)
            for pk, period, start, spend in rows.values_list(owner, "period", "start", micros("spend")):
                found[pk, Period(period), start] = spend
        return found


_ENDS = {Period.DAY: day_bounds, Period.MONTH: month_bounds}


@lru_cache(maxsize=1024)
def _end(period: Period, today: date, zone: str) -> datetime | None:
    """The end of the period in which a local date lies (rule T3); None for a total."""
    return _ENDS[period](today, zone)[1] if period in _ENDS else None
