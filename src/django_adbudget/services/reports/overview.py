"""What brands have spent over a stretch of their own local dates, many brands in a constant number of statements."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from django.db.models import Sum

from ...clock import instant
from ...models import Brand, BudgetSummary, Campaign
from ...rules import Period, Status, decide, local_date
from ...rules.calendar import next_month
from .. import facts
from ..chunks import chunks
from ..gate import Gate, ledger_alias

_BRANDS_A_CHUNK = 200
_WEEK = 7
_PER_CENT = Decimal(100)
Range = tuple[date, date]


class Span(StrEnum):
    """A stretch of local dates, whole days, weeks from Monday on, or months."""

    TODAY = "today"
    YESTERDAY = "yesterday"
    THIS_WEEK = "this_week"
    LAST_WEEK = "last_week"
    THIS_MONTH = "this_month"
    LAST_MONTH = "last_month"

    def range(self, today: date) -> Range:
        """First and last local date, both inclusive."""
        return _RANGES[self](today)

    def budget(self, brand: Brand) -> Decimal | None:
        """The brand's budget for such a stretch, as it is now; a week has seven times that of a day."""
        if self in {Span.THIS_MONTH, Span.LAST_MONTH}:
            monthly: Decimal | None = brand.monthly_budget
            return monthly
        daily: Decimal | None = brand.daily_budget
        weekly = self in {Span.THIS_WEEK, Span.LAST_WEEK}
        return daily * _WEEK if weekly and daily is not None else daily


def _week(today: date, back: int) -> Range:
    monday = today - timedelta(days=today.weekday() + _WEEK * back)
    return monday, monday + timedelta(days=_WEEK - 1)


def _month(first: date) -> Range:
    return first, next_month(first) - timedelta(days=1)


_RANGES: Mapping[Span, Callable[[date], Range]] = {
    Span.TODAY: lambda today: (today, today),
    Span.YESTERDAY: lambda today: (today - timedelta(days=1), today - timedelta(days=1)),
    Span.THIS_WEEK: lambda today: _week(today, 0),
    Span.LAST_WEEK: lambda today: _week(today, 1),
    Span.THIS_MONTH: lambda today: _month(today.replace(day=1)),
    Span.LAST_MONTH: lambda today: _month((today.replace(day=1) - timedelta(days=1)).replace(day=1)),
}


@dataclass(frozen=True, slots=True)
class BrandReport:
    """A brand's spend over local dates, both inclusive. ``share`` is per cent of the budget, None without one.

    ``campaign_counts`` has the keys of ``BrandStatus.campaign_counts``, and is of the present.
    """

    brand_id: int
    brand_name: str
    timezone: str
    currency: str
    first: dt.date
    last: dt.date
    spent: Decimal
    budget: Decimal | None
    remaining: Decimal | None
    share: Decimal | None
    campaign_counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Unreported:
    """A brand whose zone is not known here, so that nobody can say what its today is (rule T7)."""

    brand_id: int
    brand_name: str
    timezone: str


def budget_report(
    span: Span, *, brands: Iterable[Brand | int] | None = None, now: datetime | None = None
) -> Iterator[BrandReport | Unreported]:
    """What brands spent over ``span`` against their present budgets, by name."""
    at, alias = instant(now), ledger_alias()
    wanted = Brand._base_manager.using(alias).order_by("name", "pk")
    if brands is not None:
        wanted = wanted.filter(pk__in=[b.pk if isinstance(b, Brand) else b for b in brands])
    for part in chunks(list(wanted.values_list("pk", flat=True)), _BRANDS_A_CHUNK):
        rows = Brand._base_manager.using(alias).in_bulk(part)
        yield from _reports(span, Gate(alias, at, {pk: rows[pk] for pk in part if pk in rows}))


def _reports(span: Span, gate: Gate) -> Iterator[BrandReport | Unreported]:
    ranges = {pk: _range(span, brand, gate.now) for pk, brand in gate.brands.items()}
    spent = _spent(gate, {pk: known for pk, known in ranges.items() if known})
    counts = _counts(gate)
    for pk, brand in gate.brands.items():
        known = ranges[pk]
        if known is None:
            yield Unreported(pk, brand.name, brand.timezone)
        else:
            yield _report(brand, known, spent.get(pk, Decimal(0)), span.budget(brand), counts[pk])


def _range(span: Span, brand: Brand, now: datetime) -> Range | None:
    try:
        return span.range(local_date(now, brand.timezone))
    except ValueError:
        return None


def _report(
    brand: Brand, dates: Range, spent: Decimal, budget: Decimal | None, counts: Mapping[str, int]
) -> BrandReport:
    return BrandReport(
        brand_id=brand.pk,
        brand_name=brand.name,
        timezone=brand.timezone,
        currency=brand.currency,
        first=dates[0],
        last=dates[1],
        spent=spent,
        budget=budget,
        remaining=None if budget is None else budget - spent,
        share=spent / budget * _PER_CENT if budget else None,
        campaign_counts={"total": sum(counts.values()), **{s.value.lower(): counts.get(s.value, 0) for s in Status}},
    )


def _spent(gate: Gate, ranges: Mapping[int, Range]) -> dict[int, Decimal]:
    """One statement for each distinct range: around the globe there are at most three."""
    by_range: dict[Range, list[int]] = defaultdict(list)
    for pk, dates in ranges.items():
        by_range[dates].append(pk)
    spent: dict[int, Decimal] = {}
    for (first, last), ids in by_range.items():
        days = BudgetSummary._base_manager.using(gate.alias).filter(
            brand__in=ids, period=Period.DAY, start__range=(first, last)
        )
        spent.update(days.order_by().values_list("brand").annotate(spent=Sum("spend")))
    return spent


def _counts(gate: Gate) -> dict[int, Counter[str]]:
    """Campaigns by derived status; those that cannot be decided by the status stored for them (rule S6)."""
    counts: dict[int, Counter[str]] = defaultdict(Counter)
    for row in facts.load(gate, Campaign._base_manager.using(gate.alias).filter(brand__in=list(gate.brands))):
        status = row.stored.status if row.facts is None else decide(row.facts, gate.now).status.value
        counts[row.stored.brand_id][status] += 1
    return counts
