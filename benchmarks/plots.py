"""The growth figures as SVG: `python -m benchmarks.plots FILE.json [FOLDER]`. Logarithmic axes, nothing installed."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping, Sequence
from math import floor, log10
from pathlib import Path

_DOCS = Path(__file__).parent.parent / "docs"
_WIDTH, _HEIGHT, _MARGIN = 560, 320, 64
_COLORS = ("#0b62a4", "#b3541e")
_PLOTS = {
    "growth-recording": ("One spend, in ms, by the records that are there", {"a spend": r"a spend beside ([\d,]+)"}),
    "growth-reconciling": (
        "A sweep in microseconds for a campaign, and an idle tick in ms, by campaigns",
        {"sweep": r"sweep of ([\d,]+)$", "idle tick": r"idle tick at ([\d,]+)"},
    ),
}
Points = list[tuple[float, float]]


def main(path: Path, folder: Path = _DOCS) -> None:
    rows = [row for row in json.loads(path.read_text()) if row["name"] == "growth"]
    for name, (title, patterns) in _PLOTS.items():
        lines = {label: _points(rows, pattern) for label, pattern in patterns.items()}
        if all(lines.values()):
            (folder / f"{name}.svg").write_text(svg(title, lines))


def _points(rows: Sequence[Mapping[str, str]], pattern: str) -> Points:
    matches = ((re.match(pattern, row["work"]), row["ours"]) for row in rows)
    return [(float(m[1].replace(",", "")), float(ours.split()[0])) for m, ours in matches if m]


def svg(title: str, lines: Mapping[str, Points]) -> str:
    """The lines in a picture that explains itself to a reader of its source, too."""
    xs = [x for points in lines.values() for x, _ in points]
    ys = [y for points in lines.values() for _, y in points]
    x_axis, y_axis = _axis(xs), _axis(ys)
    box = f'viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" font-family="sans-serif" font-size="12"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {box}>',
        f'<title>{title}</title><rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>',
        f'<text x="{_WIDTH / 2}" y="24" text-anchor="middle" font-size="14">{title}</text>',
    ]
    for value in _ticks(x_axis):
        at = _x(value, x_axis)
        parts.append(_line(at, _MARGIN / 1.5, at, _HEIGHT - _MARGIN))
        parts.append(f'<text x="{at:.0f}" y="{_HEIGHT - _MARGIN + 18}" text-anchor="middle">{value:,.0f}</text>')
    for value in _ticks(y_axis):
        at = _y(value, y_axis)
        parts.append(_line(_MARGIN, at, _WIDTH - _MARGIN, at))
        parts.append(f'<text x="{_MARGIN - 8}" y="{at + 4:.0f}" text-anchor="end">{value:g}</text>')
    for color, (label, points) in zip(_COLORS, lines.items(), strict=False):
        parts.append(_curve(label, points, color, x_axis, y_axis))
    return "\n".join([*parts, "</svg>", ""])


def _curve(label: str, points: Points, color: str, x_axis: tuple[int, int], y_axis: tuple[int, int]) -> str:
    places = [(_x(x, x_axis), _y(y, y_axis)) for x, y in points]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{color}"/>' for x, y in places)
    figures = "".join(
        f'<text x="{x:.1f}" y="{y - 8:.1f}" text-anchor="middle" fill="{color}">{value:g}</text>'
        for (x, y), (_, value) in zip(places, points, strict=True)
    )
    x, y = places[-1]
    name = f'<text x="{x:.1f}" y="{y + 16:.1f}" text-anchor="end" fill="{color}">{label}</text>'
    return f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="2"/>{dots}{figures}{name}'


def _axis(values: Sequence[float]) -> tuple[int, int]:
    """The powers of ten between which the values lie."""
    low, high = floor(log10(min(values))), floor(log10(max(values)))
    return low, high if 10**high >= max(values) and high > low else high + 1


def _ticks(axis: tuple[int, int]) -> list[float]:
    return [10.0**power for power in range(axis[0], axis[1] + 1)]


def _x(value: float, axis: tuple[int, int]) -> float:
    return _MARGIN + (log10(value) - axis[0]) / (axis[1] - axis[0]) * (_WIDTH - 2 * _MARGIN)


def _y(value: float, axis: tuple[int, int]) -> float:
    height = _HEIGHT - _MARGIN - _MARGIN / 1.5
    return _HEIGHT - _MARGIN - (log10(value) - axis[0]) / (axis[1] - axis[0]) * height


def _line(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="#ddd"/>'


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:3]))
