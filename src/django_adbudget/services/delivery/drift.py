"""Drift: the platform was seen doing the opposite of what it had confirmed; flagged, and undone if its backend says so.

Whoever switched a campaign off outside may have had a reason, so that nothing is turned on again unless asked.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from time import monotonic

from django.db import connections
from django.db.models import F

from ...clock import instant
from ...models import Campaign, PlatformOrder
from ...models.history import Cause
from ...models.platform import Action, OrderQuerySet
from ...platforms import Observation, PlatformBackend, get_backend
from ..chunks import chunks
from ..enforcement import evaluating, orders
from ..gate import in_transaction, ledger_alias, lock, refuse_transaction
from . import circuit
from .answers import described
from .delivering import moved

logger = logging.getLogger(__name__)

#: Campaigns of which one reading asks, those not seen for longest first.
READING = 1_000


@dataclass(frozen=True, slots=True)
class DriftResult:
    """Campaigns asked about, found drifted (anew or still), and given their order again."""

    read: int = 0
    drifted: int = 0
    undone: int = 0

    def __add__(self, other: DriftResult) -> DriftResult:
        return DriftResult(self.read + other.read, self.drifted + other.drifted, self.undone + other.undone)


def read_platform(*, due_only: bool = False, now: datetime | None = None) -> DriftResult:
    """Ask the platform what campaigns do there, and note it; ``PlatformOrder.objects.drifted()`` are those that differ.

    Asks nothing where the backend has no ``read``, and with ``due_only`` before its ``read_every`` is over or while it
    is failing. Campaigns for which an order of ours waits or is in flight are left out. A backend that raises is
    logged. Raises ``RuntimeError`` inside a transaction (rule D2).
    """
    began, at, alias, backend = monotonic(), instant(now), ledger_alias(), get_backend()
    refuse_transaction(alias, "read_platform()")
    result = DriftResult()
    if not backend.can_read or (due_only and not circuit.is_time_to_read(backend, alias, at)):
        return result
    longest_unseen = _settled(alias).order_by(F("observed_at").asc(nulls_first=True), "pk")
    for ids in chunks(list(longest_unseen.values_list("campaign_id", flat=True)[:READING]), max(1, backend.batch_size)):
        campaigns = list(Campaign._base_manager.using(alias).filter(pk__in=ids).select_related("brand"))
        # What the platform does from here on may be seen or not: an order confirmed later is not compared with it.
        asked_at = moved(at, began)
        try:
            seen = _observed(backend.read(campaigns), campaigns)
        except Exception as error:  # noqa: BLE001  whatever a backend raises, nothing was read
            logger.warning("the platform could not be read: %s", described(error, backend))
            break
        result += _note(campaigns, seen, backend, asked_at, alias)
    return result


def _observed(
    answer: Mapping[int, str] | Iterable[Observation], campaigns: Sequence[Campaign]
) -> dict[int, Observation]:
    """By campaign id; what was not asked, or is neither RUN nor STOP, is logged and left out."""
    found = (
        [Observation(campaign_id, action) for campaign_id, action in answer.items()]
        if isinstance(answer, Mapping)
        else list(answer)
    )
    asked = [campaign.pk for campaign in campaigns]
    seen: dict[int, Observation] = {}
    for observation in found:
        if not isinstance(observation, Observation):
            raise TypeError(f"read() gave {type(observation).__name__} where an Observation belongs")
        if observation.campaign_id in asked and observation.action in Action.values:
            seen[observation.campaign_id] = observation
        else:
            logger.warning("the platform was seen doing what was not asked: %.100r", observation)
    return seen


def _note(
    campaigns: Sequence[Campaign],
    seen: dict[int, Observation],
    backend: PlatformBackend,
    asked_at: datetime,
    alias: str,
) -> DriftResult:
    def work() -> DriftResult:
        gate = lock({campaign.brand_id for campaign in campaigns}, asked_at, alias)
        rows = _settled(alias).filter(campaign__in=[campaign.pk for campaign in campaigns], acked_at__lt=asked_at)
        if connections[alias].features.has_select_for_update:
            rows = rows.select_for_update()
        found = list(rows)
        drifted = [row for row in found if _differs(row, seen.get(row.campaign_id))]
        for action in ("", *Action.values):
            ids = [row.pk for row in found if _action(seen.get(row.campaign_id)) == action]
            _orders(alias).filter(pk__in=ids).update(observed_action=action, observed_at=asked_at)
        _log([row for row in drifted if not row.is_drifted])
        undo = [row.campaign_id for row in drifted if _is_undone(seen[row.campaign_id], backend)]
        if undo:
            # The order that goes out again must be what the facts say now, not what the last tick found.
            evaluating.evaluate(gate, Campaign._base_manager.using(alias).filter(pk__in=undo), Cause.SWEEP)
            logger.warning("campaigns %s: sending their orders to the platform again", undo)
        return DriftResult(len(campaigns), len(drifted), orders.place_again(gate, undo))

    return in_transaction(work, alias)


def _action(observation: Observation | None) -> str:
    return "" if observation is None else str(observation.action)


def _differs(row: PlatformOrder, observation: Observation | None) -> bool:
    return _action(observation) not in {"", row.action}


def _is_undone(observation: Observation, backend: PlatformBackend) -> bool:
    return backend.undoes_drift if observation.undo is None else observation.undo


def _log(drifted: list[PlatformOrder]) -> None:
    for row in drifted:
        logger.warning(
            "campaign %s drifted: the platform had confirmed %s and does the opposite",
            row.campaign_id,
            row.action,
            extra={"campaign_id": row.campaign_id, "action": row.action, "generation": row.generation},
        )


def _orders(alias: str) -> OrderQuerySet:
    return PlatformOrder.objects.using(alias)


def _settled(alias: str) -> OrderQuerySet:
    return _orders(alias).settled()
