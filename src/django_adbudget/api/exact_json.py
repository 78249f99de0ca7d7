"""Writes JSON with money as it is: ``Decimal`` becomes a number digit by digit, never by way of a float."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from json.encoder import encode_basestring_ascii
from typing import Any


def dumps(value: Any) -> str:
    """JSON of plain values, ``Decimal``, dates, times and instants (ISO 8601, UTC)."""
    write = _WRITERS.get(type(value))
    if write is not None:
        return write(value)
    for kind, write in _WRITERS.items():
        if isinstance(value, kind):
            return write(value)
    if isinstance(value, Mapping):
        return _mapping(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def _text(value: str) -> str:
    return encode_basestring_ascii(value)


def _mapping(value: Mapping[str, Any]) -> str:
    return "{" + ", ".join(f"{_text(str(key))}: {dumps(inner)}" for key, inner in value.items()) + "}"


def _sequence(value: Any) -> str:
    return "[" + ", ".join(map(dumps, value)) + "]"


_WRITERS: dict[type, Callable[[Any], str]] = {
    str: lambda value: _text(str(value)),
    bool: lambda value: "true" if value else "false",
    int: int.__repr__,
    Decimal: lambda value: format(value, "f"),
    type(None): lambda _: "null",
    dict: _mapping,
    list: _sequence,
    tuple: _sequence,
    datetime: lambda value: _text(value.astimezone(UTC).isoformat()),
    date: lambda value: _text(value.isoformat()),
    time: lambda value: _text(value.isoformat()),
    float: float.__repr__,
}
