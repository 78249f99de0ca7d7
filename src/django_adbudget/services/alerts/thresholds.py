"""Threshold alerts: a row once for each budget, limit value, period and threshold (rule D4)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from ...conf import app_settings
from ...models import Brand, BudgetAlert
from ...rules import from_micros
from .. import notices
from ..chunks import chunks
from ..gate import Gate

# SQLite puts at most 500 SELECTs together.
_ROWS_A_STATEMENT = 400


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
        return scope_of(self.brand_id, self.campaign_id, self.budget, self.limit, self.period_start)


def scope_of(brand_id: int, campaign_id: int | None, budget: str, limit: int, period_start: date) -> str:
    """What alerts have in common whose thresholds are told of once each: a budget, its value and its period."""
    owner = f"b{brand_id}" if campaign_id is None else f"c{campaign_id}"
    return f"{owner}:{budget}:{limit}:{period_start.isoformat()}"


def watch(gate: Gate, budgets: Iterable[Watched]) -> list[BudgetAlert]:
    """Write an alert for each budget that crossed a threshold above those already told of; a budget of 0 has none."""
    watched = [w for w in budgets if w.limit > 0]
    notices.budgets_exhausted(gate, [w for w in watched if w.threshold((100,))])
    crossed = [(w, t) for w in watched if (t := w.threshold(thresholds_of(gate.brands[w.brand_id]))) is not None]
    fresh = (_alert(w, t, gate) for w, t in crossed)
    alerts = [alert for part in chunks(fresh, _ROWS_A_STATEMENT) for alert in _insert_new(gate, part)]
    notices.alerts_raised(gate.alias, alerts)
    return alerts


def thresholds_of(brand: Brand) -> Sequence[int]:
    """The brand's own thresholds, or else those of the setting."""
    return app_settings.ALERT_THRESHOLDS if brand.alert_thresholds is None else brand.alert_thresholds


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
        created_at=gate.now,
        scope=watched.scope,
        dedupe_key=f"{watched.scope}:{threshold}",
    )


def _insert_new(gate: Gate, alerts: list[BudgetAlert]) -> list[BudgetAlert]:
    """Insert, in one statement, the alerts above every threshold already told of; gives those inserted."""
    connection = connections[gate.alias]
    told = BudgetAlert._base_manager.using(gate.alias).filter(dedupe_key__in=[alert.dedupe_key for alert in alerts])
    with connection.cursor() as cursor:
        cursor.execute(*_insert_sql(alerts, connection))
        inserted = cursor.rowcount
    if inserted == 0:
        return []
    # The rows are read only where the count leaves it open which they are.
    keys = None if inserted == len(alerts) else set(told.filter(at=gate.now).values_list("dedupe_key", flat=True))
    return [alert for alert in alerts if keys is None or alert.dedupe_key in keys]


def _insert_sql(alerts: list[BudgetAlert], connection: BaseDatabaseWrapper) -> tuple[str, list[Any]]:
    quote = connection.ops.quote_name
    table = quote(BudgetAlert._meta.db_table)
    fields: list[Any] = [field for field in BudgetAlert._meta.concrete_fields if not field.primary_key]
    columns = ", ".join(quote(field.column) for field in fields)
    row = ", ".join(f"{_typed(field, connection)} AS {quote(field.column)}" for field in fields)
    rows = " UNION ALL ".join([f"SELECT {row}"] * len(alerts))
    scope, threshold = quote("scope"), quote("threshold")
    sql = (
        f"INSERT INTO {table} ({columns}) SELECT {columns} FROM ({rows}) fresh WHERE NOT EXISTS "  # noqa: S608
        f"(SELECT 1 FROM {table} told WHERE told.{scope} = fresh.{scope} AND told.{threshold} >= fresh.{threshold})"
    )
    values = [field.get_db_prep_save(getattr(alert, field.attname), connection) for alert in alerts for field in fields]
    return sql, values


def _typed(field: Any, connection: BaseDatabaseWrapper) -> str:
    """PostgreSQL takes a value in a derived table for text."""
    return f"CAST(%s AS {field.db_type(connection)})" if connection.vendor == "postgresql" else "%s"
