"""Bars as geometry: money in, coordinates out. Knows neither tables nor templates.

Charts read from left to right in every language, as plots of numbers do; their words are the caller's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from ..rules.money import MICROS_PER_UNIT

WIDTH, HEIGHT = 480.0, 210.0
_TOP, _BOTTOM, _RIGHT = 10.0, 22.0, 6.0
_LABEL_GAP, _CHARACTER = 6.0, 6.2
_FINEST = Decimal(1) / MICROS_PER_UNIT
_STEPS = (Decimal(1), Decimal(2), Decimal(5), Decimal(10))
#: A limit further above the bars than this is not drawn: it would press them flat.
_HEADROOM = 10


@dataclass(frozen=True, slots=True)
class Column:
    """What stands above one label of the axis: a value for each series, None where there is none (yet).

    ``label`` is empty where the axis shows none; ``tips`` say a bar in words.
    """

    label: str
    values: tuple[Decimal | None, ...]
    tips: tuple[str, ...]
    classes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Bar:
    x: float
    y: float
    width: float
    height: float
    css: str
    tip: str


@dataclass(frozen=True, slots=True)
class Tick:
    y: float
    value: Decimal
    label: str


@dataclass(frozen=True, slots=True)
class Label:
    x: float
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A bar chart in user units of a box of ``width`` by ``height``; ``zero`` is where the bars stand.

    ``line`` is the height of the limit, None without one or where it lies too far above. ``now`` is where the present
    stands on the axis, None if it is not on it.
    """

    left: float
    zero: float
    bars: tuple[Bar, ...]
    ticks: tuple[Tick, ...]
    labels: tuple[Label, ...]
    line: float | None
    now: float | None
    width: float = WIDTH
    height: float = HEIGHT
    top: float = _TOP
    bottom: float = HEIGHT - _BOTTOM
    right: float = WIDTH - _RIGHT

    @property
    def tick_end(self) -> float:
        """Where the words beside the axis end."""
        return round(self.left - _LABEL_GAP, 1)


class Axis:
    """The scale of amounts: round figures from the lowest to the highest, zero always among them."""

    def __init__(self, low: Decimal, high: Decimal) -> None:
        self.ticks = nice_ticks(low, high)
        self._low, self._high = self.ticks[0], self.ticks[-1]

    def y(self, value: Decimal) -> float:
        share = float((value - self._low) / (self._high - self._low))
        return round(HEIGHT - _BOTTOM - share * (HEIGHT - _BOTTOM - _TOP), 1)


def nice_ticks(low: Decimal, high: Decimal, wanted: int = 4) -> list[Decimal]:
    """Round figures, 1, 2 or 5 times a power of ten apart, that hold ``low``, ``high`` and zero between them.

    Never finer than a micro-unit; nothing at all gives 0 and 1.
    """
    low, high = min(low, Decimal(0)), max(high, Decimal(0))
    if low == high:
        return [Decimal(0), Decimal(1)]
    step = _step((high - low) / wanted)
    first = int((low / step).to_integral_value(ROUND_FLOOR))
    last = int((high / step).to_integral_value(ROUND_CEILING))
    return [step * n for n in range(first, last + 1)]


def decimal_places(ticks: Sequence[Decimal]) -> int:
    """How many decimals it takes to tell the ticks apart."""
    return max(max(-int(tick.normalize().as_tuple().exponent), 0) for tick in ticks)


def bar_chart(
    columns: Sequence[Column],
    series: Sequence[str],
    tick_labels: Callable[[Sequence[Decimal]], list[str]],
    *,
    limit: Decimal | None = None,
    now: float | None = None,
) -> Chart:
    """Columns side by side, a bar for each of ``series`` (their CSS classes).

    ``limit`` is drawn as a line across, ``now`` is how many columns of the axis are over.
    """
    values = [value for column in columns for value in column.values if value is not None]
    low, high = min(values, default=Decimal(0)), max(values, default=Decimal(0))
    drawn = limit is not None and (high <= 0 or limit <= high * _HEADROOM)
    axis = Axis(low, max(high, limit) if drawn and limit is not None else high)
    labels = tick_labels(axis.ticks)
    left = round(_LABEL_GAP + _CHARACTER * max(map(len, labels)) + 2, 1)
    slot = (WIDTH - _RIGHT - left) / max(len(columns), 1)
    return Chart(
        left=left,
        zero=axis.y(Decimal(0)),
        bars=tuple(
            bar for at, column in enumerate(columns) for bar in _bars(column, series, left + at * slot, slot, axis)
        ),
        ticks=tuple(Tick(axis.y(t), t, label) for t, label in zip(axis.ticks, labels, strict=True)),
        labels=tuple(
            Label(round(left + (at + 0.5) * slot, 1), column.label) for at, column in enumerate(columns) if column.label
        ),
        line=axis.y(limit) if drawn and limit is not None else None,
        now=None if now is None else round(left + now * slot, 1),
    )


def _bars(column: Column, series: Sequence[str], x: float, slot: float, axis: Axis) -> list[Bar]:
    gap = slot * 0.1
    width = (slot - 2 * gap) / len(series)
    zero = axis.y(Decimal(0))
    bars = []
    for at, (value, css) in enumerate(zip(column.values, series, strict=True)):
        if not value:
            continue
        y = axis.y(value)
        # What is there is seen, however small beside the others.
        height = max(abs(y - zero), 1.0)
        classes = " ".join(filter(None, [css, *column.classes[at : at + 1]]))
        top = zero - height if value > 0 else zero
        left = x + gap + at * width
        bars.append(Bar(round(left, 1), round(top, 1), round(width, 1), round(height, 1), classes, column.tips[at]))
    return bars


def _step(least: Decimal) -> Decimal:
    power = Decimal(1).scaleb(least.adjusted())
    return max(next(power * step for step in _STEPS if power * step >= least), _FINEST)
