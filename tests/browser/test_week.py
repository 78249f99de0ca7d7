"""week.js: what painting makes of windows, held to every one of a week's 10,080 minutes (rule T5)."""

from __future__ import annotations

from datetime import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Page

import django_adbudget
from django_adbudget.rules import Window

SCRIPT = Path(django_adbudget.__file__).parent / "static" / "django_adbudget" / "week.js"
DAY, WEEK = 1440, 10_080
MINUTES = frozenset(range(WEEK))
Painted = dict[str, Any]

edges = st.sampled_from([0, 30, 60, 390, 540, 1080, 1335, 1380, 1439]) | st.integers(0, 1439)


def painted(day: int, start: int, end: int) -> Painted:
    return {"day": day, "start": start, "end": end if end > start else end + DAY}


window = (
    st.tuples(st.integers(0, 6), edges, edges).filter(lambda w: w[1] != w[2] or w[1] == 0).map(lambda w: painted(*w))
)
weeks = st.lists(window, max_size=8).map(lambda ws: [{**w, "row": n} for n, w in enumerate(ws)])
hours = st.tuples(st.integers(0, 23), st.integers(1, 24)).filter(lambda h: h[0] < h[1])
many = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def week(page: Page) -> Page:
    page.add_script_tag(path=SCRIPT)
    return page


def run(page: Page, name: str, *arguments: object) -> list[Painted]:
    """What a function of week.js makes of a week; each of its windows is one that can be stored."""
    call = "([name, args]) => name.split('.').reduce((found, part) => found[part], adbudget.week)(...args)"
    result: list[Painted] = page.evaluate(call, [name, list(arguments)])
    for each in result:
        clock = [time(minute // 60 % 24, minute % 60) for minute in (each["start"], each["end"])]
        start = each["day"] * DAY + each["start"]
        assert Window(each["day"], *clock).minutes == (start, start + each["end"] - each["start"])
    rows = [each["row"] for each in result if "row" in each]
    assert len(rows) == len(set(rows))
    return result


def minutes(windows: list[Painted]) -> frozenset[int]:
    spans = (range(w["day"] * DAY + w["start"], w["day"] * DAY + w["end"]) for w in windows)
    return frozenset(minute % WEEK for span in spans for minute in span)


def span(day: int, start: int, end: int) -> frozenset[int]:
    return frozenset(range(day * DAY + start * 60, day * DAY + end * 60))


@many
@given(windows=weeks, day=st.integers(0, 6), painted_hours=hours)
@example(windows=[painted(0, 540, 480) | {"row": 0}], day=0, painted_hours=(8, 9))  # 24 hours are no one window
def test_painting_opens_these_hours_and_nothing_else(
    week: Page, windows: list[Painted], day: int, painted_hours: tuple[int, int]
) -> None:
    start, end = painted_hours
    result = run(week, "fill", windows, day, start * 60, end * 60)
    assert minutes(result) == minutes(windows) | span(day, start, end)
    assert [w for w in windows if w["day"] != day and w not in result] == []
    if span(day, start, end) <= minutes(windows):
        assert result == windows


@many
@given(windows=weeks, day=st.integers(0, 6), painted_hours=hours)
def test_erasing_closes_these_hours_and_nothing_else(
    week: Page, windows: list[Painted], day: int, painted_hours: tuple[int, int]
) -> None:
    start, end = painted_hours
    result = run(week, "cut", windows, day, start * 60, end * 60)
    assert minutes(result) == minutes(windows) - span(day, start, end)
    assert [w for w in windows if not minutes([w]) & span(day, start, end) and w not in result] == []


@many
@given(windows=weeks)
def test_inverting_opens_what_was_closed_to_the_minute(week: Page, windows: list[Painted]) -> None:
    inverted = run(week, "presets.invert", windows)
    assert minutes(inverted) == MINUTES - minutes(windows)
    assert minutes(run(week, "presets.invert", inverted)) == minutes(windows)


@settings(many, max_examples=40)
@given(windows=weeks)
def test_presets_replace_the_week(week: Page, windows: list[Painted]) -> None:
    office = run(week, "presets.office", windows)
    assert [(w["day"], w["start"], w["end"]) for w in office] == [(day, 540, 1080) for day in range(5)]
    assert minutes(run(week, "presets.all", windows)) == MINUTES
    assert len(run(week, "presets.all", windows)) == 7
    assert minutes(run(week, "presets.weekend", windows)) == frozenset(range(5 * DAY, WEEK))
    assert run(week, "presets.clear", windows) == []
    assert run(week, "presets.office", office) == office


@many
@given(windows=weeks, day=st.integers(0, 6), days=st.sets(st.integers(0, 6)))
def test_a_day_is_copied_with_its_night(week: Page, windows: list[Painted], day: int, days: set[int]) -> None:
    def starting(week: list[Painted], on: int) -> list[tuple[int, int]]:
        return sorted((w["start"], w["end"]) for w in week if w["day"] == on)

    result = run(week, "copy", windows, day, sorted(days))
    for other in range(7):
        assert starting(result, other) == starting(windows, day if other in days else other)


@settings(many, max_examples=60)
@given(cells=st.lists(st.tuples(st.integers(0, 6), st.integers(0, 23)), max_size=60))
def test_hours_painted_one_by_one_are_as_few_windows_as_can_be(week: Page, cells: list[tuple[int, int]]) -> None:
    paint = """(cells) => cells.reduce((ws, [day, h]) => adbudget.week.fill(ws, day, h * 60, h * 60 + 60), [])"""
    result: list[Painted] = week.evaluate(paint, [list(cell) for cell in cells])
    assert minutes(result) == frozenset().union(*(span(day, hour, hour + 1) for day, hour in cells))
    assert len(result) == len({(day, hour) for day, hour in cells} - {(day, hour + 1) for day, hour in cells})
    opened: list[list[list[int]]] = week.evaluate("(ws) => adbudget.week.open(ws)", result)
    shown = {
        (day, hour)
        for day, spans in enumerate(opened)
        for start, end in spans
        for hour in range(start // 60, end // 60)
    }
    assert shown == set(cells)
