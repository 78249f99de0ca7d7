"""A clock that is neither the machine's nor ever still, and what was sent to the ledger's database."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext

from django_adbudget import clock
from django_adbudget.services.gate import ledger_alias
from tests.factories import NOW

ZONES = ("UTC", "America/New_York", "Asia/Kathmandu", "Europe/Berlin")
"""In none of them is ``NOW`` within hours of a midnight, or of an edge of the windows below."""
OPEN, CLOSED = ("04:00", "22:00"), ("22:00", "04:00")


class TickingClock:
    """Stands in for ``django.utils.timezone`` in the one module that reads it: a millisecond passes at each look."""

    def __init__(self) -> None:
        self._looks = itertools.count()

    def now(self) -> datetime:
        return NOW + timedelta(milliseconds=next(self._looks))


def install_clock(monkeypatch: pytest.MonkeyPatch) -> TickingClock:
    ticking = TickingClock()
    monkeypatch.setattr(clock, "timezone", ticking)
    return ticking


@contextmanager
def captured(alias: str | None = None) -> Iterator[list[str]]:
    """The statements sent to the ledger's database in the block, in order, once it has ended."""
    statements: list[str] = []
    with CaptureQueriesContext(connections[alias or ledger_alias()]) as context:
        yield statements
    statements.extend(query["sql"] for query in context.captured_queries)
