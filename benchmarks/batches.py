"""Batches of 10,000 against rows alone: COPY on PostgreSQL, ``executemany`` on SQLite."""

from __future__ import annotations

from collections.abc import Iterator

from django.core.management import call_command

from django_adbudget import services
from django_adbudget.services import SpendEntry

from . import aftermath, data, routers
from .limits import copying
from .measuring import Row, Scale, in_turn

_A_BRAND = 10
_BATCH = 10_000


def batches(scale: Scale) -> Iterator[Row]:
    """Over 100 and over 10,000 campaigns, ten to a brand, every entry with a key."""
    for campaigns, target in ((100, 0.45), (10_000, 0.20)):
        ours, limit = _measure(scale, campaigns, copying.copy)
        work = f"batch of {_BATCH:,} over {campaigns:,} campaigns"
        yield Row("batches", work, _rate(ours), f"COPY {_rate(limit)}", limit / ours, target, at_least=True)


def portable_batch(scale: Scale) -> Iterator[Row]:
    """The portable way, on SQLite."""
    with routers.on("portable"):
        call_command("migrate", database="portable", verbosity=0)
        ours, limit = _measure(scale, 100, copying.execute_many)
    work = f"batch of {_BATCH:,} over 100 campaigns, SQLite"
    yield Row("portable", work, _rate(ours), f"executemany {_rate(limit)}", limit / ours, 0.15, at_least=True)


def _measure(scale: Scale, campaigns: int, limit: object) -> tuple[float, float]:
    assert callable(limit)
    data.empty()
    data.campaigns(campaigns, _A_BRAND, budget=1_000_000)
    services.reconcile(now=data.NOW)
    data.analyze()
    copying.make_table()
    entries = {turn: _entries(campaigns, turn) for turn in range(scale.of(6, 4))}
    made = {turn: copying.rows(_BATCH, campaigns, _A_BRAND, str(turn)) for turn in entries}
    mine, theirs = iter(entries.values()), iter(made.values())
    ours, bare = in_turn(
        lambda: services.record_spend_batch(next(mine), now=data.NOW),
        lambda: limit(next(theirs)),
        turns=len(entries) - 1,
    )
    aftermath.check(data.NOW)
    return ours, bare


def _entries(campaigns: int, turn: int) -> list[SpendEntry]:
    return [SpendEntry(campaign_id=n % campaigns + 1, amount=1, idempotency_key=f"{turn}-{n}") for n in range(_BATCH)]


def _rate(seconds: float) -> str:
    return f"{_BATCH / seconds:,.0f}/s"
