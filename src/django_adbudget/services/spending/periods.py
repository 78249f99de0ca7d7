"""A new local day or month is a new row, not a reset (rule T2)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, datetime

from ...clock import instant
from ...models import Brand, BudgetSummary
from ...rules import Period, local_date
from ...rules.status import period_start
from .. import notices, totals
from ..chunks import chunks
from ..enforcement.reconciling import reconcile
from ..gate import in_transaction, ledger_alias, lock
from ..results import ReconcileResult

_BRANDS_A_CHUNK = 500


def open_periods(
    period: Period,
    *,
    brands: Iterable[Brand | int] | None = None,
    now: datetime | None = None,
    dry_run: bool = False,
) -> tuple[int, ReconcileResult]:
    """Open the row of each brand's present local day or month, and evaluate the campaigns that are due.

    Gives the number of rows opened. Run twice, late or never, it changes no total. ``dry_run`` writes nothing.
    """
    at, alias = instant(now), ledger_alias()
    narrowed = None if brands is None else [b.pk if isinstance(b, Brand) else b for b in brands]
    unopened = _unopened(period, narrowed, at, alias)
    opened = sum(len(ids) if dry_run else _open(period, ids, at, alias) for ids in unopened)
    return opened, reconcile(brands=narrowed, due_only=True, now=at, dry_run=dry_run)


def _unopened(period: Period, narrowed: list[int] | None, now: datetime, alias: str) -> Iterator[list[int]]:
    brands = Brand._base_manager.using(alias)
    if narrowed is not None:
        brands = brands.filter(pk__in=narrowed)
    by_start: dict[date, list[str]] = defaultdict(list)
    for zone in brands.order_by().values_list("timezone", flat=True).distinct():
        start = _start(period, zone, now)
        if start:
            by_start[start].append(zone)
    for start, zones in by_start.items():
        there = BudgetSummary._base_manager.using(alias).filter(period=period, start=start)
        missing = brands.filter(timezone__in=zones).exclude(pk__in=there.values("brand"))
        yield from chunks(list(missing.order_by("pk").values_list("pk", flat=True)), _BRANDS_A_CHUNK)


def _start(period: Period, zone: str, now: datetime) -> date | None:
    """The date that names the present period; None for a zone not known here, whose brands stop nobody else (T7)."""
    try:
        return period_start(period, local_date(now, zone))
    except ValueError:
        return None


def _open(period: Period, brand_ids: list[int], now: datetime, alias: str) -> int:
    def work() -> int:
        gate = lock(brand_ids, now, alias)
        starts = {pk: _start(period, brand.timezone, now) for pk, brand in gate.brands.items()}
        there = BudgetSummary._base_manager.using(alias).filter(period=period, brand__in=gate.brands)
        opened = set(there.filter(start__in=set(filter(None, starts.values()))).values_list("brand_id", "start"))
        missing = {pk: start for pk, start in starts.items() if start and (pk, start) not in opened}
        rows: dict[tuple[Period, date], dict[int, int]] = defaultdict(dict)
        for pk, start in missing.items():
            rows[period, start][pk] = 0
        totals.add(BudgetSummary, rows, now, alias)
        for pk, start in missing.items():
            notices.period_opened(alias, gate.brands[pk], period, start)
        return len(missing)

    return in_transaction(work, alias)
