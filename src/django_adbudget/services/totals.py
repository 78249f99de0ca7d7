"""Totals of periods, incremented in SQL (rule L4b)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import DataError, IntegrityError, connections, models
from django.db.backends.base.base import BaseDatabaseWrapper

from ..exceptions import InvalidAmount
from ..models import BudgetSummary, CampaignSummary
from ..rules import Period
from ..rules.money import MAX_TOTAL_MICROS
from .chunks import chunks
from .facts import micros

#: (id of the brand or campaign, period, first local date)
Key = tuple[int, Period, date]
_COLUMNS = 6
_ROWS_A_STATEMENT = 5_000
_ROWS_OF_POSTGRESQL = 50_000
_MYSQL_OUT_OF_RANGE = 1690


@dataclass(frozen=True, slots=True)
class Counted:
    """Micro-units added to totals, and the totals after."""

    added: Mapping[Key, int]
    after: Mapping[Key, int]


_PERIODS = {period.value: period for period in Period}
OWNERS: Mapping[type[models.Model], str] = {BudgetSummary: "brand_id", CampaignSummary: "campaign_id"}


def add(
    model: type[BudgetSummary] | type[CampaignSummary], deltas: Mapping[Key, int], now: datetime, alias: str
) -> dict[Key, int]:
    """Add micro-units to totals, opening the rows that are missing; gives the totals after.

    Raises ``InvalidAmount`` if one would pass BIGINT (rule M2).
    """
    if any(abs(delta) > MAX_TOTAL_MICROS for delta in deltas.values()):
        raise too_large()
    connection = connections[alias]
    add_some = _add_arrays if connection.vendor == "postgresql" else _add_rows
    after: dict[Key, int] = {}
    for rows in chunks(deltas.items(), _rows_a_statement(connection)):
        try:
            found = add_some(model, rows, now, connection)
        except (DataError, IntegrityError) as error:
            # Django takes MySQL's "out of range" for an IntegrityError.
            if isinstance(error, IntegrityError) and error.args[0] != _MYSQL_OUT_OF_RANGE:
                raise
            raise too_large() from error
        after.update({(owner, _PERIODS[period], start): total for owner, period, start, total in found})
    check(model, after)
    return after


def too_large(name: str = "a total") -> InvalidAmount:
    return InvalidAmount(f"{name} would be larger than a ledger can hold")


def check(model: type[BudgetSummary] | type[CampaignSummary], after: Mapping[Key, int]) -> None:
    """Raise ``InvalidAmount`` for a total that is too large: SQLite goes over to floating point (rule M2)."""
    for (owner, period, start), total in after.items():
        if abs(total) > MAX_TOTAL_MICROS:
            raise too_large(f"the {period} total from {start} of {OWNERS[model].removesuffix('_id')} {owner}")


def _rows_a_statement(connection: BaseDatabaseWrapper) -> int:
    if connection.vendor == "postgresql":
        return _ROWS_OF_POSTGRESQL
    most: int | None = connection.features.max_query_params
    return _ROWS_A_STATEMENT if most is None else most // _COLUMNS


def _add_arrays(
    model: type[models.Model], rows: Sequence[tuple[Key, int]], now: datetime, connection: BaseDatabaseWrapper
) -> Sequence[tuple[Any, ...]]:
    """PostgreSQL's way: a text for each column takes it a third of the time of a value for each field."""
    types = ("bigint", "varchar", "date", "bigint")
    columns = [*([str(key[n]) for key, _ in rows] for n in range(3)), [str(delta) for _, delta in rows]]
    arrays = ", ".join(f"CAST(%s AS {name}[])" for name in types)
    source = f"SELECT *, CAST(%s AS timestamptz), CAST(%s AS timestamptz) FROM unnest({arrays})"  # noqa: S608
    params: list[Any] = [now, now, *(f"{{{','.join(column)}}}" for column in columns)]
    with connection.cursor() as cursor:
        cursor.execute(_upsert_sql(model, source, connection), params)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def _add_rows(
    model: type[models.Model], rows: Sequence[tuple[Key, int]], now: datetime, connection: BaseDatabaseWrapper
) -> Iterable[tuple[Any, ...]]:
    at = connection.ops.adapt_datetimefield_value(now)
    dates = {key[2]: connection.ops.adapt_datefield_value(key[2]) for key, _ in rows}
    params = [
        value
        for (owner, period, start), delta in sorted(rows)
        for value in (owner, period.value, dates[start], delta, at, at)
    ]
    sql = _upsert_sql(model, f"VALUES {', '.join(['(%s, %s, %s, %s, %s, %s)'] * len(rows))}", connection)
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        if not connection.features.can_return_rows_from_bulk_insert:
            return _select(model, rows, connection.alias)
        return [(owner, period, _as_date(start), total) for owner, period, start, total in cursor.fetchall()]


def _upsert_sql(model: type[models.Model], source: str, connection: BaseDatabaseWrapper) -> str:
    """Adds the rows of ``source`` to totals; gives them after, where the database returns rows."""
    quote = connection.ops.quote_name
    table = quote(model._meta.db_table)
    columns = [quote(name) for name in (OWNERS[model], "period", "start", "spend", "created_at", "updated_at")]
    owner, period, start, spend, _, updated = columns
    insert = f"INSERT INTO {table} ({', '.join(columns)}) {source}"
    if connection.vendor == "mysql":
        sql = (
            f"{insert} ON DUPLICATE KEY UPDATE {spend} = {table}.{spend} + VALUES({spend}), "
            f"{updated} = VALUES({updated})"
        )
    else:
        sql = (
            f"{insert} ON CONFLICT ({owner}, {period}, {start}) DO UPDATE "
            f"SET {spend} = {table}.{spend} + excluded.{spend}, {updated} = excluded.{updated}"
        )
    if connection.features.can_return_rows_from_bulk_insert:
        sql += f" RETURNING {owner}, {period}, {start}, {spend}"
    return sql


def _select(model: type[models.Model], rows: Sequence[tuple[Key, int]], alias: str) -> Iterable[tuple[Any, ...]]:
    """The same totals where the database does not return them; some more, which are dropped."""
    wanted = {key for key, _ in rows}
    owner = OWNERS[model]
    found = model._base_manager.using(alias).filter(
        **{f"{owner}__in": {key[0] for key in wanted}},
        period__in={key[1] for key in wanted},
        start__in={key[2] for key in wanted},
    )
    for row in found.values_list(owner, "period", "start", micros("spend")):
        if (row[0], Period(row[1]), row[2]) in wanted:
            yield row


def _as_date(value: date | str) -> date:
    return date.fromisoformat(value) if isinstance(value, str) else value
