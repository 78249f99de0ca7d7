"""Tick and sweep: status follows time, in chunks that hold no brand for long (rules S4, S4b, S5)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import DatabaseError, connections
from django.db.models import Count, F, QuerySet

from .. import telemetry
from ..clock import instant
from ..models import Brand, Campaign
from ..models.history import Cause
from . import enforcement
from .chunks import chunks
from .gate import in_transaction, ledger_alias, lock
from .heartbeats import SWEEP, TICK, beat
from .results import ReconcileResult

logger = logging.getLogger(__name__)

#: Campaigns that one transaction evaluates.
CHUNK = 500


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
    run = _Run(alias, at, campaigns, Cause.TICK if due_only else Cause.SWEEP, dry_run, due_only)
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
    oldest_first = F("brand__evaluated_at").asc(nulls_first=True)
    counts = campaigns.order_by().values_list("brand_id").annotate(n=Count("pk"))
    counts = counts.order_by("brand_id") if due_only else counts.order_by(oldest_first, "brand_id")
    together: list[int] = []
    size = 0
    for brand_id, count in list(counts):
        if together and size + count > CHUNK:
            yield Chunk(tuple(together), size)
            together, size = [], 0
        if count > CHUNK:
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
    due_only: bool

    def chunk(self, chunk: Chunk) -> ReconcileResult:
        if not chunk.partial:
            return self._guarded(chunk.brand_ids, self.campaigns.filter(brand__in=chunk.brand_ids), chunk.campaigns)
        result = ReconcileResult()
        for first, last, count in self._parts(chunk.brand_ids[0]):
            part = self.campaigns.filter(brand__in=chunk.brand_ids, pk__range=(first, last))
            result += self._guarded(chunk.brand_ids, part, count)
        return result

    def _parts(self, brand_id: int) -> Iterator[tuple[int, int, int]]:
        """Ranges of campaign ids that hold a chunk's worth each, of a brand that has more."""
        ids = list(self.campaigns.filter(brand=brand_id).order_by("pk").values_list("pk", flat=True))
        for part in chunks(ids, CHUNK):
            yield part[0], part[-1], len(part)

    def _guarded(self, brand_ids: tuple[int, ...], campaigns: QuerySet[Campaign], count: int) -> ReconcileResult:
        if connections[self.alias].in_atomic_block:
            return self._evaluate(brand_ids, campaigns)
        try:
            return self._evaluate(brand_ids, campaigns)
        except DatabaseError:
            logger.exception("campaigns of brands %s keep their status", brand_ids, extra={"brand_ids": brand_ids})
            return ReconcileResult(failed=count)

    def _evaluate(self, brand_ids: tuple[int, ...], campaigns: QuerySet[Campaign]) -> ReconcileResult:
        def work() -> ReconcileResult:
            gate = lock(brand_ids, self.now, self.alias)
            evaluation = enforcement.evaluate(gate, campaigns, self.cause, write=not self.dry_run)
            if not self.due_only and not self.dry_run:
                Brand._base_manager.using(self.alias).filter(pk__in=brand_ids).update(evaluated_at=self.now)
            return evaluation.result

        return in_transaction(work, self.alias)
