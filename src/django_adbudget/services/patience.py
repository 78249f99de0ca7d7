"""How long a door waits for a lock that another holds; without ``patience()`` as long as the database likes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar

from django.db import Error, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

_seconds: ContextVar[float | None] = ContextVar("adbudget_patience", default=None)


@contextmanager
def patience(seconds: float) -> Iterator[None]:
    """Within the block a service that waits longer for a lock raises ``OperationalError``, retries included."""
    token = _seconds.set(seconds)
    try:
        yield
    finally:
        _seconds.reset(token)


class Waiting:
    """The time that is left to one call of a service."""

    def __init__(self, seconds: float | None) -> None:
        self._deadline = None if seconds is None else time.monotonic() + seconds

    def is_over(self) -> bool:
        return self._deadline is not None and time.monotonic() >= self._deadline


@contextmanager
def bounded(connection: BaseDatabaseWrapper) -> Iterator[Waiting]:
    """The limit of the block around, set for the connection where a database knows none for a transaction."""
    seconds = _seconds.get()
    with _session(connection, *(("", "") if seconds is None else _of_session(connection, seconds))):
        yield Waiting(seconds)


@contextmanager
def brief(alias: str, seconds: int) -> Iterator[None]:
    """Within the block a read that the database keeps waiting for longer raises ``OperationalError``.

    Inside a transaction of somebody else's its own limits hold.
    """
    connection = connections[alias]
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "postgresql":
        with transaction.atomic(using=alias):
            _execute(connection, f"SELECT set_config('statement_timeout', '{seconds * 1000}', true)")
            yield
    else:
        with _session(connection, *_of_session(connection, seconds, "lock_wait_timeout")):
            yield


@contextmanager
def _session(connection: BaseDatabaseWrapper, before: str, after: str) -> Iterator[None]:
    if before:
        _execute(connection, before)
    try:
        yield
    finally:
        if after:
            # A connection that broke has nothing to put back, and the error that broke it is the one to hear about.
            with suppress(Error):
                _execute(connection, after)


def limit(alias: str) -> tuple[str, list[str]]:
    """A condition, with its parameters, by which a statement that locks sets PostgreSQL's limit (rule H1).

    It holds for the transaction. ``SET LOCAL lock_timeout`` would be one round trip more; a condition is met before
    the row is locked.
    """
    seconds = _seconds.get()
    if seconds is None or connections[alias].vendor != "postgresql":
        return "", []
    return " AND set_config('lock_timeout', %s, true) IS NOT NULL", [str(int(seconds * 1000))]


def _of_session(
    connection: BaseDatabaseWrapper, seconds: float, mysql: str = "innodb_lock_wait_timeout"
) -> tuple[str, str]:
    """The statements that set the limit and put back the one before, if any are needed."""
    if connection.vendor == "mysql":
        name, whole = f"@@SESSION.{mysql}", max(int(seconds), 1)
        return f"SET @adbudget_wait = {name}, {name} = {whole}", f"SET {name} = @adbudget_wait"
    usual = float(connection.settings_dict.get("OPTIONS", {}).get("timeout", 5.0))
    if connection.vendor == "sqlite" and usual > seconds:
        return f"PRAGMA busy_timeout = {int(seconds * 1000)}", f"PRAGMA busy_timeout = {int(usual * 1000)}"
    return "", ""


def _execute(connection: BaseDatabaseWrapper, statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
