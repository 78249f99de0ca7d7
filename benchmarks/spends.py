"""One spend at a time, strict: against pgbench running the same statements, and against the usual way."""

from __future__ import annotations

import multiprocessing
import random
import tempfile
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any
from uuid import uuid4

from django.db import connections

from django_adbudget import services

from . import aftermath, data
from .limits import pgbench, usual
from .measuring import Row, Scale, in_turn, medians
from .server import pgbench as find_pgbench

_FORK = multiprocessing.get_context("fork")


def spends(scale: Scale) -> Iterator[Row]:
    """1, 4 and 16 clients over 10,000 brands, then 16 on one hot brand."""
    if find_pgbench() is None:
        raise SystemExit("pgbench is not installed: Debian has it in postgresql-contrib or postgresql-15")
    brands, lasting = scale.of(10_000, 1_000), scale.of(5, 1)
    for clients, over, target in ((1, brands, 0.60), (4, brands, 0.40), (16, brands, 0.25), (16, 1, 0.60)):
        _prepare(over)
        with tempfile.TemporaryDirectory() as folder:
            script = pgbench.script(Path(folder), over)
            ours, limit = medians(
                partial(_per_second, clients, over, lasting),
                partial(pgbench.per_second, script, clients, lasting),
                turns=scale.of(5, 3),
            )
        _forget_pgbench()
        aftermath.check(data.NOW)
        which = "one hot brand" if over == 1 else f"{over:,} brands"
        work = f"one spend, strict, {which}, {clients} client{'s' if clients > 1 else ''}"
        yield Row("spends", work, f"{ours:,.0f}/s", f"pgbench {limit:,.0f}/s", ours / limit, target, at_least=True)


def usual_way(scale: Scale) -> Iterator[Row]:
    """One client, in one process: this package and the usual way."""
    _prepare(brands := scale.of(10_000, 1_000))
    count = scale.of(500, 50)

    def ours() -> None:
        for _ in range(count):
            services.record_spend(random.randint(1, brands), 1, idempotency_key=uuid4().hex, now=data.NOW)

    def theirs() -> None:
        for _ in range(count):
            usual.record(random.randint(1, brands), Decimal(1), uuid4().hex, data.NOW)

    mine, limit = in_turn(ours, theirs)
    aftermath.check(data.NOW)
    figures = f"{count / mine:,.0f}/s", f"create+F+save {count / limit:,.0f}/s"
    yield Row("usual", "one spend, strict, 1 client, against the usual way", *figures, limit / mine, 4, at_least=True)


def _prepare(brands: int) -> None:
    """A campaign to each brand, with budgets that hold; statuses as they should be."""
    data.empty()
    data.campaigns(brands, 1, budget=1_000_000)
    services.reconcile(now=data.NOW)
    data.analyze()


def _forget_pgbench() -> None:
    """What pgbench recorded is as true as the rest, but the campaign that it copied from was never evaluated."""
    services.reconcile(now=data.NOW)


def _per_second(clients: int, campaigns: int, lasting: float) -> float:
    """Spends a second of ``clients`` processes, each with a connection, after all of them have begun."""
    connections.close_all()  # a connection does not outlive a fork
    gate, counts = _FORK.Barrier(clients + 1), _FORK.Queue()
    workers = [_FORK.Process(target=_client, args=(gate, counts, campaigns, lasting)) for _ in range(clients)]
    for worker in workers:
        worker.start()
    gate.wait(60)
    rates = [counts.get(timeout=60 + lasting) for _ in workers]
    for worker in workers:
        worker.join()
    return float(sum(rates))


def _client(gate: Any, counts: Any, campaigns: int, lasting: float) -> None:
    record = _recorder(campaigns)
    for _ in range(20):
        record()
    gate.wait(60)
    begun, done = perf_counter(), 0
    while (passed := perf_counter() - begun) < lasting:
        record()
        done += 1
    counts.put(done / passed)


def _recorder(campaigns: int) -> Callable[[], object]:
    chance = random.Random(uuid4().int)
    return lambda: services.record_spend(
        chance.randint(1, campaigns), 1, idempotency_key=f"{chance.getrandbits(64):x}", now=data.NOW
    )
