"""PostgreSQL's way to record one spend: record and totals in a single statement, under the same gate.

What does not fit - a key that was used before, a campaign that was moved, anything to be refused - is left to the
portable way, which finds out why.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from django.db import DataError, connections, models
from django.db.backends.base.base import BaseDatabaseWrapper

from ..models import ArchivedKey, BudgetSummary, Campaign, CampaignSummary, SpendRecord
from ..models.archive import key_digest
from ..models.ledger import Kind
from ..rules import Level, Period, to_micros
from ..rules.status import period_start
from . import ledger, notices, totals
from .facts import BRAND_PERIODS, CAMPAIGN_PERIODS
from .gate import Gate
from .postings import Posting

#: The totals that a spend adds to, in the order in which the statement returns them.
_TOTALS = [(Level.BRAND, period) for period in BRAND_PERIODS] + [(Level.CAMPAIGN, p) for p in CAMPAIGN_PERIODS]


def record(gate: Gate, posting: Posting) -> ledger.Recorded | Campaign | None:
    """What ``ledger.record`` gives for one new spend. Where that has to do it nothing is written: None, or the
    campaign, if it was read under the gate and the key was used before.
    """
    connection = connections[gate.alias]
    if connection.vendor != "postgresql" or posting.kind is not Kind.SPEND or len(gate.brands) != 1:
        return None
    [brand_id] = gate.brands
    try:
        ledger.check_currency(gate, posting, brand_id)
        new = ledger.new_record(gate, posting, brand_id)
    except ValueError:
        return None  # a replay is not refused, so the key is looked up before anybody hears of it (rule L2)
    row = _execute(connection, new)
    if row is None:
        return None
    campaign = _campaign(row[1 + len(_TOTALS) :], gate.alias)
    if row[0] is None:
        return campaign
    new.pk, new.campaign = row[0], campaign
    spent = dict(zip(_TOTALS, row[1:], strict=False))
    changes = ledger.evaluate_touched(
        gate,
        {campaign.pk: campaign},
        _counted(new, brand_id, BRAND_PERIODS, Level.BRAND, spent),
        _counted(new, campaign.pk, CAMPAIGN_PERIODS, Level.CAMPAIGN, spent),
    )
    notices.spend_recorded(gate, [new], 0)
    return ledger.Recorded([new], [False], changes)


def _counted(
    new: SpendRecord, owner: int, periods: tuple[Period, ...], level: Level, spent: Mapping[tuple[Level, Period], int]
) -> totals.Counted:
    keys = {period: (owner, period, period_start(period, new.spend_date)) for period in periods}
    added = to_micros(new.amount)
    counted = totals.Counted(dict.fromkeys(keys.values(), added), {key: spent[level, p] for p, key in keys.items()})
    totals.check(CampaignSummary if level is Level.CAMPAIGN else BudgetSummary, counted.after)
    return counted


def _execute(connection: BaseDatabaseWrapper, new: SpendRecord) -> tuple[Any, ...] | None:
    values = {
        **{f.column: f.get_db_prep_save(getattr(new, f.attname), connection) for f in _recorded_fields()},
        "digest": key_digest(new.idempotency_key),
        "today": new.spend_date,
        "month": period_start(Period.MONTH, new.spend_date),
        "ever": period_start(Period.TOTAL, new.spend_date),
    }
    with connection.cursor() as cursor:
        try:
            cursor.execute(_sql(connection.alias), values)
        except DataError as error:
            raise totals.too_large() from error
        row: tuple[Any, ...] | None = cursor.fetchone()
    return row


def _campaign(columns: tuple[Any, ...], alias: str) -> Campaign:
    return Campaign.from_db(alias, [f.attname for f in _campaign_fields()], _from_db(columns, alias))


def _from_db(columns: tuple[Any, ...], alias: str) -> list[Any]:
    """Values as the ORM would read them: each through its field's converters."""
    connection = connections[alias]
    values = list(columns)
    for at, converters, expression in _converters(alias):
        for convert in converters:
            values[at] = convert(values[at], expression, connection)
    return values


@lru_cache(maxsize=8)
def _converters(alias: str) -> list[tuple[int, list[Any], Any]]:
    connection = connections[alias]
    found = []
    for at, field in enumerate(_campaign_fields()):
        expression = field.get_col(Campaign._meta.db_table)
        converters = connection.ops.get_db_converters(expression) + field.get_db_converters(connection)
        if converters:
            found.append((at, converters, expression))
    return found


def _recorded_fields() -> list[Any]:
    return [field for field in SpendRecord._meta.concrete_fields if not field.primary_key]


def _campaign_fields() -> list[Any]:
    return list(Campaign._meta.concrete_fields)


@lru_cache(maxsize=8)
def _sql(alias: str) -> str:
    connection = connections[alias]
    columns = ", ".join(f"c.{_quoted(connection, field.column)}" for field in _campaign_fields())
    found = ", ".join(
        f"(SELECT spend FROM {'bt' if level is Level.BRAND else 'ct'} WHERE period = '{period}')"  # noqa: S608
        for level, period in _TOTALS
    )
    return (
        f"WITH c AS (SELECT * FROM {_table(connection, Campaign)} WHERE id = %(campaign_id)s "  # noqa: S608
        f"AND brand_id = %(brand_id)s), rec AS ({_insert(connection)}), "
        f"bt AS ({_add(connection, BudgetSummary, 'brand_id', BRAND_PERIODS)}), "
        f"ct AS ({_add(connection, CampaignSummary, 'campaign_id', CAMPAIGN_PERIODS)}) "
        f"SELECT rec.id, {found}, {columns} FROM c LEFT JOIN rec ON TRUE"
    )


def _insert(connection: BaseDatabaseWrapper) -> str:
    fields = _recorded_fields()
    names = ", ".join(_quoted(connection, field.column) for field in fields)
    values = ", ".join(f"CAST(%({field.column})s AS {field.db_type(connection)})" for field in fields)
    table = _table(connection, SpendRecord)
    return (
        f"INSERT INTO {table} ({names}) SELECT {values} FROM c WHERE NOT EXISTS "  # noqa: S608
        f"(SELECT 1 FROM {_table(connection, ArchivedKey)} WHERE brand_id = %(brand_id)s AND digest = %(digest)s) "
        "ON CONFLICT (brand_id, idempotency_key) DO NOTHING RETURNING id"
    )


_STARTS = {Period.DAY: "today", Period.MONTH: "month", Period.TOTAL: "ever"}


def _add(connection: BaseDatabaseWrapper, model: type[models.Model], owner: str, periods: tuple[Period, ...]) -> str:
    rows = ", ".join(f"('{period}', CAST(%({_STARTS[period]})s AS date))" for period in periods)
    table = _table(connection, model)
    return (
        f"INSERT INTO {table} ({owner}, period, start, spend, created_at, updated_at) "  # noqa: S608
        f"SELECT %({owner})s, p.period, p.start, %(amount)s, r.created_at, r.created_at "
        f"FROM (SELECT CAST(%(created_at)s AS timestamptz) AS created_at FROM rec) r, "
        f"(VALUES {rows}) p (period, start) "
        f"ON CONFLICT ({owner}, period, start) DO UPDATE "
        f"SET spend = {table}.spend + excluded.spend, updated_at = excluded.updated_at RETURNING period, spend"
    )


def _table(connection: BaseDatabaseWrapper, model: type[models.Model]) -> str:
    return _quoted(connection, model._meta.db_table)


def _quoted(connection: BaseDatabaseWrapper, name: str) -> str:
    return connection.ops.quote_name(name)
