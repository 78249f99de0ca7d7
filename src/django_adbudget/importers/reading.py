"""Reads a report into sums of campaigns and days or hours, and gathers what is wrong with it line by line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC
from typing import TextIO
from zoneinfo import ZoneInfo

from ..currencies import is_currency
from ..exceptions import AdBudgetError, CurrencyMismatch
from ..rules.money import shown
from ..services.chunks import chunks
from . import dates
from .campaigns import Advertiser, Campaigns
from .faults import Faults, Once
from .layouts import Layout
from .notation import Notation
from .numbers import amount_micros, is_missing
from .ranges import Ranges
from .spool import Spool
from .table import Table

_ROWS_AT_ONCE = 1_000
_CENT = 10_000


@dataclass(frozen=True, slots=True)
class Reading:
    """How a file is to be understood. ``zone``: of its hours, None for the layout's."""

    layout: Layout
    decimal_comma: bool = False
    decimal_point: bool = False
    """Said of a file that by itself leaves the two open."""
    date_format: str = ""
    zone: ZoneInfo | None = None
    currency: str = ""


@dataclass(slots=True)
class Read:
    """What a file was found to hold. ``no_amount``: rows that give none, which is not a 0."""

    rows: int = 0
    left_out: int = 0
    no_amount: int = 0
    hours: bool = False
    zone: str = ""
    """The zone that the header or the layout names for days and hours."""
    first_day_line: int = 0
    """The first line that gives a day without a time."""
    most: int = 0
    """The largest amount of a row, in micro-units."""
    notes: list[str] = field(default_factory=list)


class Reader:
    """One pass over a table; ``read`` tells what it held, ``spool`` has the sums."""

    def __init__(self, text: TextIO, reading: Reading, campaigns: Campaigns, spool: Spool, faults: Faults) -> None:
        self._table = Table(text, reading.layout)
        self._columns = self._table.columns
        self._reading, self._campaigns, self._spool, self._faults = reading, campaigns, spool, faults
        self._moment = dates.reader(reading.date_format)
        told = reading.decimal_comma or reading.decimal_point or self._columns.micros or self._table.delimiter == ","
        self._notation = None if told else Notation(self._table.delimiter)
        self._ranges: Ranges | None = None
        self._right_currencies: set[tuple[int, str]] = set()
        campaigns.by_name = self._columns.by_name
        self.read = Read(hours=self._columns.hours, zone=self._columns.zone or reading.layout.zone)

    def run(self) -> Read:
        """Read all rows. Raises ``ReportRefused`` only for what cannot be read on."""
        for part in chunks(self._table.rows(self._faults), _ROWS_AT_ONCE):
            self._campaigns.look_up(self._names(part))
            for line, cells in part:
                try:
                    self._take(line, cells)
                except AdBudgetError as error:
                    self._faults.add(line, error)
                except Once as error:
                    self._faults.add(line, error)
        self.read.left_out = self._table.left_out
        self._look_back()
        return self.read

    def _look_back(self) -> None:
        """What only all rows together tell."""
        if self._notation:
            self._notation.settle(self._faults)
        if self.read.hours and self.read.first_day_line:
            self._faults.add(self.read.first_day_line, "gives a day without an hour, where other lines give hours")
        if self._ranges and (found := self._ranges.found()):
            index, first, last = found
            header = shown(self._columns.headers[index])
            covers = f"rows cover several days: {header!r} gives {last} for {first}"
            self._faults.add(0, f"{covers}; export the report by day, or without that column if it is something else")
        if self._columns.either and 0 < self.read.most < _CENT:
            header = self._columns.headers[self._columns.amount]
            self.read.notes.append(
                f"every amount is under 0.01; if they are no micro-units, say --map spend={shown(header)!r}"
            )

    def _names(self, part: Sequence[tuple[int, list[str]]]) -> dict[str, str]:
        """What rows call their campaigns, with the names that they give them."""
        columns = self._columns
        names: dict[str, str] = {}
        for _, cells in part:
            reference = cells[columns.campaign].strip()
            if reference not in names and not is_missing(reference):
                name = "" if columns.name is None else cells[columns.name].strip()
                names[reference] = "" if is_missing(name) else name
        return names

    def _take(self, line: int, cells: list[str]) -> None:
        columns = self._columns
        self.read.rows += 1
        reference = cells[columns.campaign].strip()
        if is_missing(reference):
            what = "name" if columns.by_name else "id"
            raise AdBudgetError(f"the campaign {what} is missing (of a summary row, export without it)")
        micros = self._micros(line, cells[columns.amount].strip())
        moment = self._moment(cells[columns.when].strip())
        if columns.until is not None:
            self._check_one_day(moment, cells)
        else:
            self._look_for_range(moment, cells)
        campaign = self._campaigns[reference]
        self._check_currency(campaign.advertiser, cells)
        if micros is None:
            self.read.no_amount += 1
            return
        if moment.minutes % dates.MINUTES_A_DAY:
            self.read.hours = True
        if not moment.timed and not self.read.first_day_line:
            self.read.first_day_line = line
        self._spool.add((campaign.advertiser.pk, moment.minutes, campaign.pk, moment.shift), micros, line)

    def _micros(self, line: int, text: str) -> int | None:
        if is_missing(text):
            return None
        if self._notation:
            self._notation.look(line, text)
        micros = amount_micros(text, micros=self._columns.micros, decimal_comma=self._reading.decimal_comma)
        self.read.most = max(self.read.most, micros)
        return micros

    def _look_for_range(self, moment: dates.Moment, cells: list[str]) -> None:
        if self._ranges is None:
            today = self._campaigns.now.astimezone(UTC).date()
            others = {index: self._columns.headers[index] for index in self._columns.others}
            self._ranges = Ranges(others, self._moment, today)
        self._ranges.look(moment, cells)

    def _check_one_day(self, moment: dates.Moment, cells: list[str]) -> None:
        assert self._columns.until is not None  # asked by the caller
        text = cells[self._columns.until].strip()
        if is_missing(text):
            return
        last = self._moment(text)
        if last.day != moment.day:
            raise AdBudgetError(f"covers {moment.day} to {last.day}; export the report by day")

    def _check_currency(self, advertiser: Advertiser, cells: list[str]) -> None:
        column = self._columns.currency
        given = "" if column is None else cells[column].strip().upper()
        if (advertiser.pk, given) in self._right_currencies:
            return
        self._compare(advertiser, "" if is_missing(given) else given)
        self._right_currencies.add((advertiser.pk, given))

    def _compare(self, advertiser: Advertiser, given: str) -> None:
        if given and not is_currency(given):
            raise CurrencyMismatch(f"{shown(given)!r} is not an ISO 4217 currency")
        stated = {
            "this line": given,
            "the header": self._columns.header_currency,
            "--currency": self._reading.currency,
            f"the brand {advertiser.name}": advertiser.currency,
        }
        said = {who: currency for who, currency in stated.items() if currency}
        if len(set(said.values())) > 1:
            words = ", ".join(f"{who} says {currency}" for who, currency in said.items())
            raise Once(f"{words}; spend is refused, never converted", (advertiser.pk, given))
