"""When the periodic jobs last finished."""

from __future__ import annotations

from datetime import datetime

from ..models import Heartbeat

TICK, SWEEP, DELIVERER = "tick", "sweep", "deliverer"


def beat(name: str, at: datetime, alias: str) -> None:
    """Note that a job has finished at ``at``."""
    beats = Heartbeat._base_manager.using(alias)
    if not beats.filter(name=name).update(at=at, updated_at=at):
        beats.bulk_create([Heartbeat(name=name, at=at)], ignore_conflicts=True)
