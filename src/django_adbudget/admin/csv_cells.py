"""CSV that a spreadsheet opens as it was meant: text stays text, numbers stay numbers, and no cell is a formula."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal

from django.http import StreamingHttpResponse
from django.utils.cache import add_never_cache_headers

Cell = str | Decimal | int | date | datetime | bool | None

#: What makes a spreadsheet read a cell as a formula, in their full-width forms too.
_TRIGGERS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001
_ROWS_A_PIECE = 100


def safe_text(text: str) -> str:
    """The text with an apostrophe in front if a spreadsheet would take it for a formula."""
    return f"'{text}" if text.startswith(_TRIGGERS) else text


def cell(value: Cell) -> str:
    """Text made harmless; money and numbers plain and unlocalized, instants and dates in ISO form, None empty."""
    if value is None:
        return ""
    if isinstance(value, str):
        return safe_text(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime | date):
        return value.isoformat()
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def streamed(filename: str, header: Iterable[str], rows: Iterable[Iterable[Cell]]) -> StreamingHttpResponse:
    """A download in UTF-8 with a byte order mark, without which Excel takes it for another encoding.

    ``rows`` is read while the answer is sent, after the view and its transaction: memory does not grow with it.
    """
    response = StreamingHttpResponse(_pieces(header, rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{filename}"'
    add_never_cache_headers(response)
    return response


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, line: str) -> str:
        return line


def _pieces(header: Iterable[str], rows: Iterable[Iterable[Cell]]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    piece = ["\N{BYTE ORDER MARK}", writer.writerow(header)]
    for row in rows:
        piece.append(writer.writerow([cell(value) for value in row]))
        if len(piece) >= _ROWS_A_PIECE:
            yield "".join(piece)
            piece.clear()
    yield "".join(piece)
