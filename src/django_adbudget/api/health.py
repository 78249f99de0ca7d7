"""Whether the service does its work: one word to strangers, the signs to those who may see them."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from ..services.access.permissions import has_permission
from ..services.health import Health, Sign, State, health_status
from ..services.heartbeats import TASKS
from . import access
from .auth import ConfiguredAuth
from .doors import door, success
from .problems import Fault, Problem

_WORDS = {State.LATE: "late", State.NEVER: "late", State.FAILED: "away"}
_authenticate = ConfiguredAuth()


@door(None)
def health(request: HttpRequest) -> HttpResponse:
    """503 when the database is away or the tick is older than three intervals."""
    # Who asks is only looked up in a database that answers.
    found = health_status(details=False)
    details = found.state is not State.FAILED and _may_see_more(request)
    if details:
        found = health_status(now=found.at)
    if found.state is not State.OK:
        raise Problem(503, [_fault(sign) for sign in found.troubles if details], _WORDS[found.state])
    return success({"status": "ok", **(_details(found) if details else {})})


def _may_see_more(request: HttpRequest) -> bool:
    request.auth = _authenticate(request)  # type: ignore[attr-defined]
    user = access.user_of(request)
    return user is not None and has_permission(user, "view_heartbeat")


def _fault(sign: Sign) -> Fault:
    return Fault("", sign.state.value, sign.words)


def _details(found: Health) -> dict[str, Any]:
    beats = [sign for sign in found.signs if sign.name in TASKS and sign.since]
    return {"heartbeats": [_heartbeat(sign, found) for sign in beats], "checks": [_check(s) for s in found.signs]}


def _heartbeat(sign: Sign, found: Health) -> dict[str, Any]:
    assert sign.since is not None  # a job that ran
    age = int((found.at - sign.since).total_seconds())
    return {"name": sign.name, "at": sign.since, "age_seconds": age, "is_late": sign.state is not State.OK}


def _check(sign: Sign) -> dict[str, Any]:
    facts = {"name": sign.name, "state": sign.state.value, "detail": sign.words}
    return {**facts, "since": sign.since, "count": sign.count}
