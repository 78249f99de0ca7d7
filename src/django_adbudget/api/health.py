"""Whether the service does its work: one word to strangers, the heartbeats to those who may see them."""

from __future__ import annotations

from datetime import timedelta
from math import inf
from typing import Any

from django.http import HttpRequest, HttpResponse

from .. import schedules
from ..clock import instant
from ..conf import app_settings
from ..models import Heartbeat
from ..services import heartbeats
from ..services.gate import ledger_alias
from . import access
from .auth import ConfiguredAuth
from .doors import door, success
from .permissions import has_permission
from .problems import Fault, Problem

_MISSED = 3
_JOBS = {
    heartbeats.TICK: "adbudget.check_campaign_dayparting",
    heartbeats.SWEEP: "adbudget.update_campaign_status",
    heartbeats.DELIVERER: "adbudget.deliver_status_changes",
}
_authenticate = ConfiguredAuth()


@door(None)
def health(request: HttpRequest) -> HttpResponse:
    """503 when the database is away or the tick is older than three intervals."""
    beats = list(Heartbeat.objects.using(ledger_alias()).order_by("name"))
    ages = {beat.name: (instant() - beat.at).total_seconds() for beat in beats}
    late = [name for name in _JOBS if ages.get(name, inf) > _oldest(name)]
    details = _may_see_more(request)
    if heartbeats.TICK in late:
        faults = [Fault("", "late", f"{name} last finished {_ago(ages.get(name))}") for name in late if details]
        raise Problem(503, faults, "late")
    data: dict[str, Any] = {"status": "ok"}
    if details:
        data["heartbeats"] = [
            {"name": beat.name, "at": beat.at, "age_seconds": int(ages[beat.name]), "is_late": beat.name in late}
            for beat in beats
        ]
    return success(data)


def _ago(age: float | None) -> str:
    return "never" if age is None else f"{int(age)} seconds ago"


def _may_see_more(request: HttpRequest) -> bool:
    request.auth = _authenticate(request)  # type: ignore[attr-defined]
    user = access.user_of(request)
    return user is not None and has_permission(user, "view_heartbeat")


def _oldest(name: str) -> float:
    """Seconds after which a job is late."""
    task = _JOBS.get(name, "")
    entries = schedules.beat_schedule(overrides=app_settings.BEAT).values()
    for entry in entries:
        if entry["task"] == task:
            return _MISSED * _seconds(entry["schedule"], schedules.INTERVALS[task])
    return _MISSED * schedules.INTERVALS.get(task, 60.0)


def _seconds(interval: object, usual: float) -> float:
    """An interval of a host's own; a crontab is held to the usual one."""
    if isinstance(interval, timedelta):
        return interval.total_seconds()
    return float(interval) if isinstance(interval, int | float) else usual
