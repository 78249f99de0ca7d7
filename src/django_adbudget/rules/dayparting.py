"""Weekly windows in local wall-clock minutes (rule T5)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from .calendar import Zone, as_utc, as_zone, day_bounds, offset_segment

MINUTES_PER_DAY = 24 * 60
MINUTES_PER_WEEK = 7 * MINUTES_PER_DAY
# A wall-clock anchor, never an instant: UTC moved by a zone's offset is compared with it.
_MONDAY = datetime(2024, 1, 1, tzinfo=UTC)
_WEEK = timedelta(weeks=1)
# The only window of a week can fall into the gap of a clock change; it then waits for the week after.
_HORIZON = timedelta(weeks=4)


@dataclass(frozen=True, slots=True)
class Window:
    """A half-open stretch ``[start, end)`` of a weekday (0 = Monday) in local wall-clock time.

    ``end`` before ``start`` runs overnight; ``end`` 00:00 is midnight at the end of the day; 00:00 to 00:00
    is the whole day. Raises ``ValueError`` for any other ``start == end``, for a weekday outside 0 to 6, and
    for times with a zone or finer than a minute.
    """

    day_of_week: int
    start: time
    end: time

    def __post_init__(self) -> None:
        if self.day_of_week not in range(7):
            raise ValueError(f"day_of_week must be 0 (Monday) to 6 (Sunday), not {self.day_of_week!r}")
        for name in ("start", "end"):
            _check_wall_time(name, getattr(self, name))
        if self.start == self.end != time():
            empty = f"a window from {self.start:%H:%M} to {self.end:%H:%M} is empty"
            raise ValueError(f"{empty}; 00:00 to 00:00 is a whole day")

    @property
    def minutes(self) -> tuple[int, int]:
        """Start and end as minutes since Monday 00:00; the end may pass the end of the week."""
        start = self.day_of_week * MINUTES_PER_DAY + _minute(self.start)
        end = self.day_of_week * MINUTES_PER_DAY + _minute(self.end)
        return start, end if end > start else end + MINUTES_PER_DAY


class WeeklyWindows:
    """The union of some windows. Immutable; equal where the union is."""

    __slots__ = ("_changes", "_edges", "_spans")

    def __init__(self, windows: Iterable[Window]) -> None:
        self._spans = _merged(window.minutes for window in windows)
        self._edges = tuple(timedelta(minutes=edge) for span in self._spans for edge in span)
        self._changes = _changes(self._edges)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, WeeklyWindows) and self._spans == other._spans

    def __hash__(self) -> int:
        return hash(self._spans)

    def __bool__(self) -> bool:
        return bool(self._spans)

    def __repr__(self) -> str:
        return f"WeeklyWindows({list(self._spans)})"

    @property
    def spans(self) -> tuple[tuple[int, int], ...]:
        """The union in minutes since Monday 00:00, half-open, in order, merged and cut at the week's end."""
        return self._spans

    def contains(self, instant: datetime, zone: Zone) -> bool:
        """Whether a window is open at an instant, by the wall clock: twice in a fold and never in a gap."""
        at = as_utc(instant)
        return self._open_at(_into_week(at, offset_segment(at, as_zone(zone))[0]))

    def next_change(self, instant: datetime, zone: Zone) -> datetime | None:
        """The next instant after ``instant``, in UTC, at which ``contains`` changes; None if never."""
        if not self._changes:
            return None
        info = as_zone(zone)
        at = as_utc(instant)
        last = at + _HORIZON
        was_open = None
        while at < last:
            offset, until = offset_segment(at, info)
            into_week = _into_week(at, offset)
            if was_open is None:
                was_open = self._open_at(into_week)
            elif self._open_at(into_week) != was_open:
                return at
            change = at + (self._changes[bisect_right(self._changes, into_week)] - into_week)
            if change < until:
                return change
            at = until
        return None

    def intervals(self, date: date, zone: Zone) -> list[tuple[datetime, datetime]]:
        """The open stretches of a local date as UTC instants, half-open, merged, in order."""
        info = as_zone(zone)
        at, end = day_bounds(date, info)
        stretches = []
        while at < end:
            change = min(self.next_change(at, info) or end, end)
            if self.contains(at, info):
                stretches.append((at, change))
            at = change
        return stretches

    def _open_at(self, into_week: timedelta) -> bool:
        return bisect_right(self._edges, into_week) % 2 == 1


def _into_week(at: datetime, offset: timedelta) -> timedelta:
    """How far the wall clock is from Monday 00:00."""
    return (at + offset - _MONDAY) % _WEEK


def _changes(edges: tuple[timedelta, ...]) -> tuple[timedelta, ...]:
    """The edges at which open and closed change, and the first of the next week, so that one follows."""
    if edges and edges[0] == timedelta() and edges[-1] == _WEEK:
        edges = edges[1:-1]  # a window runs on from Sunday into Monday
    return (*edges, edges[0] + _WEEK) if edges else ()


def _merged(spans: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Spans cut at the week's end, in order, with those that touch or overlap made one."""
    cut: list[tuple[int, int]] = []
    for start, end in spans:
        cut.append((start, min(end, MINUTES_PER_WEEK)))
        if end > MINUTES_PER_WEEK:
            cut.append((0, end - MINUTES_PER_WEEK))
    merged: list[tuple[int, int]] = []
    for start, end in sorted(cut):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)


def _minute(value: time) -> int:
    return value.hour * 60 + value.minute


def _check_wall_time(name: str, value: object) -> None:
    if not isinstance(value, time):
        raise ValueError(f"{name} must be a datetime.time, not {value!r}")  # noqa: TRY004  the contract says ValueError
    if value.tzinfo or value.second or value.microsecond:
        raise ValueError(f"{name} must be a plain wall-clock minute, not {value.isoformat()}")
