"""Reads a JSON document to the letter of RFC 8259: numbers exact, each key once, nothing nested without end."""

from __future__ import annotations

import json
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

DEEPEST = 16
_LONGEST_INTEGER = 64


class NotJson(ValueError):
    """The document cannot be read. ``code`` says why in one word."""

    def __init__(self, code: str, detail: str) -> None:
        self.code = code
        super().__init__(detail)


def parse(body: bytes) -> Any:
    """The document: integers as ``int``, other numbers (and integers past reason) as ``Decimal``.

    Raises ``NotJson`` for what is not JSON in UTF-8, for keys given twice, text that no database can store, and
    nesting deeper than ``DEEPEST``.
    """
    try:
        document = _decoder.decode(body.decode())
    except RecursionError:
        raise _too_deep() from None
    except UnicodeDecodeError as error:
        raise NotJson("not_utf8", f"byte {error.start} is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise NotJson("not_json", f"{error.msg} at line {error.lineno}, column {error.colno}") from None
    _check_depth(document)
    if b"\\u" in body:
        _check_text(document)
    return document


def _check_depth(document: Any) -> None:
    """Level by level, and so without recursion; a scan of the text before it is parsed takes longer than parsing."""
    level: list[Iterable[Any]] = [[document]]
    for _ in range(DEEPEST + 1):
        level = [
            inner.values() if isinstance(inner, dict) else inner
            for outer in level
            for inner in outer
            if isinstance(inner, dict | list)
        ]
        if not level:
            return
    raise _too_deep()


def _too_deep() -> NotJson:
    return NotJson("too_deep", f"nested deeper than {DEEPEST} levels")


def _check_text(value: Any) -> None:
    """Escapes can spell what UTF-8 cannot (half a surrogate pair) and what PostgreSQL cannot store (NUL)."""
    if isinstance(value, dict):
        for key, inner in value.items():
            _check_text(key)
            _check_text(inner)
    elif isinstance(value, list):
        for inner in value:
            _check_text(inner)
    elif isinstance(value, str):
        if "\x00" in value:
            raise NotJson("nul", "text holds the character NUL")
        if any("\ud800" <= character <= "\udfff" for character in value):
            raise NotJson("lone_surrogate", "text holds half a surrogate pair")


def _integer(text: str) -> int | Decimal:
    return int(text) if len(text) <= _LONGEST_INTEGER else Decimal(text)


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise NotJson("number_out_of_range", "a number has an exponent past all reason") from None


def _constant(name: str) -> NoReturn:
    raise NotJson("not_json", f"{name} is not JSON")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise NotJson("duplicate_key", f"the key {key[:64]!r} is given twice")
            seen.add(key)
    return found


_decoder = json.JSONDecoder(parse_float=_decimal, parse_int=_integer, parse_constant=_constant, object_pairs_hook=_once)
