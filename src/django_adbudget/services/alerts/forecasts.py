"""Alerts for budgets that are about to be exhausted, once for each budget, limit value and period (rule D4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import partial

from django.db.models import Q

from ...clock import instant
from ...conf import app_settings
from ...models import BudgetAlert
from ...models.history import AlertKind
from ...rules import to_micros
from .. import notices
from ..chunks import chunks
from ..facts import BUDGET_FIELDS
from ..gate import Gate, in_transaction, ledger_alias, lock
from ..reports import pacing
from .thresholds import scope_of

# Few enough that a gate is held for milliseconds.
_ALERTS_A_TRANSACTION = 200


def raise_forecasts(*, now: datetime | None = None) -> int:
    """Write an alert for each budget that will be reached within ``ALERT_FORECAST_MINUTES``; gives how many.

    None for a budget of which one was told already, whose 100 % alert was raised, or whose brand wants no alerts.
    """
    minutes = app_settings.ALERT_FORECAST_MINUTES
    if not minutes:
        return 0
    at, alias = instant(now), ledger_alias()
    last = at + timedelta(minutes=minutes)
    near = {_scope(p): p for p in pacing.paces(now=at) if p.exhausted_at is not None and p.exhausted_at <= last}
    told = _told(near, alias)
    fresh = [scope for scope in sorted(near) if scope not in told]
    raised = 0
    for part in chunks(fresh, _ALERTS_A_TRANSACTION):
        raised += in_transaction(partial(_write, {scope: near[scope] for scope in part}, at, alias), alias)
    return raised


def _scope(pace: pacing.Pace) -> str:
    budget, limit = BUDGET_FIELDS[pace.period], to_micros(pace.budget)
    return scope_of(pace.brand_id, pace.campaign_id, budget, limit, pace.period_start)


def _key(scope: str) -> str:
    return f"{scope}:forecast"


def _told(scopes: Iterable[str], alias: str) -> set[str]:
    """The scopes of which there is nothing more to foretell."""
    told: set[str] = set()
    for part in chunks(scopes, _ALERTS_A_TRANSACTION):
        known = Q(dedupe_key__in=[_key(scope) for scope in part]) | Q(scope__in=part, threshold__gte=100)
        rows = BudgetAlert._base_manager.using(alias).filter(known).values_list("dedupe_key", flat=True)
        told |= {key.rpartition(":")[0] for key in rows}
    return told


def _write(near: Mapping[str, pacing.Pace], now: datetime, alias: str) -> int:
    """Look once more under the gate, where nobody else raises an alert of these brands."""
    gate = lock({pace.brand_id for pace in near.values()}, now, alias)
    told = _told(near, alias)
    alerts = [
        _alert(scope, pace, gate) for scope, pace in near.items() if scope not in told and _wants_alerts(pace, gate)
    ]
    BudgetAlert._base_manager.using(alias).bulk_create(alerts)
    notices.alerts_raised(alias, alerts)
    return len(alerts)


def _wants_alerts(pace: pacing.Pace, gate: Gate) -> bool:
    return pace.brand_id in gate.brands and gate.brands[pace.brand_id].alert_thresholds != ()


def _alert(scope: str, pace: pacing.Pace, gate: Gate) -> BudgetAlert:
    return BudgetAlert(
        kind=AlertKind.FORECAST,
        brand_id=pace.brand_id,
        campaign_id=pace.campaign_id,
        budget=BUDGET_FIELDS[pace.period],
        period_start=pace.period_start,
        spend=pace.spent,
        limit=pace.budget,
        rate_per_hour=pace.rate_per_hour,
        exhausted_at=pace.exhausted_at,
        at=gate.now,
        created_at=gate.now,
        scope=_key(scope),
        dedupe_key=_key(scope),
    )
