"""When the periodic jobs last finished, and how often they are to."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from datetime import datetime, timedelta

from django.apps import apps
from django.db import Error, connections, transaction

from ..conf import app_settings
from ..models import Heartbeat
from ..schedules import INTERVALS, beat_schedule, entry_name, interval_of

TICK, SWEEP, DELIVERER = "tick", "sweep", "deliverer"
#: The task that makes each heartbeat.
TASKS: Mapping[str, str] = {
    TICK: "adbudget.check_campaign_dayparting",
    SWEEP: "adbudget.update_campaign_status",
    DELIVERER: "adbudget.deliver_status_changes",
}
#: Intervals after which a job that has not finished is late.
MISSED = 3
_OURS = "adbudget:"


def beat(name: str, at: datetime, alias: str) -> None:
    """Note that a job has finished at ``at``."""
    beats = Heartbeat._base_manager.using(alias)
    if not beats.filter(name=name).update(at=at, updated_at=at):
        beats.bulk_create([Heartbeat(name=name, at=at)], ignore_conflicts=True)


def intervals() -> dict[str, float]:
    """Seconds between runs, by task name: as an operator has it in django-celery-beat, else the settings, else usual.

    A crontab of a host's own is held to the usual interval.
    """
    try:
        entries = beat_schedule(overrides=app_settings.BEAT)
    except ValueError:
        entries = beat_schedule()  # a system check tells of it
    found = {task: _seconds(entries[entry_name(task)]["schedule"], usual) for task, usual in INTERVALS.items()}
    return {**found, **_of_operator()}


def _of_operator() -> dict[str, float]:
    """Enabled rows of ours; none where django-celery-beat, its tables or its database are not there."""
    if not apps.is_installed("django_celery_beat"):
        return {}
    rows = apps.get_model("django_celery_beat", "PeriodicTask")._default_manager.filter(
        name__startswith=_OURS, enabled=True, interval__isnull=False
    )
    # In a transaction of somebody's a failure must not be the end of it; outside, SQLite would wait for its writers.
    inside = connections[rows.db].in_atomic_block
    try:
        with transaction.atomic(using=rows.db) if inside else nullcontext():
            found = list(rows.values_list("task", "interval__period", "interval__every"))
    except Error:
        return {}
    return {task: timedelta(**{period: every}).total_seconds() for task, period, every in found}


def _seconds(schedule: object, usual: float) -> float:
    seconds = interval_of(schedule)
    return usual if seconds is None else float(seconds)
