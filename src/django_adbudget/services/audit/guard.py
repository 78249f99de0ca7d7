"""The ledger's guard: triggers that refuse to change it, and the one door past them (rule L1)."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime

from django.db import connections, router, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from ...clock import instant
from ...models import LedgerOpening, SpendRecord
from ..gate import ledger_alias

logger = logging.getLogger(__name__)

_PREFIX = "adbudget_append_only"
_DOOR = "django_adbudget.ledger_open"
_REFUSAL = "the spend ledger is append-only"


@contextmanager
def ledger_open(reason: str, *, actor: str = "", now: datetime | None = None) -> Iterator[None]:
    """The one door past the append-only rule, for archive, redaction and clearing; it leaves a ``LedgerOpening``.

    Opens a transaction in which the database lets ``_base_manager`` and raw SQL change records.
    """
    alias = ledger_alias()
    connection = connections[alias]
    with transaction.atomic(using=alias), _door(alias) as is_outermost:
        LedgerOpening._base_manager.using(alias).create(reason=reason, actor=actor, at=instant(now))
        logger.warning("the ledger was opened: %s", reason, extra={"actor": actor})
        if is_outermost:
            _unlock(connection)
        yield
        if is_outermost:
            _lock_again(connection)


_open_doors: ContextVar[frozenset[str]] = ContextVar("adbudget_open_doors", default=frozenset())


@contextmanager
def _door(alias: str) -> Iterator[bool]:
    """Whether it is the outermost, which alone unlocks and locks again."""
    open_before = _open_doors.get()
    token = _open_doors.set(open_before | {alias})
    try:
        yield alias not in open_before
    finally:
        _open_doors.reset(token)


def install_triggers(alias: str) -> None:
    """Put the ledger's triggers in place, if the ledger is in this database (rule L1)."""
    connection = connections[alias]
    if not router.allow_migrate_model(alias, SpendRecord):
        return
    with connection.cursor() as cursor:
        if SpendRecord._meta.db_table in connection.introspection.table_names(cursor):
            for statement in _trigger_sql(connection):
                cursor.execute(statement)


def triggers_missing(alias: str) -> bool:
    """Whether the database would let somebody change a record. MySQL has no such triggers."""
    connection = connections[alias]
    table = SpendRecord._meta.db_table
    queries = {
        "postgresql": (
            "SELECT count(*) FROM pg_trigger WHERE tgname = %s AND tgrelid = to_regclass(%s) AND tgenabled <> 'D'",
            [_PREFIX, connection.ops.quote_name(table)],
        ),
        "sqlite": (
            "SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND name = %s AND tbl_name = %s",
            [_trigger_name(connection), table],
        ),
    }
    if connection.vendor not in queries:
        return False
    with connection.cursor() as cursor:
        if table not in connection.introspection.table_names(cursor):
            return False
        sql, params = queries[connection.vendor]
        cursor.execute(sql, params)
        row = cursor.fetchone()
    return not row[0]


def _trigger_name(connection: BaseDatabaseWrapper) -> str:
    return f"{_PREFIX}_{SpendRecord._meta.db_table}" if connection.vendor == "sqlite" else _PREFIX


def _trigger_sql(connection: BaseDatabaseWrapper) -> list[str]:
    quote = connection.ops.quote_name
    table, name = quote(SpendRecord._meta.db_table), quote(_trigger_name(connection))
    if connection.vendor == "sqlite":
        return [
            f"DROP TRIGGER IF EXISTS {name}",
            f"CREATE TRIGGER {name} BEFORE UPDATE ON {table} BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END",
        ]
    if connection.vendor == "postgresql":
        return [
            f"""CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF current_setting('{_DOOR}', true) = 'on' THEN
                    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
                END IF;
                RAISE EXCEPTION '{_REFUSAL}' USING ERRCODE = 'restrict_violation';
            END $$""",
            f"DROP TRIGGER IF EXISTS {name} ON {table}",
            f"CREATE TRIGGER {name} BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()",
        ]
    return []


def _unlock(connection: BaseDatabaseWrapper) -> None:
    """PostgreSQL's triggers ask a setting of this transaction; SQLite's are taken away within it."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT set_config(%s, 'on', true)", [_DOOR])
        elif connection.vendor == "sqlite":
            cursor.execute(_trigger_sql(connection)[0])


def _lock_again(connection: BaseDatabaseWrapper) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT set_config(%s, 'off', true)", [_DOOR])
        elif connection.vendor == "sqlite":
            cursor.execute(_trigger_sql(connection)[1])
