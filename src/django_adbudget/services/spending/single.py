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

from ... import signals
from ...models import ArchivedKey, BudgetSummary, Campaign, CampaignSummary, SpendRecord, StatusChange
from ...models.archive import key_digest
from ...models.ledger import Kind
from ...rules import Level, Period
from ...rules.status import period_start
from .. import notices, rows, totals
from ..alerts.thresholds import thresholds_of
from ..facts import BRAND_PERIODS, BUDGET_FIELDS, CAMPAIGN_PERIODS, micros_of
from ..gate import Gate
from . import ledger
from .postings import Posting
from .touched import Spender

#: The totals that a spend adds to, in the order in which the statement returns them.
_TOTALS = [(Level.BRAND, period) for period in BRAND_PERIODS] + [(Level.CAMPAIGN, p) for p in CAMPAIGN_PERIODS]
_FIRST_OF_CAMPAIGN = 1 + len(_TOTALS)


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
    row = _execute(connection, new, posting.micros)
    if row is None:
        return None
    campaign = rows.instance(Campaign, row[_FIRST_OF_CAMPAIGN:], gate.alias)
    if row[0] is None:
        return campaign
    new.pk, new.campaign, new.brand = row[0], campaign, gate.brands[brand_id]
    changes = _consequences(gate, new, campaign, posting.micros, row[1:_FIRST_OF_CAMPAIGN])
    notices.spend_recorded(gate, [new], 0)
    return ledger.Recorded([new], [False], changes)


def _consequences(
    gate: Gate, new: SpendRecord, campaign: Campaign, added: int, spent: tuple[int, ...]
) -> tuple[StatusChange, ...]:
    if _is_quiet(gate, campaign, added, spent):
        return ()
    after = dict(zip(_TOTALS, spent, strict=True))
    return ledger.evaluate_touched(
        gate,
        {campaign.pk: Spender.of(campaign, gate.now)},
        _counted(new, campaign.brand_id, BRAND_PERIODS, Level.BRAND, added, after),
        _counted(new, campaign.pk, CAMPAIGN_PERIODS, Level.CAMPAIGN, added, after),
    )


def _is_quiet(gate: Gate, campaign: Campaign, added: int, spent: tuple[int, ...]) -> bool:
    """Whether this spend can change no status, raise no alert and open no period that anybody wants to hear of.

    It may be called no more often than that is true; most spends are far from every limit, and this is all they need.
    """
    if campaign.next_check_at is not None and campaign.next_check_at <= gate.now:
        return False
    if signals.period_opened.has_listeners(BudgetSummary):
        return False
    brand = gate.brands[campaign.brand_id]
    thresholds = thresholds_of(brand)
    for (level, period), total in zip(_TOTALS, spent, strict=True):
        budget = micros_of(brand if level is Level.BRAND else campaign, BUDGET_FIELDS[period])
        if budget is None:
            continue
        if total >= budget or any((total - added) * 100 < t * budget <= total * 100 for t in thresholds):
            return False
    return True


def _counted(
    new: SpendRecord,
    owner: int,
    periods: tuple[Period, ...],
    level: Level,
    added: int,
    spent: Mapping[tuple[Level, Period], int],
) -> totals.Counted:
    keys = {period: (period, period_start(period, new.spend_date)) for period in periods}
    return totals.Counted(
        {key: {owner: added} for key in keys.values()}, {key: {owner: spent[level, p]} for p, key in keys.items()}
    )


def _execute(connection: BaseDatabaseWrapper, new: SpendRecord, micros: int) -> tuple[Any, ...] | None:
    values = {
        **{column: getattr(new, name) for column, name in _recorded()},
        "amount": micros,
        "kind": Kind.SPEND.value,
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


@lru_cache(maxsize=1)
def _recorded() -> list[tuple[str, str]]:
    """Columns of a record with the names of its attributes."""
    return [(field.column, field.attname) for field in _recorded_fields()]


def _recorded_fields() -> list[Any]:
    return [field for field in SpendRecord._meta.concrete_fields if not field.primary_key]


@lru_cache(maxsize=8)
def _sql(alias: str) -> str:
    connection = connections[alias]
    found = ", ".join(
        f"(SELECT spend FROM {'bt' if level is Level.BRAND else 'ct'} WHERE period = '{period}')"  # noqa: S608
        for level, period in _TOTALS
    )
    return (
        f"WITH c AS (SELECT * FROM {_table(connection, Campaign)} WHERE id = %(campaign_id)s "  # noqa: S608
        f"AND brand_id = %(brand_id)s), rec AS ({_insert(connection)}), "
        f"bt AS ({_add(connection, BudgetSummary, 'brand_id', BRAND_PERIODS)}), "
        f"ct AS ({_add(connection, CampaignSummary, 'campaign_id', CAMPAIGN_PERIODS)}) "
        f"SELECT rec.id, {found}, {rows.columns(Campaign, alias, 'c')} FROM c LEFT JOIN rec ON TRUE"
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
