"""The modules that a page of docs/migrating/ prints, its old tables, and what a move left in the ledger."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from types import ModuleType
from typing import Any

from django.db import connection, transaction
from django.db.models import Sum
from hypothesis import strategies as st

from django_adbudget.models import PlatformOrder, SpendRecord
from django_adbudget.services import verify_summaries
from tests.pages import DOCS, blocks

#: A Wednesday; in Kiritimati it is the 12th already.
CUTOVER = datetime(2026, 3, 11, 15, tzinfo=UTC)
#: Up to which a rehearsal moved, in the month before.
REHEARSAL = datetime(2026, 2, 20, 9, 30, tzinfo=UTC)

_minutes = st.integers(-80 * 24 * 60, 2 * 24 * 60) | st.integers(-2 * 24 * 60, 2 * 24 * 60)
instants = _minutes.map(lambda minutes: CUTOVER + timedelta(minutes=minutes))
cents = st.integers(1, 10**9).map(lambda number: Decimal(number).scaleb(-2))

#: What a source says of a campaign and local date: (its external id, source, date) to an amount.
Ledger = dict[tuple[str, str, date], Decimal]


@cache
def modules(page: str) -> tuple[Any, Any]:
    """The old models and the import of a page, which are loaded once: ``oldsys.models``, ``mysite.moving``."""
    names = ["oldsys.models", "mysite.moving"]
    code = {block.module: block.code for block in blocks(DOCS / "migrating" / page)}
    found = [ModuleType(name) for name in names]
    before = {name: sys.modules.get(name) for name in ["oldsys", *names]}
    package = ModuleType("oldsys")
    package.models = found[0]  # type: ignore[attr-defined]
    sys.modules |= {"oldsys": package} | dict(zip(names, found, strict=True))
    try:
        for name, module in zip(names, found, strict=True):
            exec(compile(code[name], f"{page}: {name}", "exec"), vars(module))
    finally:
        for name, module_before in before.items():
            sys.modules.pop(name)
            if module_before is not None:
                sys.modules[name] = module_before
    return found[0], found[1]


@contextmanager
def tables(old: Any) -> Iterator[None]:
    with connection.schema_editor() as schema:
        for table in old.TABLES:
            schema.create_model(table)
    try:
        yield
    finally:
        with connection.schema_editor() as schema:
            for table in reversed(old.TABLES):
                schema.delete_model(table)


@contextmanager
def undone() -> Iterator[None]:
    """Everything within is as if it had not been."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def ledger() -> Ledger:
    rows = SpendRecord.objects.order_by().values_list("campaign__external_id", "source", "spend_date")
    return {(key[0] or "", key[1], key[2]): total for *key, total in rows.annotate(sum=Sum("amount")) if total}


def moved_twice(moving: Any, cutover: datetime = CUTOVER) -> tuple[Any, Ledger]:
    """What a move says, and the ledger after it, which a second move does not change."""
    moved = moving.move(cutover)
    after, count = ledger(), SpendRecord.objects.count()
    again = moving.move(cutover)
    assert again.recorded == 0
    assert (ledger(), SpendRecord.objects.count()) == (after, count)
    assert verify_summaries() == []
    assert not PlatformOrder.objects.exists()
    return moved, after


def of_source(after: Ledger, source: str) -> Decimal:
    return sum((amount for (_, told_by, _), amount in after.items() if told_by == source), Decimal(0))
