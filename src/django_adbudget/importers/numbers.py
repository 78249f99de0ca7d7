"""Amounts as reports print them, as exact micro-units."""

from __future__ import annotations

import re
from functools import cache

from ..exceptions import InvalidAmount
from ..rules import to_micros
from ..rules.money import shown, within_record

#: What stands where there is no value. None of them is a 0.
MISSING = frozenset({"", "-", "--", "\u2013", "\u2014", "n/a", "na", "null", "none", "nan"})
_LONGEST = 64
#: Of micro-units; programs that took them for floats write ``9000000.0``, and ``12.00`` is money.
_NO_FRACTION = re.compile(r"([+-]?[0-9]+)(?:\.0?)?", re.ASCII)
_PLAIN = re.compile(r"[0-9]+(?:\.[0-9]+)?", re.ASCII)


def is_missing(text: str) -> bool:
    return text.casefold() in MISSING


def amount_micros(text: str, *, micros: bool = False, decimal_comma: bool = False) -> int:
    """Micro-units of a cell. Raises ``InvalidAmount`` for what is no number, negative, or not exact."""
    if not decimal_comma and len(text) <= _LONGEST and _PLAIN.fullmatch(text):
        plain = text
    else:
        plain = _plain(text, decimal_comma)
    value = _whole(plain, text) if micros else to_micros(plain)
    if value < 0:
        raise InvalidAmount(f"spend must not be negative, not {shown(text)!r}")
    return within_record(value)


def _whole(plain: str, text: str) -> int:
    match = _NO_FRACTION.fullmatch(plain)
    if match is None:
        raise InvalidAmount(f"{shown(text)!r} is not a whole number of micro-units")
    return int(match[1])


def _plain(text: str, decimal_comma: bool) -> str:
    """The number with its groups of thousands joined and a decimal point, as ``rules.money`` takes it."""
    match = _grouped(decimal_comma).fullmatch(text) if len(text) <= _LONGEST else None
    if match is None:
        hint = "; if this is a decimal comma, say --decimal-comma" if _is_comma(text, decimal_comma) else ""
        raise InvalidAmount(f"{shown(text)!r} is not a number{hint}")
    whole = re.sub(r"[^0-9]", "", match["whole"])
    return f"{match['sign'] or ''}{whole}.{match['rest'] or '0'}"


def _is_comma(text: str, decimal_comma: bool) -> bool:
    return not decimal_comma and bool(re.fullmatch(r"[0-9.\s]*,[0-9]*", text, re.ASCII))


@cache
def _grouped(decimal_comma: bool) -> re.Pattern[str]:
    point, group = (",", r".") if decimal_comma else (r"\.", ",")
    separator = rf"[{group} '\u2019\u00a0\u202f]"
    thousands = rf"[1-9][0-9]{{0,2}}(?P<sep>{separator})[0-9]{{3}}(?:(?P=sep)[0-9]{{3}})*"
    return re.compile(rf"(?P<sign>[+-])?(?P<whole>{thousands}|[0-9]+)(?:{point}(?P<rest>[0-9]*))?", re.ASCII)
