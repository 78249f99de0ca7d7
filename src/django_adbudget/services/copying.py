"""New records and changes of status stored: by COPY on PostgreSQL, in a fifth of the time that a statement with their
values takes; by such statements, or by the ORM where somebody wants instances, elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from typing import Any, NamedTuple

from django.db import connections, models
from django.db.backends.base.base import BaseDatabaseWrapper

from ..models import SpendRecord, StatusChange
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
_CHANGE = {
    "campaign_id": "int8",
    **dict.fromkeys(("from_status", "to_status", "reasons", "cause", "actor"), "varchar"),
    "figures": "jsonb",
    "at": "timestamptz",
    "created_at": "timestamptz",
    "updated_at": "timestamptz",
    "id": "int8",
}


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


def insert_changes(changes: Sequence[StatusChange], alias: str) -> None:
    """Insert changes of status; where the database can say so, they have their ids then."""
    connection = connections[alias]
    if len(changes) < _WORTH_IT or not _has_copy(connection):
        StatusChange._base_manager.using(alias).bulk_create(changes)
        return
    _number(changes, connection)
    rows = (
        {**vars(change), "reasons": ",".join(change.reasons), "updated_at": change.created_at} for change in changes
    )
    _copy(StatusChange, _CHANGE, ([row[name] for name in _CHANGE] for row in rows), connection)


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
    types = dict(zip((*NewRecord._fields, "id"), _TYPES, strict=True))
    if not wanted:
        del types["id"]
        _copy(SpendRecord, types, new, connection)
        return []
    records = [row.instance() for row in new]
    _number(records, connection)
    _copy(SpendRecord, types, ((*row, record.pk) for row, record in zip(new, records, strict=True)), connection)
    return records


def _copy(
    model: type[models.Model],
    types: Mapping[str, str],
    rows: Iterable[Sequence[Any]],
    connection: BaseDatabaseWrapper,
) -> None:
    """In binary, which leaves dates and instants as they are: as text they take longer than all the rest."""
    quote = connection.ops.quote_name
    sql = f"COPY {quote(model._meta.db_table)} ({', '.join(map(quote, types))}) FROM STDIN (FORMAT BINARY)"
    # Django wraps the errors of its own cursor's methods, and COPY is none of them.
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.cursor.copy(sql) as into:
        into.set_types(list(types.values()))
        for row in rows:
            into.write_row(row)


def _number(instances: Sequence[models.Model], connection: BaseDatabaseWrapper) -> None:
    """Give instances of one model the ids with which they are about to be stored."""
    table, column = connection.ops.quote_name(instances[0]._meta.db_table), instances[0]._meta.pk.column
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval((SELECT pg_get_serial_sequence(%s, %s)::regclass)) FROM generate_series(1, %s)",
            [table, column, len(instances)],
        )
        for instance, (pk,) in zip(instances, cursor.fetchall(), strict=True):
            instance.pk = pk
            instance._state.adding, instance._state.db = False, connection.alias
