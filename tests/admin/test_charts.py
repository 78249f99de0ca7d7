"""Bars as geometry: whatever the amounts are, every bar lies in the box and stands on zero."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_adbudget.admin.charts import HEIGHT, WIDTH, Chart, Column, bar_chart, decimal_places, nice_ticks
from django_adbudget.rules import from_micros

amounts = st.integers(-(10**18), 10**18).map(from_micros) | st.integers(-50, 50).map(from_micros)


def plain(ticks: object) -> list[str]:
    return [str(tick) for tick in ticks]  # type: ignore[attr-defined]


def chart_of(*values: Decimal | int | str | None, limit: Decimal | None = None, now: float | None = None) -> Chart:
    columns = [
        Column(str(n), (None if value is None else Decimal(value),), (f"tip {n}",)) for n, value in enumerate(values)
    ]
    return bar_chart(columns, ("ab-now",), plain, limit=limit, now=now)


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        ("0", "0", ["0", "1"]),
        ("0", "97", ["0", "50", "100"]),
        ("0", "100", ["0", "50", "100"]),
        ("0", "80", ["0", "20", "40", "60", "80"]),
        ("0", "3", ["0", "1", "2", "3"]),
        ("0", "0.07", ["0.00", "0.02", "0.04", "0.06", "0.08"]),
        ("0", "0.000001", ["0", "0.000001"]),
        ("-5", "12", ["-5", "0", "5", "10", "15"]),
        ("-40", "-3", ["-40", "-30", "-20", "-10", "0"]),
    ],
)
def test_ticks_are_round_figures(low: str, high: str, ticks: list[str]) -> None:
    assert nice_ticks(Decimal(low), Decimal(high)) == [Decimal(tick) for tick in ticks]


@given(amounts, amounts)
def test_ticks_hold_every_amount_and_are_few(one: Decimal, other: Decimal) -> None:
    """M1: to the micro-unit."""
    low, high = min(one, other), max(one, other)
    ticks = nice_ticks(low, high)
    assert ticks[0] <= low
    assert ticks[-1] >= high
    assert Decimal(0) in ticks
    assert 2 <= len(ticks) <= 8
    assert len({tick - before for before, tick in pairwise(ticks)}) == 1
    assert decimal_places(ticks) <= 6


@given(st.lists(st.none() | amounts, min_size=1, max_size=31), st.none() | amounts.map(abs))
def test_bars_lie_in_the_box_and_stand_on_zero(values: list[Decimal | None], limit: Decimal | None) -> None:
    chart = chart_of(*values, limit=limit)
    assert len(chart.bars) == sum(1 for value in values if value)
    for bar, value in zip(chart.bars, filter(None, values), strict=True):
        assert bar.height >= 1
        assert chart.left <= bar.x <= bar.x + bar.width <= WIDTH
        assert -1 <= bar.y <= bar.y + bar.height <= HEIGHT
        foot = bar.y + bar.height if value > 0 else bar.y
        assert foot == pytest.approx(chart.zero, abs=0.1)


def test_no_amount_at_all_gives_an_axis_and_no_bar() -> None:
    chart = chart_of(None, 0, None)
    assert chart.bars == ()
    assert [tick.label for tick in chart.ticks] == ["0", "1"]


def test_a_tiny_amount_beside_a_huge_one_is_seen() -> None:
    huge, tiny = chart_of("999999999.999999", "0.000001").bars
    assert huge.height > 100
    assert tiny.height == 1


def test_bars_of_a_column_stand_side_by_side() -> None:
    columns = [Column("0", (Decimal(1), Decimal(2)), ("a", "b"), ("", "ab-reached"))]
    one, two = bar_chart(columns, ("ab-before", "ab-now"), plain).bars
    assert one.x + one.width <= two.x + 0.2
    assert two.height == pytest.approx(2 * one.height, abs=0.2)
    assert (one.css, two.css, one.tip, two.tip) == ("ab-before", "ab-now ab-reached", "a", "b")


def test_the_limit_is_a_line_unless_it_would_press_the_bars_flat() -> None:
    assert chart_of(5, 10, limit=Decimal(20)).line == chart_of(5, 20).bars[1].y
    assert chart_of(5, 10, limit=Decimal(101)).line is None
    assert chart_of(0, limit=Decimal(50)).line is not None
    assert chart_of(5, limit=Decimal(0)).line == chart_of(5).zero


def test_the_present_stands_between_its_columns() -> None:
    chart = chart_of(1, 1, 1, 1, now=1.5)
    assert chart.now == pytest.approx(chart.bars[1].x + chart.bars[1].width / 2, abs=0.2)


def test_long_figures_get_the_room_they_need() -> None:
    assert chart_of("999999999").left > chart_of(9).left
