"""Reports whose rows cover several days each, told by a column that no layout knows as the end of a range."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from itertools import pairwise

from ..exceptions import InvalidSpendTime
from .dates import MINUTES_A_DAY, Moment
from .numbers import is_missing

_DAY = timedelta(days=1)
#: An end in the languages of platforms' exports, within longer words too: Berichtsende, end_time, Fin del informe.
_ENDS = (
    *("(?<!sp)end", "stop", "until", r"\bto\b", r"\bbis\b", "einde", "slut", "fin", "hasta", "t[e\u00e9]rm", "koniec"),
    *("\u043a\u043e\u043d\u0435\u0446", "\u043e\u043a\u043e\u043d\u0447"),  # Russian
    *("\u7d42", "\u7d50\u675f", "\u7ed3\u675f", "\uc885\ub8cc"),  # Japanese, Chinese, Korean
)
_CALLED_AN_END = re.compile("|".join(_ENDS), re.IGNORECASE)
#: Times of day at which ranges end.
_MIDNIGHTS = frozenset({0, MINUTES_A_DAY - 1})


class Ranges:
    """Watches columns that are called an end for one that gives each row's last day.

    Such a column has the same day for all rows of a day, never an earlier one, none to come, and ranges that do not
    overlap. The end of the campaign itself has not. A report of days that is told by mistake can be exported without
    the column.
    """

    def __init__(self, headers: Mapping[int, str], moment: Callable[[str], Moment], today: date) -> None:
        self._moment, self._latest = moment, today + _DAY
        ends = (index for index, header in headers.items() if _CALLED_AN_END.search(header))
        self._ends: dict[int, dict[date, date]] = {index: {} for index in ends}

    def look(self, moment: Moment, cells: list[str]) -> None:
        for index in list(self._ends):
            end = self._end(moment.day, cells[index].strip())
            if end is None or self._ends[index].setdefault(moment.day, end) != end:
                del self._ends[index]

    def _end(self, day: date, text: str) -> date | None:
        if is_missing(text):
            return None
        try:
            moment = self._moment(text)
        except InvalidSpendTime:
            return None
        if moment.timed and moment.minutes % MINUTES_A_DAY not in _MIDNIGHTS:
            return None
        # A midnight after the row's own day ends the day before it.
        ends_before = moment.timed and moment.day > day and moment.minutes % MINUTES_A_DAY == 0
        end = moment.day - _DAY if ends_before else moment.day
        return end if day <= end <= self._latest else None

    def found(self) -> tuple[int, date, date] | None:
        """The column of a report of ranges, with the first day and the last of one."""
        for index, ends in self._ends.items():
            ranges = sorted(ends.items())
            apart = all(end < start for (_, end), (start, _) in pairwise(ranges))
            if apart and (longer := [(start, end) for start, end in ranges if end > start]):
                return index, *longer[0]
        return None
