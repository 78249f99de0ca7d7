"""Days and hours as reports print them. English month names are read here, since ``strptime`` asks the locale."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from ..exceptions import InvalidSpendTime
from ..rules.money import shown

_MONTH_NAMES = (
    ("jan", "january"),
    ("feb", "february"),
    ("mar", "march"),
    ("apr", "april"),
    ("may",),
    ("jun", "june"),
    ("jul", "july"),
    ("aug", "august"),
    ("sep", "sept", "september"),
    ("oct", "october"),
    ("nov", "november"),
    ("dec", "december"),
)
_MONTHS = {name: number for number, names in enumerate(_MONTH_NAMES, 1) for name in names}
_UTC = frozenset({"Z", "UTC", "GMT"})
#: As far as clocks on Earth differ.
_OFFSET = r"[+-](?:0\d|1[0-4])(?::?[0-5]\d)?"
_TIME = (
    r"(?:[T ]\s*(?P<H>\d{1,2}):(?P<M>\d{2})(?::(?P<S>\d{2})(?:[.,]\d{1,9})?)?(?:\s*(?P<p>[AaPp][Mm]))?"
    rf"\s*(?P<z>Z|UTC|GMT|{_OFFSET})?)?"
)
_YEAR_FIRST = r"(?P<Y>\d{4})([-/.])(?P<m>\d{1,2})\2(?P<d>\d{1,2})"
_COMPACT = r"(?P<Y>\d{4})(?P<m>\d{2})(?P<d>\d{2})"
_DAY_MONTH = r"(?P<d>\d{1,2})[ -](?P<b>[A-Za-z]{3,9})\.?,?[ -](?P<Y>\d{4})"
_MONTH_DAY = r"(?P<b>[A-Za-z]{3,9})\.? (?P<d>\d{1,2}),? (?P<Y>\d{4})"
_YEAR_LAST = r"(?P<one>\d{1,2})([-/.])(?P<two>\d{1,2})\2(?P<Y>\d{4})"
_ORDERS = {
    "ymd": r"(?P<Y>\d{4})[-/. ](?P<m>\d{1,2})[-/. ](?P<d>\d{1,2})",
    "dmy": r"(?P<d>\d{1,2})[-/. ](?P<m>\d{1,2})[-/. ](?P<Y>\d{4}|\d{2})",
    "mdy": r"(?P<m>\d{1,2})[-/. ](?P<d>\d{1,2})[-/. ](?P<Y>\d{4}|\d{2})",
}
_DIRECTIVES = {
    "Y": r"(?P<Y>\d{4})",
    "y": r"(?P<Y>\d{2})",
    "m": r"(?P<m>\d{1,2})",
    "d": r"(?P<d>\d{1,2})",
    "b": r"(?P<b>[A-Za-z]{3,9})",
    "B": r"(?P<b>[A-Za-z]{3,9})",
    "H": r"(?P<H>\d{1,2})",
    "I": r"(?P<H>\d{1,2})",
    "M": r"(?P<M>\d{2})",
    "S": r"(?P<S>\d{2})",
    "p": r"(?P<p>[AaPp][Mm])",
    "z": rf"(?P<z>Z|{_OFFSET})",
    "%": "%",
}
_TOUCHING = re.compile(r"%[dmHI]%[A-Za-z]|%[A-Za-z]%[dmHI]")
_FIRST, _LAST = date(1970, 1, 1), date(9998, 12, 31)
MINUTES_A_DAY = 24 * 60
UNSAID = 1 << 20
EXAMPLE = "dmy, mdy, ymd, or like %d/%m/%Y"


class Moment(NamedTuple):
    """What a cell says, as on its own clock. ``shift``: the offset from UTC in minutes that it gives, or ``UNSAID``."""

    day: date
    minutes: int
    """Since 1970 began on that clock."""
    shift: int
    timed: bool


def reader(date_format: str = "") -> Callable[[str], Moment]:
    """What reads the cells of a column; it remembers those that it has read.

    ``date_format``: the order of day, month and year, or directives. Raises ``ValueError`` for one that is neither.
    """
    patterns = [_compiled(pattern) for pattern in _patterns(date_format)]

    @lru_cache(maxsize=50_000)
    def read(text: str) -> Moment:
        for pattern in patterns:
            match = pattern.fullmatch(text)
            if match:
                return _moment(text, match.groupdict())
        raise InvalidSpendTime(f"{shown(text)!r} is not a date{f' like {date_format}' if date_format else ''}")

    return read


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.ASCII)


def _patterns(date_format: str) -> list[str]:
    if not date_format:
        known = (_YEAR_FIRST, _COMPACT, _DAY_MONTH, _MONTH_DAY, _YEAR_LAST)
        return [pattern + _TIME for pattern in known]
    order = date_format.casefold()
    return [_ORDERS[order] + _TIME] if order in _ORDERS else [_translated(date_format)]


def _translated(date_format: str) -> str:
    def directive(match: re.Match[str]) -> str:
        letter = match[1]
        if letter not in _DIRECTIVES:
            raise ValueError(f"%{letter} is not read in a date format; give {EXAMPLE}")
        return _DIRECTIVES[letter]

    literal = re.sub(r"([^%\w\s])", r"\\\1", date_format)
    pattern = re.sub(r"%(.?)", directive, literal)
    if _TOUCHING.search(date_format):  # or nobody could say where one number ends
        pattern = pattern.replace(r"\d{1,2}", r"\d{2}")
    groups = re.findall(r"\(\?P<(\w)>", pattern)
    if len(set(groups)) < len(groups) or not {"d", "Y"} <= set(groups) or not {"m", "b"} & set(groups):
        raise ValueError(f"{date_format!r} does not give day, month and year once each; give {EXAMPLE}")
    return pattern


def _moment(text: str, found: dict[str, str | None]) -> Moment:
    day = _day(text, found)
    if not _FIRST <= day <= _LAST:
        raise InvalidSpendTime(f"{shown(text)!r} lies outside the years 1970 to 9998")
    minutes, shift = (day - _FIRST).days * MINUTES_A_DAY, _shift(found)
    if found.get("H") is None:
        return Moment(day, minutes, shift, timed=False)
    return Moment(day, minutes + _minute_of_day(text, found), shift, timed=True)


def _minute_of_day(text: str, found: dict[str, str | None]) -> int:
    hour, minute, second = (int(found.get(part) or 0) for part in "HMS")
    half = found.get("p")
    if half is not None and 1 <= hour <= 12:
        hour = hour % 12 + (12 if half.casefold() == "pm" else 0)
    elif half is not None:
        hour = 24
    if hour > 23 or minute > 59 or second > 59:
        raise InvalidSpendTime(f"{shown(text)!r} is not a time")
    return hour * 60 + minute


def _day(text: str, found: dict[str, str | None]) -> date:
    digits = found["Y"] or ""
    year = int(digits) + (2000 if len(digits) == 2 else 0)
    one, two = found.get("one"), found.get("two")
    if one is not None and two is not None:
        day, month = _unambiguous(text, int(one), int(two))
    else:
        day, month = int(found["d"] or 0), _month(text, found)
    try:
        return date(year, month, day)
    except ValueError:
        raise InvalidSpendTime(f"{shown(text)!r} is not a date of the calendar") from None


def _unambiguous(text: str, one: int, two: int) -> tuple[int, int]:
    if one <= 12 and two <= 12 and one != two:
        raise InvalidSpendTime(f"the date {text!r} is ambiguous: say --date-format dmy or --date-format mdy")
    return (one, two) if two <= 12 else (two, one)


def _month(text: str, found: dict[str, str | None]) -> int:
    name = found.get("b")
    if name is None:
        return int(found["m"] or 0)
    month = _MONTHS.get(name.casefold())
    if month is None:
        raise InvalidSpendTime(f"{shown(text)!r} has no English month")
    return month


def _shift(found: dict[str, str | None]) -> int:
    text = found.get("z")
    if not text:
        return UNSAID
    if text in _UTC:
        return 0
    minutes = int(text[1:3]) * 60 + int(text[-2:] if len(text) > 3 else 0)
    return -minutes if text[0] == "-" else minutes
