"""Who hears that a brand's local day or month has begun: once for each, whatever opened its row (rule T2)."""

from __future__ import annotations

from datetime import date

from ... import signals
from ...models import BudgetSummary
from ...rules import Period, local_date
from ...rules.status import period_start
from .. import notices
from ..chunks import chunks
from ..gate import Gate
from ..totals import Counted


def by_spend(gate: Gate, counted: Counted) -> None:
    """Tell of rows that spend has just opened and that are of the present: spend of yesterday begins no day."""
    if not signals.period_opened.has_listeners(BudgetSummary):
        return
    # What holds nothing but this spend is new, or was opened without any.
    new = {
        (brand_id, period, start)
        for (period, start), totals in counted.after.items()
        for brand_id, total in totals.items()
        if total == counted.added[period, start][brand_id] and _is_present(gate, brand_id, period, start)
    }
    for part in chunks(sorted(new)):
        found = BudgetSummary._base_manager.using(gate.alias).filter(
            brand__in={key[0] for key in part}, start__in={key[2] for key in part}, created_at=gate.now
        )
        for brand_id, period, start in found.values_list("brand_id", "period", "start"):
            if (brand_id, period, start) in new:
                notices.period_opened(gate.alias, gate.brands[brand_id], Period(period), start)


def _is_present(gate: Gate, brand_id: int, period: Period, start: date) -> bool:
    return start == period_start(period, local_date(gate.now, gate.brands[brand_id].timezone))
