"""The rows of a report: its header found below a preamble, totals and footers left out, each row with its line."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from itertools import chain, islice
from typing import TextIO

from ..rules.money import shown
from .columns import Columns, Lacking, Twice, columns_of
from .faults import Faults, ReportRefused
from .layouts import Layout
from .numbers import is_missing

#: Lines among which the header is looked for.
PREAMBLE = 100
#: Lines that a header may take up where cells of it hold line breaks.
_HEADER_LINES = 20
_DELIMITERS = ",\t;|"
_TOTAL = re.compile(
    r"(?:(?:grand|overall|account)\s+)?totals?\s*(?:[:\-\u2013\u2014].*|of\s+[0-9.,]+\s+\w+)?"
    r"|(?:summe|gesamt(?:summe|ergebnis)?)\s*(?::.*)?"
    r"|(?:total|totaux|totale|totales|totais|totaal)(?:\s+(?:g[\u00e9e]n[\u00e9e]ral|general|geral|generale))?\s*(?::.*)?"
    r"|all\s+campaigns|toplam|\u0438\u0442\u043e\u0433\u043e|\u5408\u8a08|\u7dcf\u8a08|\u603b\u8ba1|\u5408\u8ba1|\u7e3d\u8a08|\ud569\uacc4|\ucd1d\uacc4",
    re.IGNORECASE | re.DOTALL,
)
#: Above the header: what a row stands for.
_AGGREGATION = re.compile(r"\W*report aggregation\W+(?P<unit>\w+)", re.IGNORECASE)
_BY_DAY = frozenset({"daily", "hourly"})
_FOOTER = re.compile(r"(?:\u00a9|\(c\)|copyright\b).*", re.IGNORECASE | re.DOTALL)
_FIGURE = re.compile(r"[0-9.,:/ -]+")
_LETTERS = re.compile(r"[^\W\d_]{2}")


class Table:
    """Rows below a header. ``columns`` says where is what; ``left_out`` counts totals and footers."""

    def __init__(self, text: TextIO, layout: Layout) -> None:
        self.line = 0
        self._lines = self._read(text)
        self._header_line = 0
        self.columns, self.delimiter = self._find_header(layout)
        self.left_out = 0
        self._after_blank = False

    def rows(self, faults: Faults) -> Iterator[tuple[int, list[str]]]:
        """Each row with the line on which it begins. Those of a wrong length become faults."""
        # Strict: a stray quote must not swallow the lines after it.
        reader = csv.reader(self._lines, delimiter=self.delimiter, strict=True)
        expected, line = self.columns.count, self._header_line + 1
        while True:
            try:
                cells = next(reader, None)
            except csv.Error as error:
                raise self._refused(line, f"this is not CSV: {error}", faults) from None
            if cells is None:
                return
            if len(cells) == expected and not self._after_blank and self._names_campaign(cells):
                yield line, cells  # nearly all rows
            elif self._is_nobodys(cells):
                self._after_blank = True
            elif len(cells) != expected:
                faults.add(line, f"has {len(cells)} cells where the header has {expected}")
            elif self._is_total(cells):
                total = shown(cells[self.columns.campaign].strip())
                faults.add(line, f"{total!r} is taken for a total, not for a campaign; export without totals of days")
            else:
                self._after_blank = False
                yield line, cells
            line = self._header_line + reader.line_num + 1

    def _find_header(self, layout: Layout) -> tuple[Columns, str]:
        nearest, at = Lacking(-1, ()), 0
        lines = list(islice(self._lines, PREAMBLE))
        for start in range(len(lines)):
            for delimiter in _DELIMITERS:
                try:
                    cells, count = _first_row(lines[start : start + _HEADER_LINES], delimiter)
                    found = columns_of(cells, layout)
                except Twice as error:
                    raise ReportRefused.at(start + 1, str(error)) from None
                except csv.Error:
                    continue
                if isinstance(found, Columns):
                    _check_preamble(lines[:start])
                    self._header_line = start + count
                    self._lines = chain(lines[self._header_line :], self._lines)
                    return found, delimiter
                if found.found > nearest.found:
                    nearest, at = found, start + 1
        if nearest.found < 1:
            raise ReportRefused.at(
                0, f"there is no header of {layout.title} in the first {PREAMBLE} lines; --map names headers"
            )
        raise ReportRefused.at(at, f"the header lacks {' and '.join(nearest.missing)}; --map names other headers")

    def _is_nobodys(self, cells: list[str]) -> bool:
        """Whether a row is no campaign's: blank, a total or a footer."""
        filled = [cell.strip() for cell in cells if cell.strip()]
        if not filled:
            return True
        full = len(cells) == self.columns.count
        if full and self._gives_spend(cells):
            return False
        # A lone cell is a footer only below a blank line: a file that was cut off ends in one too.
        lone = len(filled) == 1 and self._after_blank and _is_prose(filled[0])
        if full and not lone and self._names_campaign(cells):
            return False
        total = _TOTAL.fullmatch(filled[0]) or (full and self._is_total(cells))
        if not lone and not total and not _is_footer(filled):
            return False
        self.left_out += 1
        return True

    def _names_campaign(self, cells: list[str]) -> bool:
        campaign = cells[self.columns.campaign].strip()
        return not is_missing(campaign) and not _TOTAL.fullmatch(campaign)

    def _is_total(self, cells: list[str]) -> bool:
        return _TOTAL.fullmatch(cells[self.columns.campaign].strip()) is not None

    def _gives_spend(self, cells: list[str]) -> bool:
        """Whether there is a day with an amount, which would be lost if the row were left out."""
        day, amount = cells[self.columns.when].strip(), cells[self.columns.amount].strip()
        return not is_missing(day) and not is_missing(amount) and not _TOTAL.fullmatch(day)

    def _read(self, text: TextIO) -> Iterator[str]:
        """The lines, counted; what cannot be read names the last that could."""
        try:
            for line in text:
                self.line += 1
                if "\0" in line:
                    raise ReportRefused.at(
                        self.line, "holds a NUL character; this is no text, or UTF-16 without a mark"
                    )
                yield line
        except UnicodeDecodeError as error:
            message = f"or one soon after is not {error.encoding.upper()} ({error.reason}); save the file as UTF-8"
            raise ReportRefused.at(self.line + 1, message) from None

    def _refused(self, line: int, message: str, faults: Faults) -> ReportRefused:
        """A fault after which nothing can be read; with those before it."""
        faults.add(line, shown(message))
        try:
            faults.refuse()
        except ReportRefused as refused:
            return refused
        raise AssertionError("a fault refuses")


def _check_preamble(lines: list[str]) -> None:
    for number, line in enumerate(lines, 1):
        said = _AGGREGATION.match(line)
        if said and said["unit"].casefold() not in _BY_DAY:
            unit = said["unit"].casefold()
            raise ReportRefused.at(number, f"the report's aggregation is {unit}; export it by day")


def _first_row(lines: list[str], delimiter: str) -> tuple[list[str], int]:
    """The cells of the first row, and of how many lines it is."""
    rows = csv.reader(lines, delimiter=delimiter, strict=True)
    try:
        return next(rows), rows.line_num
    except csv.Error:
        # A preamble is no table: a quote in it may open nothing.
        return next(csv.reader(lines[:1], delimiter=delimiter)), 1


def _is_footer(filled: list[str]) -> bool:
    return bool(_FOOTER.fullmatch(filled[0])) and not any(map(_FIGURE.fullmatch, filled))


def _is_prose(text: str) -> bool:
    """Whether a cell is words or a label, not the beginning of a row that was cut off."""
    words = [word for word in text.split() if _LETTERS.search(word)]
    return len(words) > 1 or (bool(words) and words[0].endswith(":"))
