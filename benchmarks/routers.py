"""Everything goes to one database, which a benchmark may choose."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class Chosen:
    alias = "default"

    def db_for_read(self, model: Any, **hints: Any) -> str:
        return Chosen.alias

    def db_for_write(self, model: Any, **hints: Any) -> str:
        return Chosen.alias


@contextmanager
def on(alias: str) -> Iterator[None]:
    before, Chosen.alias = Chosen.alias, alias
    try:
        yield
    finally:
        Chosen.alias = before
