"""The gate: what is read and decided while its brands are locked stays true until commit (rule L4)."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from django.db import OperationalError, connections, router, transaction

from ..models import Brand, Campaign, SpendRecord
from . import rows
from .chunks import chunks, one_of
from .patience import Waiting, bounded, limit

T = TypeVar("T")

ATTEMPTS = 5
_FIRST_PAUSE = 0.02
_RETRYABLE_SQLSTATES = {"40P01", "40001", "55P03"}
# Deadlock, lock time-out, and MariaDB 11's "record has changed since last read".
_RETRYABLE_MYSQL = {1213, 1205, 1020}


@dataclass(frozen=True, slots=True)
class Gate:
    """Locked brands by id, as they are in the database, and the instant for which all under it is decided."""

    alias: str
    now: datetime
    brands: dict[int, Brand]


def ledger_alias() -> str:
    """The database to which the ledger is written; decisions are read there too (rule H1)."""
    return router.db_for_write(SpendRecord)


def in_transaction(work: Callable[[], T], alias: str) -> T:
    """Run ``work`` in a transaction, again after a deadlock, serialisation failure or lock time-out (rule L4c).

    Inside a caller's ``atomic`` it is a savepoint and such an error is raised: only the caller can start again.
    """
    connection = connections[alias]
    outermost = not connection.in_atomic_block
    with bounded(connection) as waiting:
        return _attempts(work, alias, outermost, waiting)


def _attempts(work: Callable[[], T], alias: str, outermost: bool, waiting: Waiting) -> T:
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with transaction.atomic(using=alias):
                return work()
        except OperationalError as error:
            if not outermost or attempt == ATTEMPTS or waiting.is_over() or not is_retryable(error):
                raise
            time.sleep(random.uniform(0.5, 1.0) * _FIRST_PAUSE * 2**attempt)  # noqa: S311  jitter, no secret
    raise AssertionError("the last attempt returns or raises")


def refuse_transaction(alias: str, what: str) -> None:
    """Raise ``RuntimeError`` inside a transaction: a call that takes seconds would keep its locks (rule D2).

    The blocks with which Django's ``TestCase`` surrounds a test are none, as for ``atomic(durable=True)``.
    """
    blocks: list[Any] = connections[alias].atomic_blocks
    if blocks and not blocks[-1]._from_testcase:
        raise RuntimeError(
            f"{what} talks to other people's servers and must not run inside a transaction. Leave it to its periodic "
            "task, or call it by transaction.on_commit()."
        )


def is_retryable(error: OperationalError) -> bool:
    """Whether the database undid the transaction for the sake of another and would take it a second time."""
    cause = error.__cause__
    state = getattr(cause, "sqlstate", None) or getattr(cause, "pgcode", None)
    if state:
        return state in _RETRYABLE_SQLSTATES
    name: str = getattr(cause, "sqlite_errorname", "")
    if name:
        return name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))
    return bool(error.args) and error.args[0] in _RETRYABLE_MYSQL


def lock(brand_ids: Iterable[int], now: datetime, alias: str) -> Gate:
    """Lock brands by ascending id until the transaction ends. Ids that do not exist are left out."""
    parts = chunks(sorted(set(brand_ids)))
    locked = (_locked(alias, *one_of(part, alias)) for part in parts)
    return Gate(alias, now, {brand.pk: brand for brands in locked for brand in brands})


def lock_owners(campaign_ids: Collection[int], now: datetime, alias: str) -> Gate:
    """The same for campaigns' brands, which the statement that locks finds."""
    campaigns = connections[alias].ops.quote_name(Campaign._meta.db_table)
    which, params = one_of(campaign_ids, alias)
    owners = f"IN (SELECT brand_id FROM {campaigns} WHERE id {which})"  # noqa: S608
    return Gate(alias, now, {brand.pk: brand for brand in _locked(alias, owners, params)})


def _locked(alias: str, which: str, params: list[Any]) -> list[Brand]:
    """Every write begins here, and the ORM would take longer over the statement than the database.

    SQLite needs no row lock: its transaction, if IMMEDIATE, is alone from the start.
    """
    connection, (condition, limits) = connections[alias], limit(alias)
    sql = f"SELECT {rows.columns(Brand, alias)} FROM {_table(alias)} WHERE id {which}{condition} ORDER BY id"  # noqa: S608
    if connection.features.has_select_for_update:
        # A plain FOR UPDATE would make every committing spend wait, through its foreign key.
        no_key = connection.features.has_select_for_no_key_update
        sql += f" {connection.ops.for_update_sql(no_key=no_key)}"
    with connection.cursor() as cursor:
        cursor.execute(sql, [*params, *limits])
        return [rows.instance(Brand, row, alias) for row in cursor.fetchall()]


def _table(alias: str) -> str:
    return connections[alias].ops.quote_name(Brand._meta.db_table)
