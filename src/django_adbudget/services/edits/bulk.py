"""Edits of many rows at once: what saving each would do, in statements that do not grow with their number.

History, alerts, evaluation and locks are those of ``editing()`` (rules L4, S4). As with ``QuerySet.update()``,
Django's ``pre_save`` and ``post_save`` are not sent.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connections
from django.db.models import F, Func, QuerySet

from ...exceptions import AdBudgetError
from ...models import Brand, BudgetChange, Campaign
from ...rules import Level, Period
from ..chunks import chunks
from ..facts import BUDGET_FIELDS
from ..gate import in_transaction, ledger_alias
from .saves import change_of
from .session import Edit, editing, joined

_MODELS: dict[Level, type[Brand] | type[Campaign]] = {Level.BRAND: Brand, Level.CAMPAIGN: Campaign}
#: Values for which a statement each is less work than one that names each row's.
_FEW_VALUES = 20
_ROWS_A_STATEMENT = 500


class Outdated(AdBudgetError):
    """Rows are no longer as the caller saw them: ``found`` has what they hold now, by id. Nothing was written."""

    def __init__(self, found: Mapping[int, Any]) -> None:
        super().__init__(f"{len(found)} rows have changed since they were read: {sorted(found)[:10]}")
        self.found = found


@dataclass(frozen=True, slots=True)
class Edited:
    """Ids of rows that were changed, and of those that held the value already. Rows that are gone are in neither."""

    changed: tuple[int, ...]
    unchanged: tuple[int, ...]


def switch_many(
    level: Level, ids: Collection[int], is_active: bool, *, actor: str | None = None, now: datetime | None = None
) -> Edited:
    """Switch brands or campaigns on or off."""
    return _set(level, "is_active", dict.fromkeys(ids, is_active), None, actor, now)


def set_budgets(
    level: Level,
    period: Period,
    budgets: Mapping[int, Decimal | None],
    *,
    seen: Mapping[int, Decimal | None] | None = None,
    actor: str | None = None,
    now: datetime | None = None,
) -> Edited:
    """Set one budget of brands or campaigns, by id; None takes the limit away.

    With ``seen``, the budgets that the caller decided on, nothing is written unless they are still in force: raises
    ``Outdated``.
    """
    return _set(level, BUDGET_FIELDS[period], budgets, seen, actor, now)


class _Row(NamedTuple):
    pk: int
    brand_id: int
    value: Any


def _set(
    level: Level,
    field: str,
    values: Mapping[int, Any],
    seen: Mapping[int, Any] | None,
    actor: str | None,
    now: datetime | None,
) -> Edited:
    def work() -> Edited:
        owners = owners_of(level, values)
        with editing(*set(owners.values()), actor=actor, now=now), joined() as edit:
            rows = list(_rows(level, owners, field))
            check_seen(seen, {row.pk: row.value for row in rows})
            changed = [row for row in rows if row.value != values[row.pk]]
            _write(edit, level, field, changed, values)
        moved = {row.pk for row in changed}
        return Edited(tuple(moved), tuple(row.pk for row in rows if row.pk not in moved))

    return in_transaction(work, ledger_alias())


def _write(edit: Edit, level: Level, field: str, changed: list[_Row], values: Mapping[int, Any]) -> None:
    _update(edit, _MODELS[level], field, {row.pk: values[row.pk] for row in changed})
    _note(edit, level, field, changed, values)
    (edit.brands if level is Level.BRAND else edit.campaigns).update(row.pk for row in changed)
    if field in BUDGET_FIELDS.values():
        edit.budgets.update((level, row.pk, field) for row in changed)


def _note(edit: Edit, level: Level, field: str, changed: list[_Row], values: Mapping[int, Any]) -> None:
    by_change: dict[tuple[Any, Any], list[int]] = defaultdict(list)
    for row in changed:
        by_change[row.value, values[row.pk]].append(row.pk)
    if len(by_change) <= _FEW_VALUES:
        for (before, after), ids in by_change.items():
            for part in chunks(ids):
                _note_same(edit, level, part, change_of(edit, 0, None, field, before, after))
        return
    is_brand = level is Level.BRAND
    history = [
        change_of(edit, row.brand_id, None if is_brand else row.pk, field, row.value, values[row.pk]) for row in changed
    ]
    BudgetChange._base_manager.using(edit.alias).bulk_create(history, _ROWS_A_STATEMENT)


def _note_same(edit: Edit, level: Level, ids: list[int], change: BudgetChange) -> None:
    """One history for rows that changed alike, which the database writes from its own rows."""
    connection = connections[edit.alias]
    quote, model = connection.ops.quote_name, _MODELS[level]
    owners = {"brand": "id", "campaign": "NULL"} if level is Level.BRAND else {"brand": "brand_id", "campaign": "id"}
    fields: list[Any] = [column for column in BudgetChange._meta.concrete_fields if not column.primary_key]
    params = [
        column.get_db_prep_save(getattr(change, column.attname), connection)
        for column in fields
        if column.name not in owners
    ]
    names = ", ".join(quote(column.column) for column in fields)
    values = ", ".join(owners.get(column.name, "%s") for column in fields)
    sql = (
        f"INSERT INTO {quote(BudgetChange._meta.db_table)} ({names}) "  # noqa: S608  names from the models
        f"SELECT {values} FROM {quote(model._meta.db_table)} WHERE id IN ({', '.join(['%s'] * len(ids))}) ORDER BY id"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [*params, *ids])


def _update(edit: Edit, model: type[Brand] | type[Campaign], field: str, values: Mapping[int, Any]) -> None:
    rows: QuerySet[Any] = model._base_manager.using(edit.alias)
    by_value: dict[Any, list[int]] = defaultdict(list)
    for pk, value in values.items():
        by_value[value].append(pk)
    if len(by_value) <= _FEW_VALUES:
        for value, ids in by_value.items():
            for part in chunks(ids):
                rows.filter(pk__in=part).update(**{field: value, "updated_at": edit.now})
        return
    for part in chunks(values, _ROWS_A_STATEMENT):
        by_pk = _ByPk({pk: values[pk] for pk in part}, model._meta.get_field(field))
        rows.filter(pk__in=part).update(**{field: by_pk, "updated_at": edit.now})


class _ByPk(Func):
    """Each row's own value: ``CASE id WHEN 1 THEN 2 ... END``. ``bulk_update()`` says it in 20 times the time."""

    def __init__(self, values: Mapping[int, Any], field: Any) -> None:
        super().__init__(F("pk"), output_field=field)
        self._values = values

    def as_sql(self, compiler: Any, connection: Any, *_args: Any, **_context: Any) -> tuple[str, tuple[Any, ...]]:
        pk, params = compiler.compile(self.get_source_expressions()[0])
        cases = [
            each
            for key, value in self._values.items()
            for each in (key, self.output_field.get_db_prep_save(value, connection))
        ]
        return f"CASE {pk}{' WHEN %s THEN %s' * len(self._values)} END", (*params, *cases)


def _rows(level: Level, ids: Iterable[int], field: str) -> Iterator[_Row]:
    rows = _MODELS[level]._base_manager.using(ledger_alias()).order_by("pk")
    names = "pk", "pk" if level is Level.BRAND else "brand_id", field
    columns = list(dict.fromkeys(names))  # Django 5.2.0 gives a column that is named twice once
    places = [columns.index(name) for name in names]
    for part in chunks(sorted(ids)):
        for row in rows.filter(pk__in=part).values_list(*columns):
            yield _Row(*(row[place] for place in places))


def owners_of(level: Level, ids: Iterable[int]) -> dict[int, int]:
    """The brand of each row that exists, by the row's id."""
    return {row.pk: row.brand_id for row in _rows(level, ids, "pk")}


def check_seen(seen: Mapping[int, Any] | None, found: Mapping[int, Any]) -> None:
    """Raise ``Outdated`` if rows that still exist hold anything but what was seen."""
    if seen is None:
        return
    moved = {pk: value for pk, value in found.items() if pk in seen and seen[pk] != value}
    if moved:
        raise Outdated(moved)
