"""A week of windows as 7 days of 24 hours, the way people look at it (rule T5)."""

from __future__ import annotations

from collections.abc import Iterable

from .dayparting import WeeklyWindows, Window

MINUTES_PER_HOUR = 60
HOURS_PER_DAY = 24
DAYS_PER_WEEK = 7

#: Open stretches of one hour in its minutes, half-open: ``((0, 60),)`` is the whole hour, ``((15, 60),)`` from 15 on.
Hour = tuple[tuple[int, int], ...]
WHOLE_HOUR: Hour = ((0, MINUTES_PER_HOUR),)


def week_hours(windows: Iterable[Window]) -> tuple[tuple[Hour, ...], ...]:
    """For each weekday (0 = Monday) its 24 hours. A night belongs to both days here, as a calendar shows it."""
    hours: list[list[tuple[int, int]]] = [[] for _ in range(DAYS_PER_WEEK * HOURS_PER_DAY)]
    for start, end in WeeklyWindows(windows).spans:
        for hour in range(start // MINUTES_PER_HOUR, -(-end // MINUTES_PER_HOUR)):
            begin = hour * MINUTES_PER_HOUR
            hours[hour].append((max(start - begin, 0), min(end - begin, MINUTES_PER_HOUR)))
    cells = [tuple(hour) for hour in hours]
    return tuple(tuple(cells[at : at + HOURS_PER_DAY]) for at in range(0, len(cells), HOURS_PER_DAY))


def minutes_a_week(windows: Iterable[Window]) -> int:
    """How many minutes of a week are open; one that several windows cover counts once."""
    return sum(end - start for start, end in WeeklyWindows(windows).spans)
