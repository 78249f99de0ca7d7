"""A progress bar on a terminal, by tqdm where that is installed; silence elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any, Protocol

from django.core.management.base import OutputWrapper


class Bar(Protocol):
    def update(self, n: int = 1) -> Any: ...

    def clear(self) -> Any:
        """Make room for a line of text; the next update draws the bar again."""


class _Nothing:
    def update(self, n: int = 1) -> None:
        pass

    def clear(self) -> None:
        pass


@contextmanager
def progress(stream: OutputWrapper, total: int, unit: str) -> Iterator[Bar]:
    """A bar on ``stream`` (a command's ``stderr``), cleared at the end."""
    tqdm = _tqdm() if stream.isatty() else None
    if tqdm is None:
        yield _Nothing()
        return
    # The stream below Django's wrapper, which ends each write with a line break.
    with tqdm(total=total, unit=unit, file=stream._out, leave=False) as bar:
        yield bar


def _tqdm() -> Any:
    try:
        return import_module("tqdm").tqdm
    except ImportError:
        return None
