"""Which column of a header is which, by a layout."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from ..currencies import is_currency
from .layouts import Amount, Layout, When, squashed

T = TypeVar("T")
_BRACKETED = re.compile(r"(?P<name>.+?)\s*[(\[]\s*(?P<code>[A-Za-z]{3})\s*[)\]]")


class Twice(ValueError):
    """A header that names a column twice, so that nobody can say which is meant."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Indexes of a row's cells, and what the header says about them."""

    count: int
    campaign: int
    name: int | None
    by_name: bool
    when: int
    until: int | None
    hours: bool
    zone: str
    amount: int
    micros: bool
    either: bool
    """Whether another export has units of currency where this one is taken to have micro-units."""
    header_currency: str
    currency: int | None
    headers: tuple[str, ...]

    @property
    def others(self) -> list[int]:
        """Columns of which nothing is asked."""
        asked = {self.campaign, self.name, self.when, self.until, self.amount, self.currency}
        return [index for index in range(self.count) if index not in asked]


@dataclass(frozen=True, slots=True)
class Lacking:
    """What a line would still need to be the header; ``found`` of it is there."""

    found: int
    missing: tuple[str, ...]


class _Header:
    def __init__(self, cells: Sequence[str]) -> None:
        self._whole: dict[str, list[int]] = {}
        self._at: dict[str, list[int]] = {}
        self.currencies: list[str] = []
        for index, cell in enumerate(cells):
            name, currency = _split(" ".join(cell.split()))
            self.currencies.append(currency)
            self._whole.setdefault(squashed(cell), []).append(index)
            self._at.setdefault(squashed(name), []).append(index)

    def index(self, header: str) -> int | None:
        """Where the header is as it stands, or else where it is with a currency."""
        places = self._whole.get(squashed(header)) or self._at.get(squashed(header), [])
        if len(places) > 1:
            raise Twice(f"the header has two columns for {header!r}; leave one of them out")
        return places[0] if places else None

    def first(self, choices: Iterable[T], name: Callable[[T], str]) -> tuple[T, int] | None:
        """The first of the choices that is there, and where."""
        found = ((choice, self.index(name(choice))) for choice in choices)
        return next(((choice, index) for choice, index in found if index is not None), None)

    def place(self, headers: Sequence[str]) -> int | None:
        found = self.first(headers, str)
        return found[1] if found else None


def _split(cell: str) -> tuple[str, str]:
    """``Amount spent (USD)`` is the column ``Amount spent`` in USD."""
    match = _BRACKETED.fullmatch(cell)
    if match and is_currency(match["code"].upper()):
        return match["name"], match["code"].upper()
    return cell, ""


def columns_of(cells: Sequence[str], layout: Layout) -> Columns | Lacking:
    """The columns of a header. Raises ``Twice``."""
    header = _Header(cells)
    name = header.place(layout.campaign_name)
    campaign = header.place(layout.campaign_id)
    by_name = campaign is None and layout.by_name
    campaign = name if by_name else campaign
    when = header.first(layout.when, lambda choice: choice.header)
    amount = header.first(layout.amount, lambda choice: choice.header)
    if campaign is None or when is None or amount is None:
        return _lacking(layout, campaign, when, amount)
    currency = header.currencies[amount[1]]
    return Columns(
        count=len(cells),
        campaign=campaign,
        name=name,
        by_name=by_name,
        when=when[1],
        until=header.place(when[0].until),
        hours=when[0].hours,
        zone=when[0].zone,
        amount=amount[1],
        # A header made for people gives the currency, and not in millionths.
        micros=amount[0].micros and not (amount[0].either and currency),
        either=amount[0].either and not currency,
        header_currency=currency or amount[0].currency,
        currency=header.place(layout.currency),
        headers=tuple(" ".join(cell.split()) for cell in cells),
    )


def _lacking(
    layout: Layout, campaign: int | None, when: tuple[When, int] | None, amount: tuple[Amount, int] | None
) -> Lacking:
    wanted = (
        (campaign, "the campaign id", layout.campaign_id),
        (when, "the day", [choice.header for choice in layout.when]),
        (amount, "the spend", [choice.header for choice in layout.amount]),
    )
    missing = tuple(f"{what} ({', '.join(names)})" for place, what, names in wanted if place is None)
    return Lacking(len(wanted) - len(missing), missing)
