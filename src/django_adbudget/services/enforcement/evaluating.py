"""Derives status under the gate and writes the differences: projection, history, orders (rules S1, S3, S7)."""

from __future__ import annotations

import logging
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from ...models import Campaign, StatusChange
from ...models.history import Cause
from ...rules import CampaignFacts, Decision, Status, decide, from_micros, local_date
from .. import copying, facts, notices
from ..facts import Loaded, Stored
from ..gate import Gate
from ..results import ReconcileResult
from . import orders, projection
from .projection import Projection

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Evaluation:
    """What an evaluation found. ``loaded`` holds the facts it was decided on."""

    loaded: list[Loaded]
    changes: list[StatusChange] = field(default_factory=list)
    failed: int = 0

    @property
    def result(self) -> ReconcileResult:
        return ReconcileResult(
            evaluated=len(self.loaded) - self.failed,
            changed=len(self.changes),
            paused=sum(change.from_status == Status.ACTIVE for change in self.changes),
            activated=sum(change.to_status == Status.ACTIVE for change in self.changes),
            failed=self.failed,
        )


def evaluate(
    gate: Gate, campaigns: QuerySet[Campaign], cause: Cause, *, actor: str = "", write: bool = True
) -> Evaluation:
    """Decide for campaigns whose brands are in the gate, and write what differs from their projection."""
    evaluation = Evaluation(facts.load(gate, campaigns))
    differing: dict[Projection, list[int]] = defaultdict(list)
    flips: list[int] = []
    for loaded in evaluation.loaded:
        if loaded.facts is None:
            evaluation.failed += 1
            _log_failure(loaded)
            continue
        stored, decision = loaded.stored, decide(loaded.facts, gate.now)
        moved, flipped = stored.status != decision.status, _runs(stored) != decision.runs
        if moved or stored.reasons != decision.reasons or stored.next_check_at != decision.next_check_at:
            fresh = Projection(decision.status, decision.reasons, decision.next_check_at, moved, flipped)
            differing[fresh].append(stored.id)
        if moved:
            evaluation.changes.append(_change(loaded.stored, loaded.facts, decision, gate, cause, actor))
        if flipped:
            flips.append(stored.id)
    if write:
        _write(gate, differing, evaluation.changes, flips)
    if write and evaluation.changes:
        before = {loaded.stored.id: loaded.stored for loaded in evaluation.loaded}
        notices.status_changed(gate, evaluation.changes, before)
    return evaluation


def _runs(stored: Stored) -> bool:
    return stored.status == Status.ACTIVE


def _write(gate: Gate, differing: dict[Projection, list[int]], changes: list[StatusChange], flips: list[int]) -> None:
    projection.store(gate, differing)
    copying.insert_changes(changes, gate.alias)
    orders.place_orders(gate, flips)


def _change(
    stored: Stored, known: CampaignFacts, decision: Decision, gate: Gate, cause: Cause, actor: str
) -> StatusChange:
    return StatusChange(
        campaign_id=stored.id,
        from_status=stored.status,
        to_status=decision.status,
        reasons=decision.reasons,
        cause=cause,
        actor=actor,
        figures=figures(known, gate.now),
        at=gate.now,
    )


def figures(known: CampaignFacts, now: datetime) -> dict[str, Any]:
    """The figures that decide, as JSON: money as decimal strings (rule S7)."""
    today = local_date(now, known.zone)
    return {
        "local_date": today.isoformat(),
        "timezone": known.zone.key,
        "limits": [
            {
                "level": limit.level,
                "period": limit.period,
                "spent": str(from_micros(limit.spent_on(today))),
                "budget": str(from_micros(limit.budget)),
            }
            for limit in known.limits
            if limit.budget is not None
        ],
    }


def _log_failure(loaded: Loaded) -> None:
    logger.error(
        "campaign %s keeps its status: %s",
        loaded.stored.id,
        loaded.error,
        extra={"campaign_id": loaded.stored.id, "brand_id": loaded.stored.brand_id},
    )
