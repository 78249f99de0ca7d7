"""Rows that a statement of our own has read, made into what the ORM would have made of them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, TypeVar

from django.db import connections, models

Row = TypeVar("Row", bound=models.Model)


@lru_cache(maxsize=32)
def columns(model: type[models.Model], alias: str, table: str = "") -> str:
    """The columns that ``instance`` takes, for a SELECT; ``table`` is the name that they go by there."""
    quote = connections[alias].ops.quote_name
    fields: Sequence[Any] = model._meta.concrete_fields
    return ", ".join(f"{table and f'{table}.'}{quote(field.column)}" for field in fields)


def instance(model: type[Row], values: Sequence[Any], alias: str) -> Row:
    """The row whose ``columns`` have been read: each value through its field's converters."""
    names, converters = _reading(model, alias)
    row, connection = list(values), connections[alias]
    for at, convert, expression in converters:
        row[at] = convert(row[at], expression, connection)
    return model.from_db(alias, names, row)


@lru_cache(maxsize=16)
def _reading(model: type[models.Model], alias: str) -> tuple[list[str], list[tuple[int, Any, Any]]]:
    connection = connections[alias]
    fields: Sequence[models.Field[Any, Any]] = model._meta.concrete_fields
    columns = [field.get_col(model._meta.db_table) for field in fields]
    return [field.attname for field in fields], [
        (at, convert, column)
        for at, (field, column) in enumerate(zip(fields, columns, strict=True))
        for convert in connection.ops.get_db_converters(column) + field.get_db_converters(connection)
    ]
