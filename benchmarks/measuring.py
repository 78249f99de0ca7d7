"""Two ways in turn, medians, and a ratio beside its target."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

TURNS = 5


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. ``ratio`` is None where an absolute figure has a target of its own."""

    name: str
    work: str
    ours: str
    limit: str
    ratio: float
    target: float
    at_least: bool

    @property
    def is_met(self) -> bool:
        return self.ratio >= self.target if self.at_least else self.ratio <= self.target

    def __str__(self) -> str:
        sign = ">=" if self.at_least else "<="
        verdict = "met" if self.is_met else "MISSED"
        return f"{self.work:<62} {self.ours:>15} {self.limit:>26} {self.ratio:>9.3g} {sign} {self.target:<6g} {verdict}"


@dataclass(frozen=True, slots=True)
class Scale:
    """How large a run is: everything, or a sample that takes seconds."""

    quick: bool

    def of(self, full: int, quick: int) -> int:
        return quick if self.quick else full


def seconds(work: Callable[[], object]) -> float:
    begun = perf_counter()
    work()
    return perf_counter() - begun


def in_turn(*ways: Callable[[], object], turns: int = TURNS) -> list[float]:
    """The median seconds of each way, taken in turn after a round that is not counted."""
    return medians(*((lambda way=way: seconds(way)) for way in ways), turns=turns)


def medians(*figures: Callable[[], float], turns: int = TURNS, warm: bool = True) -> list[float]:
    """The median of what each function gives, asked in turn."""
    if warm:
        for figure in figures:
            figure()
    taken = [[figure() for figure in figures] for _ in range(turns)]
    return [median(column) for column in zip(*taken, strict=True)]


def write_json(path: Path, rows: Sequence[Row]) -> None:
    path.write_text(json.dumps([asdict(row) | {"is_met": row.is_met} for row in rows], indent=2) + "\n")
