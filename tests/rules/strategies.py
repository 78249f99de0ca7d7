"""Windows to try: more often than chance would have it at the minutes where clocks change and days end."""

from __future__ import annotations

from datetime import date, time

from hypothesis import strategies as st

from django_adbudget.rules import WeeklyWindows, Window

from .oracle import MIDNIGHT, RawWindow, RawWindows
from .places import YEARS

ODD_TIMES = [
    MIDNIGHT, time(0, 1), time(0, 30), time(1), time(1, 30), time(2), time(2, 15), time(2, 30), time(2, 45),
    time(3), time(6, 30), time(12), time(22), time(22, 15), time(23), time(23, 30), time(23, 59),
]  # fmt: skip
wall_minutes = st.sampled_from(ODD_TIMES) | st.builds(time, st.integers(0, 23), st.integers(0, 59))
raw_window = st.tuples(st.integers(0, 6), wall_minutes, wall_minutes).filter(
    lambda window: window[1] != window[2] or window[1] == MIDNIGHT
)
whole_day = st.tuples(st.integers(0, 6), st.just(MIDNIGHT), st.just(MIDNIGHT))
every_day = st.tuples(wall_minutes, wall_minutes).filter(lambda edges: edges[0] != edges[1])


@st.composite
def raw_windows(draw: st.DrawFn) -> RawWindows:
    """None to eight windows; or the same hours on every day; or most days and some hours."""
    kind = draw(st.sampled_from(["some", "some", "daily", "nearly always"]))
    if kind == "daily":
        start, end = draw(every_day)
        return [(day, start, end) for day in range(7)]
    windows: list[RawWindow] = draw(st.lists(raw_window, max_size=8))
    if kind == "nearly always":
        windows += [(day, MIDNIGHT, MIDNIGHT) for day in draw(st.sets(st.integers(0, 6), min_size=5))]
    return windows


dates = st.dates(date(YEARS.start, 1, 1), date(YEARS.stop - 1, 12, 31))


def built(windows: RawWindows) -> WeeklyWindows:
    return WeeklyWindows(Window(*window) for window in windows)
