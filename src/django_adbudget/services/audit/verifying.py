"""Totals held against the ledger, and mended (rule L5)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from ...clock import instant
from ...models import Brand, BudgetSummary, Campaign, CampaignSummary, LedgerArchive, SpendRecord
from ...models.history import Cause
from ...rules import Level, Period, from_micros, to_micros
from .. import totals
from ..chunks import chunks
from ..enforcement import evaluating
from ..facts import BRAND_PERIODS, CAMPAIGN_PERIODS
from ..gate import in_transaction, ledger_alias, lock
from ..results import Difference

_BRANDS_A_CHUNK = 200


def verify_summaries(*, brands: Iterable[Brand | int] | None = None) -> list[Difference]:
    """Totals that are not what the ledger says, to the micro-unit; one statement for a chunk of brands (rule L5)."""
    alias = ledger_alias()
    return [difference for ids in _chunks(brands, alias) for difference in _differences(ids, alias)]


def rebuild_summaries(*, brands: Iterable[Brand | int] | None = None, now: datetime | None = None) -> int:
    """Set wrong totals to what the ledger says, under the gate, and evaluate their brands; gives how many (rule L5)."""
    alias, at = ledger_alias(), instant(now)
    wrong = sorted({difference.brand_id for difference in verify_summaries(brands=brands)})
    return sum(_rebuild(brand_id, at, alias) for brand_id in wrong)


def _chunks(brands: Iterable[Brand | int] | None, alias: str) -> Iterator[list[int]]:
    if brands is None:
        ids = list(Brand._base_manager.using(alias).order_by("pk").values_list("pk", flat=True))
    else:
        ids = sorted({b.pk if isinstance(b, Brand) else b for b in brands})
    return chunks(ids, _BRANDS_A_CHUNK)


def _differences(brand_ids: list[int], alias: str) -> list[Difference]:
    connection = connections[alias]
    sql, params = _audit_sql(brand_ids, connection)
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        rows = cursor.fetchall()
    return [_difference(*row) for row in rows]


def _difference(
    level: str, brand_id: int, owner_id: int, period: str, start: Any, ledger: Any, summary: Any
) -> Difference:
    return Difference(
        brand_id=brand_id,
        campaign_id=owner_id if level == Level.CAMPAIGN else None,
        period=Period(period),
        start=_as_date(start),
        ledger=from_micros(int(ledger)),
        summary=from_micros(int(summary)),
    )


Sql = tuple[str, list[Any]]


def _audit_sql(brand_ids: list[int], connection: BaseDatabaseWrapper) -> Sql:
    """Ledger and totals beside each other, summed by what they should agree on: one statement sees one moment."""
    names = _names(connection) | {"among": f"brand_id IN ({', '.join(['%s'] * len(brand_ids))})"}
    kept, kept_params = _kept_sql(names, brand_ids)
    ledger, ledger_params = _ledger_sql(connection)
    sql = (
        "SELECT level, brand, owner, period_name, first, SUM(ledger), SUM(summary) "  # noqa: S608
        f"FROM (WITH {kept} {ledger} UNION ALL {_totals_sql(names)}) entries "
        "GROUP BY level, brand, owner, period_name, first "
        "HAVING SUM(ledger) <> SUM(summary) ORDER BY level, brand, owner, period_name, first"
    )
    return sql, [*kept_params, *ledger_params, *brand_ids, *brand_ids]


def _names(connection: BaseDatabaseWrapper) -> dict[str, str]:
    """Tables and columns, quoted."""
    tables = {
        "spend": SpendRecord,
        "campaign": Campaign,
        "archive": LedgerArchive,
        "brand_total": BudgetSummary,
        "campaign_total": CampaignSummary,
    }
    columns = {"period": "period", "start": "start", "total": "spend"}
    quoted = {name: model._meta.db_table for name, model in tables.items()} | columns
    return {name: connection.ops.quote_name(given) for name, given in quoted.items()}


def _kept_sql(names: dict[str, str], brand_ids: list[int]) -> Sql:
    """What the ledger says of each day: records, and where they are archived the campaigns' totals in their place.

    Summed by days before it is counted for each period, so that the lines to count are days, not records.
    """
    sql = (
        "horizon AS (SELECT brand_id, MAX(first_kept) AS day FROM {archive} WHERE {among} GROUP BY brand_id), "
        "kept AS (SELECT r.brand_id, r.campaign_id, r.spend_date, SUM(r.amount) AS amount FROM {spend} r "
        "LEFT JOIN horizon h ON h.brand_id = r.brand_id WHERE r.{among} AND (h.day IS NULL OR r.spend_date >= h.day) "
        "GROUP BY r.brand_id, r.campaign_id, r.spend_date "
        "UNION ALL SELECT c.brand_id, s.campaign_id, s.{start}, s.{total} FROM {campaign_total} s "
        "JOIN {campaign} c ON c.id = s.campaign_id JOIN horizon h ON h.brand_id = c.brand_id "
        "WHERE s.{period} = 'DAY' AND s.{start} < h.day)"
    )
    return sql.format(**names), [*brand_ids, *brand_ids]


def _ledger_sql(connection: BaseDatabaseWrapper) -> Sql:
    """A line for each day and each total that it belongs to."""
    month, month_params = connection.ops.date_trunc_sql("month", "spend_date", ())
    epoch = "'1970-01-01'"
    if connection.vendor != "sqlite":
        month, epoch = f"CAST({month} AS date)", f"CAST({epoch} AS date)"
    firsts = {Period.DAY: ("spend_date", ()), Period.MONTH: (month, month_params), Period.TOTAL: (epoch, ())}
    owners = [(Level.BRAND, "brand_id", BRAND_PERIODS), (Level.CAMPAIGN, "campaign_id", CAMPAIGN_PERIODS)]
    lines = [(level, owner, period) for level, owner, periods in owners for period in periods]
    sql = " UNION ALL ".join(
        f"SELECT '{level}' AS level, brand_id AS brand, {owner} AS owner, '{period}' AS period_name, "  # noqa: S608
        f"{firsts[period][0]} AS first, amount AS ledger, 0 AS summary FROM kept"
        for level, owner, period in lines
    )
    return sql, [param for _, _, period in lines for param in firsts[period][1]]


def _totals_sql(names: dict[str, str]) -> str:
    return (  # noqa: S608
        "SELECT 'BRAND', brand_id, brand_id, {period}, {start}, 0, {total} FROM {brand_total} WHERE {among} "
        "UNION ALL SELECT 'CAMPAIGN', c.brand_id, s.campaign_id, s.{period}, s.{start}, 0, s.{total} "
        "FROM {campaign_total} s JOIN {campaign} c ON c.id = s.campaign_id WHERE c.{among}"
    ).format(**names)


def _as_date(value: Any) -> date:
    if isinstance(value, str):
        return date.fromisoformat(value[:10])
    return value.date() if isinstance(value, datetime) else value


def _rebuild(brand_id: int, now: datetime, alias: str) -> int:
    """What is wrong is read once more under the gate, which nobody holds longer than one brand needs."""

    def work() -> int:
        gate = lock([brand_id], now, alias)
        differences = _differences([brand_id], alias)
        _mend(differences, now, alias)
        campaigns = Campaign._base_manager.using(alias).filter(brand=brand_id)
        evaluating.evaluate(gate, campaigns, Cause.REBUILD)
        return len(differences)

    return in_transaction(work, alias)


def _mend(differences: list[Difference], now: datetime, alias: str) -> None:
    for model, level in ((BudgetSummary, Level.BRAND), (CampaignSummary, Level.CAMPAIGN)):
        deltas: dict[tuple[Period, date], dict[int, int]] = defaultdict(dict)
        for found in differences:
            if (found.campaign_id is None) is (level is Level.BRAND):
                owner = found.campaign_id or found.brand_id
                deltas[found.period, found.start][owner] = to_micros(found.ledger - found.summary)
        totals.add(model, deltas, now, alias)
