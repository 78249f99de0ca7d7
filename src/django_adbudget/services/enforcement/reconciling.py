"""Tick and sweep: status follows time, in chunks that hold no brand for long (rules S4, S4b, S5).

A tick evaluates what is due under the gate. A sweep looks at all campaigns first, without the gate, and evaluates
those that are not stored as they should be.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from django.db import DatabaseError, connections
from django.db.models import Count, F, QuerySet

from ... import telemetry
from ...clock import instant
from ...models import Brand, Campaign
from ...models.history import Cause
from ..chunks import chunks
from ..gate import in_transaction, ledger_alias, lock
from ..heartbeats import SWEEP, TICK, beat
from ..results import ReconcileResult
from . import evaluating
from .candidates import Finder

logger = logging.getLogger(__name__)
T = TypeVar("T")

#: Campaigns that one transaction evaluates if they are of one brand, and if they are of several: those have to wait
#: for each other.
CHUNK = 500
TOGETHER = 200
#: Campaigns that a sweep looks at in one go, and brands whose campaigns go together.
LOOK = 10_000
BRANDS = 1_000


@dataclass(frozen=True, slots=True)
class Chunk:
    """Brands whose campaigns are few enough to go together, or a part of one brand's, after a campaign id."""

    brand_ids: tuple[int, ...]
    campaigns: int
    partial: bool = False


def reconcile(
    *,
    brands: Iterable[Brand | int] | None = None,
    due_only: bool = False,
    now: datetime | None = None,
    dry_run: bool = False,
    advance: Callable[[int], object] | None = None,
) -> ReconcileResult:
    """Evaluate campaigns and write what differs: all of them (a sweep), or those that are due (a tick).

    ``brands`` narrows it; ``dry_run`` decides and counts, and writes nothing; ``advance`` hears how many campaigns
    each chunk had. A campaign that cannot be decided, or
    a chunk that the database refuses, is counted as ``failed``, logged, and stops no other (rule T7).
    """
    at, alias = instant(now), ledger_alias()
    campaigns = _campaigns(alias, brands, at, due_only)
    cause, finder = (Cause.TICK, None) if due_only else (Cause.SWEEP, Finder(alias, at))
    run = _Run(alias, at, campaigns, cause, dry_run, finder)
    result = ReconcileResult()
    with telemetry.timed(telemetry.TICK if due_only else telemetry.SWEEP):
        for chunk in _chunks(campaigns, due_only):
            result += run.chunk(chunk)
            if advance is not None:
                advance(chunk.campaigns)
    if brands is None and not dry_run:
        beat(TICK if due_only else SWEEP, at, alias)
    return result


def _campaigns(alias: str, brands: Iterable[Brand | int] | None, now: datetime, due_only: bool) -> QuerySet[Campaign]:
    campaigns = Campaign._base_manager.using(alias)
    if brands is not None:
        campaigns = campaigns.filter(brand__in=[b.pk if isinstance(b, Brand) else b for b in brands])
    return campaigns.filter(next_check_at__lte=now) if due_only else campaigns.all()


def _chunks(campaigns: QuerySet[Campaign], due_only: bool) -> Iterator[Chunk]:
    """Brands by the oldest evaluation, put together until they have a chunk's worth of campaigns."""
    most, most_together = (CHUNK, TOGETHER) if due_only else (LOOK, LOOK)
    oldest_first = F("brand__evaluated_at").asc(nulls_first=True)
    counts = campaigns.order_by().values_list("brand_id").annotate(n=Count("pk"))
    counts = counts.order_by("brand_id") if due_only else counts.order_by(oldest_first, "brand_id")
    together: list[int] = []
    size = 0
    for brand_id, count in list(counts):
        if together and (size + count > most_together or len(together) == BRANDS):
            yield Chunk(tuple(together), size)
            together, size = [], 0
        if count > most:
            yield Chunk((brand_id,), count, partial=True)
        else:
            together.append(brand_id)
            size += count
    if together:
        yield Chunk(tuple(together), size)


@dataclass(frozen=True, slots=True)
class _Run:
    alias: str
    now: datetime
    campaigns: QuerySet[Campaign]
    cause: Cause
    dry_run: bool
    finder: Finder | None
    """Who looks before anything is locked; a tick has none, since most of what is due changes."""

    def chunk(self, chunk: Chunk) -> ReconcileResult:
        brand_ids, result = chunk.brand_ids, ReconcileResult()
        if not chunk.partial:
            return self._part(brand_ids, self.campaigns.filter(brand__in=brand_ids), chunk.campaigns)
        for first, last, count in self._cuts(brand_ids[0]):
            part = self.campaigns.filter(brand__in=brand_ids, pk__range=(first, last))
            result += self._part(brand_ids, part, count)
        return result

    def _cuts(self, brand_id: int) -> Iterator[tuple[int, int, int]]:
        """Ranges of campaign ids that hold a chunk's worth each, of a brand that has more."""
        rest = self.campaigns.filter(brand=brand_id).order_by("pk").values_list("pk", flat=True)
        most = CHUNK if self.finder is None else LOOK
        ids = list(rest[:most])
        while ids:
            yield ids[0], ids[-1], len(ids)
            ids = list(rest.filter(pk__gt=ids[-1])[:most]) if len(ids) == most else []

    def _part(self, brand_ids: tuple[int, ...], campaigns: QuerySet[Campaign], count: int) -> ReconcileResult:
        if self.finder is None:
            return self._evaluate(brand_ids, campaigns, count)
        finder = self.finder
        found = self._unless_refused(lambda: finder.find(campaigns, brand_ids), brand_ids)
        if found is None:
            return ReconcileResult(failed=count)
        result = ReconcileResult(evaluated=found.agreeing)
        for part in chunks(sorted(found.candidates), CHUNK):
            ids = [pk for _, pk in part]
            theirs = tuple(sorted({brand_id for brand_id, _ in part}))
            result += self._evaluate(theirs, self.campaigns.filter(pk__in=ids), len(ids))
        if not self.dry_run:
            self._unless_refused(lambda: self._note(brand_ids), brand_ids)
        return result

    def _evaluate(self, brand_ids: tuple[int, ...], campaigns: QuerySet[Campaign], count: int) -> ReconcileResult:
        def work() -> ReconcileResult:
            gate = lock(brand_ids, self.now, self.alias)
            return evaluating.evaluate(gate, campaigns, self.cause, write=not self.dry_run).result

        result = self._unless_refused(lambda: in_transaction(work, self.alias), brand_ids)
        return ReconcileResult(failed=count) if result is None else result

    def _note(self, brand_ids: tuple[int, ...]) -> None:
        """Brands that were swept wait longest for the next sweep."""

        def work() -> None:
            there = lock(brand_ids, self.now, self.alias).brands
            Brand._base_manager.using(self.alias).filter(pk__in=there).update(evaluated_at=self.now)

        in_transaction(work, self.alias)

    def _unless_refused(self, work: Callable[[], T], brand_ids: tuple[int, ...]) -> T | None:
        """What work gives; None, and the error is logged, if the database refuses. A caller's transaction is over."""
        try:
            return work()
        except DatabaseError:
            if connections[self.alias].in_atomic_block:
                raise
            logger.exception("campaigns of brands %s keep their status", brand_ids, extra={"brand_ids": brand_ids})
            return None
