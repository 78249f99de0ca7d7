"""Where the story is shown: a live table on a terminal with rich, lines of text elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from types import TracebackType
from typing import Self

from agency.demo.story import END, START, Note, Story, Turn
from agency.demo.words import brand_of, what, when

Table = tuple[Sequence[str], Iterable[Sequence[str]]]
"""Headings, and rows."""


class Stage:
    """Plain text, for a file or a terminal without rich."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing to put away."""

    def heading(self, text: str) -> None:
        print(f"\n{text}\n{'-' * len(text)}", flush=True)

    def say(self, text: str) -> None:
        print(text, flush=True)

    def tell(self, said: Note | Turn) -> None:
        print(f"  {when(said):<36} {_subject(said):<32} {_predicate(said)}", flush=True)

    def clock(self, now: datetime, story: Story) -> None:
        if now.hour % 12 == 0 and now.minute == 0:
            print(
                f"[{_share(now):4.0%}] {now:%a %d %b %H:%M} UTC, {len(story.running)} campaigns run",
                flush=True,
            )

    def table(self, table: Table) -> None:
        headings, rows = table
        lines = [list(headings), *map(list, rows)]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        for line in lines:
            print("  " + "  ".join(f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True)).rstrip())


def best_stage() -> Stage:
    if not sys.stdout.isatty():
        return Stage()
    try:
        from agency.demo.live import LiveStage
    except ImportError:  # rich is not installed
        return Stage()
    return LiveStage()


def _share(now: datetime) -> float:
    return (now - START) / (END - START)


def _subject(said: Note | Turn) -> str:
    return said.brand.name if isinstance(said, Note) else f"{brand_of(said)} / {said.change.campaign}"


def _predicate(said: Note | Turn) -> str:
    return said.text if isinstance(said, Note) else what(said)
