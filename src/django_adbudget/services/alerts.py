"""Threshold alerts: a row once for each budget, limit value, period and threshold (rule D4)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Max

from ..conf import app_settings
from ..models import BudgetAlert
from ..rules import from_micros, to_micros
from . import notices
from .gate import Gate


@dataclass(frozen=True, slots=True)
class Watched:
    """A budget and its spend in micro-units before and after; ``before`` is None where the budget was edited."""

    brand_id: int
    campaign_id: int | None
    budget: str
    period_start: date
    before: int | None
    spend: int
    limit: int

    def threshold(self, thresholds: Sequence[int]) -> int | None:
        """The highest threshold that was crossed, or for an edited budget the highest that is reached."""
        reached = [t for t in thresholds if self.spend * 100 >= t * self.limit]
        if self.before is not None:
            reached = [t for t in reached if self.before * 100 < t * self.limit]
        return max(reached, default=None)

    @property
    def scope(self) -> str:
        owner = f"b{self.brand_id}" if self.campaign_id is None else f"c{self.campaign_id}"
        return f"{owner}:{self.budget}:{self.limit}:{self.period_start:%Y-%m-%d}:"


def watch(gate: Gate, budgets: Iterable[Watched]) -> list[BudgetAlert]:
    """Write an alert for each budget that crossed a threshold above those already told of; a budget of 0 has none."""
    watched = [w for w in budgets if w.limit > 0]
    notices.budgets_exhausted(gate, [w for w in watched if w.threshold((100,))])
    thresholds = app_settings.ALERT_THRESHOLDS
    crossed = [(w, t) for w in watched if (t := w.threshold(thresholds)) is not None]
    if not crossed:
        return []
    told = _told(gate, [w for w, _ in crossed])
    alerts = [_alert(w, t, gate) for w, t in crossed if t > told.get(w.scope, 0)]
    BudgetAlert._base_manager.using(gate.alias).bulk_create(alerts)
    notices.alerts_raised(gate.alias, alerts)
    return alerts


def _told(gate: Gate, watched: list[Watched]) -> dict[str, int]:
    """The highest threshold already told of, by scope."""
    rows = (
        BudgetAlert._base_manager.using(gate.alias)
        .filter(brand__in={w.brand_id for w in watched}, period_start__in={w.period_start for w in watched})
        .values_list("brand_id", "campaign_id", "budget", "limit", "period_start")
        .annotate(highest=Max("threshold"))
        .order_by()
    )
    told = {}
    for brand_id, campaign_id, budget, limit, start, highest in rows:
        told[Watched(brand_id, campaign_id, budget, start, None, 0, to_micros(limit)).scope] = highest
    return told


def _alert(watched: Watched, threshold: int, gate: Gate) -> BudgetAlert:
    return BudgetAlert(
        brand_id=watched.brand_id,
        campaign_id=watched.campaign_id,
        budget=watched.budget,
        period_start=watched.period_start,
        threshold=threshold,
        spend=from_micros(watched.spend),
        limit=from_micros(watched.limit),
        at=gate.now,
        dedupe_key=f"{watched.scope}{threshold}",
    )
