"""Sweep and tick: campaigns with five windows each and budgets, nothing or much of it due."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial

from django_adbudget import services
from django_adbudget.models import Campaign

from . import aftermath, data
from .limits import usual
from .measuring import Row, Scale, in_turn, medians, seconds
from .routers import Chosen

_A_BRAND = 100


def sweeps(scale: Scale) -> Iterator[Row]:
    """A sweep with nothing to change, against the dayparting check of the fastest like system; then an idle tick."""
    count = scale.of(10_000, 2_000)
    prepare(count)
    ours, limit, tick = in_turn(
        lambda: services.reconcile(now=data.NOW),
        lambda: usual.check_dayparting(data.NOW),
        lambda: services.reconcile(now=data.NOW, due_only=True),
    )
    aftermath.check(data.NOW)
    each, theirs = f"{ours / count * 1e6:.1f} us/campaign", f"usual check {limit / count * 1e6:.1f} us"
    yield Row("sweeps", f"sweep of {count:,}, nothing to change", each, theirs, ours / limit, 50 / 34, at_least=False)
    figures = f"{tick * 1e3:.2f} ms", f"usual check {limit * 1e3:.0f} ms"
    yield Row("sweeps", f"idle tick at {count:,}", *figures, tick / limit, 1 / 20, at_least=False)


def million(scale: Scale) -> Iterator[Row]:
    """A million campaigns: a sweep with nothing to change, and ticks with 0, 1,000 and 100,000 due."""
    count, most = scale.of(1_000_000, 10_000), scale.of(10_000, 100) / 1_000
    prepare(count)
    [taken] = in_turn(lambda: services.reconcile(now=data.NOW), turns=scale.of(5, 3))
    figures = f"{taken:,.2f} s", f"aim {most:g} s"
    yield Row("million", f"sweep of {count:,}, nothing to change", *figures, taken / most, 1, at_least=False)
    idle, *_ = in_turn(lambda: services.reconcile(now=data.NOW, due_only=True))
    yield _tick(count, 0, idle, 0.020)
    for due, most in ((scale.of(1_000, 10), 0.2), (scale.of(100_000, 1_000), 8.0)):
        [taken] = medians(partial(seconds_of_due, due), turns=scale.of(5, 3))
        yield _tick(count, due, taken, most)
    aftermath.check_statuses(data.NOW)


def _tick(count: int, due: int, taken: float, most: float) -> Row:
    figures = f"{taken * 1e3:,.1f} ms", f"aim {most * 1e3:,.0f} ms"
    return Row("million", f"tick at {count:,}, {due:,} due", *figures, taken / most, 1, at_least=False)


def prepare(count: int) -> None:
    """Campaigns in five zones, evaluated, with spend of today; nothing is left to do at ``NOW``."""
    data.empty()
    data.campaigns(count, _A_BRAND, budget=1_000, zones=5)
    data.windows(count)
    data.totals(count, _A_BRAND)
    data.analyze()
    evaluated = range(1, data.PERIOD // _A_BRAND + 1)
    services.reconcile(brands=evaluated, now=data.NOW)
    data.repeat_projection()
    data.analyze()


def seconds_of_due(due: int) -> float:
    """Seconds of a tick with some campaigns due whose windows have opened or closed: their stored status is turned."""
    campaigns = Campaign._base_manager.using(Chosen.alias)
    at: datetime = data.NOW - timedelta(minutes=1)
    some = campaigns.filter(pk__lte=due)
    some.filter(status="ACTIVE").update(
        status="PAUSED_DAYPART", status_reasons=("OUTSIDE_DAYPARTING",), next_check_at=at
    )
    some.exclude(next_check_at=at).update(next_check_at=at)
    return seconds(lambda: services.reconcile(now=data.NOW, due_only=True))
