"""What single spends feel while campaigns fall due at one midnight: their slowest hundredth."""

from __future__ import annotations

import multiprocessing
import random
import threading
from collections.abc import Iterator
from datetime import timedelta
from time import perf_counter
from uuid import uuid4

from django.db import connections

from django_adbudget import services
from django_adbudget.models import Campaign

from . import aftermath, data
from .measuring import Row, Scale
from .reconciling import prepare

_FORK = multiprocessing.get_context("fork")
_WRITERS = 2


def midnight(scale: Scale) -> Iterator[Row]:
    """Spends of all campaigns from two threads, alone, and beside a worker whose tick finds everything due."""
    count, turns = scale.of(100_000, 4_000), scale.of(5, 3)
    prepare(count)
    calm, busy = [], []
    for _ in range(turns):
        busy += _latencies(count, beside_tick=True)
        calm += _latencies(count, beside_tick=False)
    services.reconcile(now=data.NOW)
    aftermath.check(data.NOW)
    ours, limit = _p99(busy), _p99(calm)
    figures = f"p99 {ours * 1e3:.1f} ms", f"without {limit * 1e3:.1f} ms"
    yield Row("midnight", f"spends while {count:,} campaigns fall due", *figures, ours / limit, 3, at_least=False)


def _tick() -> None:
    services.reconcile(now=data.NOW, due_only=True)


def _latencies(campaigns: int, *, beside_tick: bool) -> list[float]:
    """Seconds of each spend, while a tick runs in a process of its own or for a second; an error ends the benchmark."""
    if beside_tick:
        Campaign.objects.update(next_check_at=data.NOW - timedelta(minutes=1))
    connections.close_all()  # a connection does not outlive a fork
    worker = _FORK.Process(target=_tick)
    found: list[float] = []
    errors: list[Exception] = []
    over = threading.Event()
    writers = [threading.Thread(target=_write, args=(campaigns, over, found, errors)) for _ in range(_WRITERS)]
    if beside_tick:
        worker.start()  # before there are threads, which a fork would cut off
    for writer in writers:
        writer.start()
    if beside_tick:
        worker.join()
    else:
        over.wait(1)
    over.set()
    for writer in writers:
        writer.join()
    if beside_tick and worker.exitcode:
        raise RuntimeError(f"the tick ended with {worker.exitcode}")
    if errors:
        raise errors[0]
    return found


def _write(campaigns: int, over: threading.Event, found: list[float], errors: list[Exception]) -> None:
    try:
        while not over.is_set():
            begun = perf_counter()
            services.record_spend(random.randint(1, campaigns), 1, idempotency_key=uuid4().hex, now=data.NOW)
            found.append(perf_counter() - begun)
    except Exception as error:  # noqa: BLE001  a thread's error belongs to the thread that asked
        errors.append(error)
    finally:
        connections.close_all()


def _p99(latencies: list[float]) -> float:
    return sorted(latencies)[int(len(latencies) * 0.99)]
