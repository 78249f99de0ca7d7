"""The rules of time once more, plain and slow: walk the UTC minutes, ask zoneinfo for the clock on the wall,
apply the rule's own words. Nothing here is shared with the code under test, and nothing is clever."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property, lru_cache
from operator import eq
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
MIDNIGHT = time(0, 0)

RawWindow = tuple[int, time, time]
RawWindows = Sequence[RawWindow]


def is_open(window: RawWindow, weekday: int, clock: time) -> bool:
    """Rule T5 for one window, by the weekday and the time on the wall."""
    day_of_week, start, end = window
    if start == end == MIDNIGHT:
        return weekday == day_of_week
    if end == MIDNIGHT:  # at the end of the day
        return weekday == day_of_week and clock >= start
    if start < end:
        return weekday == day_of_week and start <= clock < end
    yesterday = (weekday - 1) % 7
    return (weekday == day_of_week and clock >= start) or (yesterday == day_of_week and clock < end)


class Union:
    """Windows of which one suffices. Remembers what it said of a minute, since walks ask often."""

    def __init__(self, windows: RawWindows) -> None:
        self._windows = windows
        self._said: dict[tuple[int, int, int], bool] = {}

    def is_open(self, wall: datetime) -> bool:
        minute = (wall.weekday(), wall.hour, wall.minute)
        said = self._said.get(minute)
        if said is None:
            clock = time(wall.hour, wall.minute)
            said = self._said[minute] = any(is_open(window, minute[0], clock) for window in self._windows)
        return said


@lru_cache(maxsize=64)
def _union(windows: tuple[RawWindow, ...]) -> Union:
    return Union(windows)


def turns(values: Sequence[object]) -> list[int]:
    """Where a value differs from the one before."""
    return [index for index, same in enumerate(map(eq, values, values[1:]), start=1) if not same]


@dataclass(frozen=True)
class Walk:
    """Every UTC minute from ``start`` up to ``end``, with the wall clock of a zone."""

    zone: str
    start: datetime
    end: datetime

    @cached_property
    def minutes(self) -> list[datetime]:
        return [self.start + MINUTE * number for number in range((self.end - self.start) // MINUTE)]

    @cached_property
    def walls(self) -> list[datetime]:
        info = ZoneInfo(self.zone)
        return [minute.astimezone(info) for minute in self.minutes]

    @cached_property
    def dates(self) -> list[date]:
        return [wall.date() for wall in self.walls]

    def open_minutes(self, windows: RawWindows) -> list[bool]:
        return list(map(_union(tuple(windows)).is_open, self.walls))

    @cached_property
    def day_starts(self) -> dict[date, datetime]:
        """The first minute that bears each date, of dates that do not begin before the walk.

        A date that never was begins, for no time, where the one after it does.
        """
        first: dict[date, datetime] = {}
        for index in turns(self.dates):
            first.setdefault(self.dates[index], self.minutes[index])
        first.pop(self.dates[0], None)
        for day in sorted(first):
            if day - DAY not in first and day - DAY > self.dates[0]:
                first[day - DAY] = first[day]
        return first


def next_change(windows: RawWindows, zone: str, instant: datetime, weeks: int = 3) -> datetime | None:
    """The first whole minute after an instant at which the windows are open and were not, or the reverse."""
    info = ZoneInfo(zone)
    union = Union(windows)
    was_open = union.is_open(instant.astimezone(info))
    minute = instant.replace(second=0, microsecond=0)
    for _ in range(timedelta(weeks=weeks) // MINUTE):
        minute += MINUTE
        if union.is_open(minute.astimezone(info)) != was_open:
            return minute
    return None
