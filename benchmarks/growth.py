"""Whether work grows with what is stored, and memory with what is swept."""

from __future__ import annotations

import multiprocessing
import resource
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

from django.db import connections

from django_adbudget import services
from django_adbudget.models import SpendRecord

from . import aftermath, data
from .measuring import Row, Scale, in_turn
from .reconciling import prepare

_SPAWN = multiprocessing.get_context("fork")


def memory(scale: Scale) -> Iterator[Row]:
    """The peak of a process that sweeps ten times as many campaigns."""
    peaks = []
    for count in (scale.of(100_000, 2_000), scale.of(1_000_000, 10_000)):
        prepare(count)
        peaks.append(_peak_of_sweep())
    figures = f"{peaks[1]:.0f} MiB", f"a tenth of it {peaks[0]:.0f} MiB"
    yield Row("memory", "peak memory of a sweep", *figures, peaks[1] / peaks[0], 1.5, at_least=False)


def _peak_of_sweep() -> float:
    """MiB that a fresh process has used at most once it has swept; it starts from what this one uses."""
    connections.close_all()
    answer: Any = _SPAWN.Queue()
    worker = _SPAWN.Process(target=_sweep, args=(answer,))
    worker.start()
    peak: float = answer.get(timeout=3_600)
    worker.join()
    return peak


def _sweep(answer: Any) -> None:
    services.reconcile(now=data.NOW)
    answer.put(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def growth(scale: Scale) -> Iterator[Row]:
    """Recording beside 0.1, 1 and 10 million records; sweep and tick at 10 thousand to a million campaigns."""
    yield from _recording([scale.of(n, n // 100) for n in (100_000, 1_000_000, 10_000_000)])
    yield from _reconciling([scale.of(n, n // 100) for n in (10_000, 100_000, 1_000_000)])


def _recording(sizes: list[int]) -> Iterator[Row]:
    campaigns, before, first = 10_000, 0, 0.0
    data.empty()
    data.campaigns(campaigns, 1, budget=1_000_000)
    for size in sizes:
        _ledger(before, size, campaigns)
        data.totals_of_ledger()
        services.reconcile(now=data.NOW)
        data.analyze()
        [taken] = in_turn(lambda: _record(300, campaigns))
        before, first = size, first or taken
        aftermath.check(data.NOW)
        figures = f"{taken / 300 * 1e3:.3f} ms", f"first {first / 300 * 1e3:.3f} ms"
        yield Row("growth", f"a spend beside {size:,} records", *figures, taken / first, 1.5, at_least=False)


def _ledger(before: int, size: int, campaigns: int) -> None:
    """Records over the 30 days before, beside those that are there."""
    columns = {
        "campaign_id": f"(i - 1) % {campaigns} + 1",
        "brand_id": f"(i - 1) % {campaigns} + 1",
        "amount": "1000000",
        "kind": "'SPEND'",
        "spend_datetime": f"'{data.NOW.isoformat()}'::timestamptz - (i / {campaigns} % 30 + 1) * interval '1 day'",
        "spend_date": f"DATE '{data.TODAY}' - (i / {campaigns} % 30 + 1)::int",
        "idempotency_key": "'made-' || i",
    }
    data.insert_range(SpendRecord, before + 1, size, columns)


def _record(count: int, campaigns: int) -> None:
    for n in range(count):
        services.record_spend(n * 31 % campaigns + 1, 1, idempotency_key=uuid4().hex, now=data.NOW)


def _reconciling(sizes: list[int]) -> Iterator[Row]:
    first: list[float] = []
    for size in sizes:
        prepare(size)
        sweep, tick = in_turn(
            lambda: services.reconcile(now=data.NOW), lambda: services.reconcile(now=data.NOW, due_only=True), turns=3
        )
        aftermath.check_statuses(data.NOW)
        first = first or [sweep / size, tick]
        figures = f"{sweep / size * 1e6:.1f} us/campaign", f"first {first[0] * 1e6:.1f} us"
        yield Row("growth", f"sweep of {size:,}", *figures, sweep / size / first[0], 1.5, at_least=False)
        figures = f"{tick * 1e3:.2f} ms", f"first {first[1] * 1e3:.2f} ms"
        yield Row("growth", f"idle tick at {size:,}", *figures, tick / first[1], 3, at_least=False)
