"""When money was spent: by the hours of local days, and day by day."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Case, IntegerField, Sum, Value, When

from ...models import Brand, BudgetSummary, Campaign, CampaignSummary, SpendRecord
from ...models.ledger import Kind
from ...rules import Period, as_zone
from ...rules.calendar import Zone
from ...rules.hours import local_hours
from ..gate import ledger_alias

_WHOLE_DAY = -2  # no edge has that number, nor has what lies before the first
_NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class HourSpend:
    """Spend of one hour of the clock (see ``rules.hours``), in UTC; ``local`` is its start in the zone, with fold."""

    start: datetime
    end: datetime
    local: datetime
    spent: Decimal


@dataclass(frozen=True, slots=True)
class DaySpend:
    """Spend of a local date by the hour. The parts add up to what the ledger holds for the date.

    ``whole_day`` was reported as totals of the day and belongs to no hour of it (rule L7). ``elsewhere`` bears the
    date, but its instant lies outside the day as the zone has it now: the brand's zone was changed (rule T1).
    """

    date: dt.date
    hours: tuple[HourSpend, ...]
    whole_day: Decimal
    elsewhere: Decimal

    @property
    def total(self) -> Decimal:
        return sum((hour.spent for hour in self.hours), self.whole_day + self.elsewhere)


def spend_by_hour(owner: Brand | Campaign, dates: Sequence[date], zone: Zone) -> list[DaySpend]:
    """Spend of a brand or campaign on each of ``dates``, by the hours of the brand's zone; one statement.

    Raises ``UnknownTimezone``.
    """
    hours = {day: local_hours(day, zone) for day in dates}
    edges = sorted({edge for stretches in hours.values() for stretch in stretches for edge in stretch})
    spent = _by_slot(owner, dates, edges)
    starts = {edge: slot for slot, edge in enumerate(edges)}
    return [_day(day, hours[day], starts, spent.get(day, {}), zone) for day in dates]


def spend_by_day(owner: Brand | Campaign, first: date, last: date) -> dict[date, Decimal]:
    """Totals of local dates, both inclusive; dates without spend are left out. One statement."""
    model, name = (BudgetSummary, "brand") if isinstance(owner, Brand) else (CampaignSummary, "campaign")
    rows: Any = model._base_manager.using(ledger_alias()).filter(
        **{name: owner.pk}, period=Period.DAY, start__gte=first, start__lte=last
    )
    return dict(rows.order_by("start").values_list("start", "spend"))


def _by_slot(owner: Brand | Campaign, dates: Sequence[date], edges: list[datetime]) -> dict[date, dict[int, Decimal]]:
    """Sums by date and by the edge from which on they lie."""
    name = "brand" if isinstance(owner, Brand) else "campaign"
    restated = When(kind=Kind.RESTATEMENT, then=Value(_WHOLE_DAY))
    slot = Case(restated, default=_slot(edges), output_field=IntegerField())
    rows = (
        SpendRecord._base_manager.using(ledger_alias())
        .filter(**{name: owner.pk}, spend_date__in=dates)
        .order_by()
        .annotate(slot=slot)
        .values_list("spend_date", "slot")
        .annotate(spent=Sum("amount"))
    )
    spent: dict[date, dict[int, Decimal]] = defaultdict(dict)
    for day, slot_of_row, total in rows:
        spent[day][slot_of_row] = total
    return spent


def _slot(edges: Sequence[datetime], first: int = 0) -> Value | Case:
    """The number of the last edge that is not after a record, found by halves: six comparisons for 50 edges.

    Edges are compared as instants, so that a database without time zones (MySQL as it is installed) is right too.
    """
    if not edges:
        return Value(first - 1)
    middle = len(edges) // 2
    earlier = When(spend_datetime__lt=edges[middle], then=_slot(edges[:middle], first))
    later = _slot(edges[middle + 1 :], first + middle + 1)
    return Case(earlier, default=later, output_field=IntegerField())


def _day(
    day: date,
    stretches: list[tuple[datetime, datetime]],
    starts: Mapping[datetime, int],
    spent: Mapping[int, Decimal],
    zone: Zone,
) -> DaySpend:
    info = as_zone(zone)
    hours = tuple(
        HourSpend(start, end, start.astimezone(info), spent.get(starts[start], _NOTHING)) for start, end in stretches
    )
    whole_day = spent.get(_WHOLE_DAY, _NOTHING)
    in_hours = sum((hour.spent for hour in hours), _NOTHING)
    return DaySpend(day, hours, whole_day, sum(spent.values(), _NOTHING) - whole_day - in_hours)
