"""Tables and amounts for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from unicodedata import combining, east_asian_width

from ..currencies import DECIMALS

_GAP = "  "


def table(
    header: Sequence[str], rows: Sequence[Sequence[str]], *, right: frozenset[int] = frozenset()
) -> Iterator[str]:
    """Lines of a table; the columns named in ``right`` are aligned there."""
    widths = [max(_width(row[column]) for row in [header, *rows]) for column in range(len(header))]
    for row in [header, ["-" * width for width in widths], *rows]:
        cells = (_padded(cell, widths[at], right=at in right) for at, cell in enumerate(row))
        yield _GAP.join(cells).rstrip()


def amount(value: Decimal | None, currency: str) -> str:
    """An amount with as many places as its currency is shown with, or more where it has more; a dash for None."""
    if value is None:
        return "-"
    places = DECIMALS.get(currency, 2)
    whole, _, fraction = f"{value:,f}".partition(".")
    fraction = fraction.rstrip("0").ljust(places, "0")
    return f"{whole}.{fraction}" if fraction else whole


def share(value: Decimal | None) -> str:
    return "-" if value is None else f"{value:.1f} %"


def _padded(text: str, width: int, *, right: bool) -> str:
    blank = " " * (width - _width(text))
    return blank + text if right else text + blank


def _width(text: str) -> int:
    """Columns on a terminal: 東 takes two, a combining accent none."""
    return sum(0 if combining(sign) else 2 if east_asian_width(sign) in "WF" else 1 for sign in text)
