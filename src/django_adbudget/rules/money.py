"""Exact money: ``Decimal`` for people, integer micro-units (1/1,000,000) for rows (rules M1, M2)."""

from __future__ import annotations

import re
from decimal import Context, Decimal

from ..exceptions import InvalidAmount

MICROS_PER_UNIT = 1_000_000
MAX_RECORD_MICROS = 999_999_999_999_999
MAX_RECORD = Decimal("999999999.999999")
MAX_TOTAL_MICROS = 2**63 - 1
_PLAIN_DECIMAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)", re.ASCII)
_LONGEST_TEXT = 64
_EXACT = Context(prec=64)
_NUMBERS = (Decimal, int, str)

type_error_hint = "pass a Decimal, an int or a decimal string"


def to_micros(value: Decimal | int | str) -> int:
    """Micro-units of an amount in currency units.

    A string takes ASCII digits, at most one point, and no exponent. Raises ``TypeError`` for a float
    (and anything else that is no number), ``InvalidAmount`` for what is not finite, finer than a
    micro-unit, or past BIGINT.
    """
    if isinstance(value, bool) or not isinstance(value, _NUMBERS):
        raise TypeError(f"an amount cannot be a {type(value).__name__} ({shown(value)}); {type_error_hint}")
    if isinstance(value, int):
        return _within_bigint(value * MICROS_PER_UNIT, value)
    return _decimal_to_micros(_parse(value) if isinstance(value, str) else value)


def from_micros(micros: int) -> Decimal:
    """The amount in currency units, with two decimal places, or six where two would not be exact."""
    cents, rest = divmod(micros, 10_000)
    if rest:
        return Decimal(micros).scaleb(-6, _EXACT)
    return Decimal(cents).scaleb(-2, _EXACT)


def record_micros(value: Decimal | int | str) -> int:
    """Micro-units of the amount of one record: positive, and no more than ``MAX_RECORD`` (rule M2)."""
    micros = to_micros(value)
    if micros <= 0:
        raise InvalidAmount(f"amount must be greater than zero, not {shown(value)}")
    return within_record(micros)


def total_micros(value: Decimal | int | str) -> int:
    """Micro-units of a platform's running total: zero or more (rule L7)."""
    micros = to_micros(value)
    if micros < 0:
        raise InvalidAmount(f"total must not be negative, not {shown(value)}")
    return within_record(micros)


def within_record(micros: int) -> int:
    if abs(micros) > MAX_RECORD_MICROS:
        raise InvalidAmount(f"amount {from_micros(micros):,f} is larger than {MAX_RECORD:,f}")
    return micros


def shown(value: object) -> str:
    """A caller's value for an error message: never longer than a line."""
    # str() refuses integers of thousands of digits.
    text = hex(value) if isinstance(value, int) and value.bit_length() > 256 else str(value)
    return text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}..."


def _parse(text: str) -> Decimal:
    if len(text) > _LONGEST_TEXT or not _PLAIN_DECIMAL.fullmatch(text):
        raise InvalidAmount(f"amount {shown(text)!r} is not a plain decimal number such as 12.34")
    return Decimal(text)


def _decimal_to_micros(value: Decimal) -> int:
    if not value.is_finite():
        raise InvalidAmount(f"amount must be a finite number, not {shown(value)}")
    if not value:
        return 0
    if value.adjusted() > 18:
        raise InvalidAmount(f"amount {shown(value)} is larger than a ledger can hold")
    micros = int(value.scaleb(6, _EXACT))
    if from_micros(micros) != value:
        raise InvalidAmount(f"amount {shown(value)} has more than 6 decimal places; refused, not rounded")
    return _within_bigint(micros, value)


def _within_bigint(micros: int, value: object) -> int:
    if abs(micros) > MAX_TOTAL_MICROS:
        raise InvalidAmount(f"amount {shown(value)} is larger than a ledger can hold")
    return micros
