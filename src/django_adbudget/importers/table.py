"""The rows of a report: its header found below a preamble, totals and footers left out, each row with its line."""

from __future__ import annotations

import csv
import re
import zlib
from collections.abc import Iterator
from gzip import BadGzipFile
from itertools import islice
from typing import TextIO

from ..rules.money import shown
from .columns import Columns, Lacking, Twice, columns_of
from .faults import Faults, ReportRefused
from .layouts import Layout
from .numbers import is_missing

#: Lines among which the header is looked for.
PREAMBLE = 100
_DELIMITERS = ",\t;|"
_TOTAL = re.compile(r"(?:(?:grand|overall|account)\s+)?totals?\s*(?:[:\-\u2013\u2014].*)?", re.IGNORECASE | re.DOTALL)
_FOOTER = re.compile(r"(?:\u00a9|\(c\)|copyright\b).*", re.IGNORECASE | re.DOTALL)
_UNREADABLE = (EOFError, zlib.error, BadGzipFile)


class Table:
    """Rows below a header. ``columns`` says where is what; ``left_out`` counts totals and footers."""

    def __init__(self, text: TextIO, layout: Layout) -> None:
        self.line = 0
        self._lines = self._read(text)
        self.columns, self.delimiter = self._find_header(layout)
        self._header_line = self.line
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
            if len(cells) == expected and not self._is_total(cells):
                if any(cells):
                    yield line, cells
                self._after_blank = not any(cells)
            elif not self._belongs_to_no_campaign(cells):
                faults.add(line, f"has {len(cells)} cells where the header has {expected}")
            line = self._header_line + reader.line_num + 1

    def _find_header(self, layout: Layout) -> tuple[Columns, str]:
        nearest, at = Lacking(-1, ()), 0
        for line in islice(self._lines, PREAMBLE):
            for delimiter in _DELIMITERS:
                try:
                    found = columns_of(next(csv.reader([line], delimiter=delimiter)), layout)
                except Twice as error:
                    raise ReportRefused.at(self.line, str(error)) from None
                except csv.Error:
                    continue
                if isinstance(found, Columns):
                    return found, delimiter
                if found.found > nearest.found:
                    nearest, at = found, self.line
        if nearest.found < 1:
            raise ReportRefused.at(
                0, f"there is no header of {layout.title} in the first {PREAMBLE} lines; --map names"
            )
        raise ReportRefused.at(at, f"the header lacks {' and '.join(nearest.missing)}; --map names other headers")

    def _is_total(self, cells: list[str]) -> bool:
        """A row that sums up others: it begins so, and names no campaign."""
        campaign = cells[self.columns.campaign].strip()
        if campaign and campaign[0] not in "-TtGgOoAa\u2013\u2014":
            return False
        first = next((cell.strip() for cell in cells if cell.strip()), "")
        if not _TOTAL.fullmatch(first) or not (is_missing(campaign) or campaign == first):
            return False
        self.left_out += 1
        return True

    def _belongs_to_no_campaign(self, cells: list[str]) -> bool:
        """Blank lines, totals and footers of any length. A lone cell is a footer only after a blank line."""
        filled = [cell.strip() for cell in cells if cell.strip()]
        if not filled:
            self._after_blank = True
            return True
        if len(cells) == self.columns.count:
            return True  # a total, counted already
        lone = len(filled) == 1 and self._after_blank and not filled[0].isdigit()
        if not (lone or _TOTAL.fullmatch(filled[0]) or _FOOTER.fullmatch(filled[0])):
            return False
        self.left_out += 1
        return True

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
        except _UNREADABLE as error:
            raise ReportRefused.at(self.line + 1, f"the gzip file is cut off or damaged: {error}") from None

    def _refused(self, line: int, message: str, faults: Faults) -> ReportRefused:
        """A fault after which nothing can be read; with those before it."""
        faults.add(line, shown(message))
        try:
            faults.refuse()
        except ReportRefused as refused:
            return refused
        raise AssertionError("a fault refuses")
