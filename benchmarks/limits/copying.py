"""Rows alone: into a table with the ledger's indexes and nothing else, by the fastest that the database has."""

from __future__ import annotations

from typing import Any

from benchmarks.data import NOW, TODAY, connection
from django_adbudget.models import SpendRecord

_TABLE = "copied_ledger"
_COLUMNS = (
    *("brand_id", "campaign_id", "amount", "kind", "spend_datetime", "spend_date", "at_given", "idempotency_key"),
    *("source", "description", "created_at"),
)


def make_table() -> None:
    source = SpendRecord._meta.db_table
    with connection().cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {_TABLE}")
        if connection().vendor == "postgresql":
            cursor.execute(f"CREATE TABLE {_TABLE} (LIKE {source} INCLUDING ALL)")
            return
        cursor.execute("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = %s", [source])
        cursor.execute(cursor.fetchone()[0].replace(f'"{source}"', f'"{_TABLE}"', 1))
        cursor.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = %s AND sql > ''", [source]
        )
        for name, sql in cursor.fetchall():
            cursor.execute(sql.replace(f'"{name}"', f'"copied_{name}"', 1).replace(f'"{source}"', f'"{_TABLE}"', 1))


def rows(count: int, campaigns: int, a_brand: int, turn: str) -> list[tuple[Any, ...]]:
    for_sqlite = connection().vendor == "sqlite"
    at = NOW.replace(tzinfo=None).isoformat(" ") if for_sqlite else NOW
    return [
        (
            n % campaigns // a_brand + 1,
            n % campaigns + 1,
            1_000_000,
            "SPEND",
            at,
            TODAY,
            True,
            f"{turn}-{n}",
            "",
            "",
            at,
        )
        for n in range(count)
    ]


def copy(made: list[tuple[Any, ...]]) -> None:
    """COPY, one transaction."""
    with connection().cursor() as cursor:
        wrapped = cursor.cursor
        with wrapped.copy(f"COPY {_TABLE} ({', '.join(_COLUMNS)}) FROM STDIN") as into:
            for row in made:
                into.write_row(row)


def execute_many(made: list[tuple[Any, ...]]) -> None:
    """SQLite's ``executemany``, one transaction."""
    from django.db import transaction

    holes = ", ".join("?" * len(_COLUMNS))
    with transaction.atomic(using=connection().alias):
        connection().connection.executemany(f"INSERT INTO {_TABLE} ({', '.join(_COLUMNS)}) VALUES ({holes})", made)
