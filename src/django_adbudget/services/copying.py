"""New records stored: by COPY on PostgreSQL, in a fifth of the time that a statement with their values takes; by such
statements elsewhere; by the ORM where somebody wants instances of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from functools import cache
from typing import Any, NamedTuple

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from ..models import SpendRecord
from ..rules import from_micros
from .chunks import chunks

#: Fewer records are sooner inserted than two statements are sent.
_WORTH_IT = 50
_ROWS_A_STATEMENT = 1_000


class NewRecord(NamedTuple):
    """A record yet to be stored: its columns, but for the id, as the database takes them; money in micro-units.

    An instance of the model takes longer to make than its row takes to store, and few batches have anybody who looks.
    """

    brand_id: int
    campaign_id: int
    amount: int
    kind: str
    spend_datetime: datetime
    spend_date: date
    at_given: bool
    idempotency_key: str
    source: str
    description: str
    corrects_id: int | None
    created_at: datetime

    def instance(self) -> SpendRecord:
        return SpendRecord(**{**self._asdict(), "amount": from_micros(self.amount)})


#: PostgreSQL's types of these columns, and of the id after them.
_TYPES = (
    *("int8", "int8", "int8", "varchar", "timestamptz", "date", "bool", "varchar", "varchar", "text", "int8"),
    *("timestamptz", "int8"),
)


def insert(new: Sequence[NewRecord], alias: str, *, wanted: bool) -> list[SpendRecord]:
    """Insert new records; gives them with their ids where they are wanted.

    Only under the gate of all their brands, where it is known that their keys are new.
    """
    connection = connections[alias]
    if len(new) >= _WORTH_IT and _has_copy(connection):
        return _copied(new, connection, wanted=wanted)
    if not wanted:
        _insert_values(new, connection)
        return []
    records = [row.instance() for row in new]
    SpendRecord._base_manager.using(alias).bulk_create(records)
    return records


def _insert_values(new: Sequence[NewRecord], connection: BaseDatabaseWrapper) -> None:
    """What ``bulk_create()`` does, without asking thirteen fields of each record how to store them."""
    quote, most = connection.ops.quote_name, connection.features.max_query_params
    columns = ", ".join(map(quote, NewRecord._fields))
    insert = f"INSERT INTO {quote(SpendRecord._meta.db_table)} ({columns}) VALUES "  # noqa: S608
    holes = f"({', '.join(['%s'] * len(NewRecord._fields))})"
    instant, day = cache(connection.ops.adapt_datetimefield_value), cache(connection.ops.adapt_datefield_value)
    with connection.cursor() as cursor:
        for part in chunks(new, _ROWS_A_STATEMENT if most is None else most // len(NewRecord._fields)):
            rows = (
                (*row[:4], instant(row.spend_datetime), day(row.spend_date), *row[6:-1], instant(row.created_at))
                for row in part
            )
            cursor.execute(insert + ", ".join([holes] * len(part)), [value for row in rows for value in row])


def _has_copy(connection: BaseDatabaseWrapper) -> bool:
    if connection.vendor != "postgresql":
        return False
    with connection.cursor() as cursor:
        return hasattr(cursor.cursor, "copy")  # psycopg 2 has another


def _copied(new: Sequence[NewRecord], connection: BaseDatabaseWrapper, *, wanted: bool) -> list[SpendRecord]:
    if not wanted:
        _copy(NewRecord._fields, new, connection)
        return []
    records, ids = [row.instance() for row in new], _new_ids(connection, len(new))
    for record, pk in zip(records, ids, strict=True):
        record.pk = pk
        record._state.adding, record._state.db = False, connection.alias
    _copy((*NewRecord._fields, "id"), ((*row, pk) for row, pk in zip(new, ids, strict=True)), connection)
    return records


def _copy(names: Sequence[str], rows: Iterable[Sequence[Any]], connection: BaseDatabaseWrapper) -> None:
    """In binary, which leaves dates and instants as they are: as text they take longer than all the rest."""
    quote = connection.ops.quote_name
    sql = f"COPY {quote(SpendRecord._meta.db_table)} ({', '.join(map(quote, names))}) FROM STDIN (FORMAT BINARY)"
    # Django wraps the errors of its own cursor's methods, and COPY is none of them.
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.cursor.copy(sql) as into:
        into.set_types(_TYPES[: len(names)])
        for row in rows:
            into.write_row(row)


def _new_ids(connection: BaseDatabaseWrapper, count: int) -> list[int]:
    table, column = connection.ops.quote_name(SpendRecord._meta.db_table), SpendRecord._meta.pk.column
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval((SELECT pg_get_serial_sequence(%s, %s)::regclass)) FROM generate_series(1, %s)",
            [table, column, count],
        )
        return [pk for (pk,) in cursor.fetchall()]
