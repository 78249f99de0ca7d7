"""The last act: a real worker with its beat, on the embedded broker and the real clock."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

from celery import current_app
from django.utils import timezone

from agency.demo.stage import Stage
from agency.demo.story import END, Turn
from agency.processes import WORKER, end, start
from agency.words import money
from django_adbudget.models import Campaign, Heartbeat, StatusChange
from django_adbudget.rules import Status
from django_adbudget.services import brand_status, campaign_status, verify_summaries

T = TypeVar("T")
PATIENCE = 30.0


class Failed(Exception):
    """The worker has not done in time what it should."""


def show(stage: Stage, log: Path) -> None:
    """Raises ``Failed``."""
    began, clock = timezone.now(), time.monotonic()
    turns = _Turns()
    with _running(log):
        tick = _wait_for("the first tick", lambda: _tick_since(began), log)
        stage.say(f"After {(began - END).days} days without a tick, worker and beat have started.")
        stage.say(f"{_since(clock)} later the heartbeat {tick.name!r} is of {tick.at:%d %b %Y %H:%M:%S} UTC.")
        turns.tell(stage)
        _spend_by_message(stage, turns, log)
        _wait_for("the last order to the ad server", _all_delivered, log)
        stage.say("The ad server has carried out every order; its platform and the budgets agree.")
    if verify_summaries():
        raise Failed("after the worker's spend a total differs from the ledger")


def _spend_by_message(stage: Stage, turns: _Turns, log: Path) -> None:
    """All that is left of a brand's day is spent by a task, which a worker takes from the broker."""
    campaign = _one_that_runs()
    limit = brand_status(campaign.brand).limits[0]
    assert limit.remaining is not None
    clock = time.monotonic()
    current_app.send_task(
        "adbudget.record_spend",
        args=[campaign.pk, str(limit.remaining)],
        kwargs={"at": timezone.now().isoformat(), "idempotency_key": f"demo:{uuid4()}"},
    )
    amount = money(limit.remaining, campaign.brand.currency)
    stage.say(f"A message tells the worker that {campaign.brand} / {campaign} has spent {amount}:")
    _wait_for("the pause", lambda: turns.paused(campaign), log)
    turns.tell(stage)
    stage.say(f"The pause came {_since(clock)} after the message was sent.")


class _Turns:
    """Changes of status since the last time that they were told."""

    def __init__(self) -> None:
        rows = Campaign.objects.values_list("pk", "status_reasons")
        self._reasons = {pk: tuple(reasons) for pk, reasons in rows}
        self._seen = StatusChange.objects.order_by("-pk").values_list("pk", flat=True).first() or 0

    def tell(self, stage: Stage) -> None:
        changes = StatusChange.objects.filter(pk__gt=self._seen).select_related("campaign__brand")
        for change in changes.order_by("pk"):
            if Status.ACTIVE in (change.from_status, change.to_status):
                stage.tell(Turn(change, self._reasons[change.campaign_id], show_cause=True))
            self._reasons[change.campaign_id] = tuple(change.reasons)
            self._seen = change.pk

    def paused(self, campaign: Campaign) -> StatusChange | None:
        changes = StatusChange.objects.filter(pk__gt=self._seen, to_status=Status.PAUSED_BUDGET)
        return changes.filter(campaign=campaign).first()


def _one_that_runs() -> Campaign:
    """One that runs at any hour, so that the demonstration can be given at any hour."""
    for campaign in Campaign.objects.select_related("brand").running():
        if campaign_status(campaign).next_check_at is None:
            return campaign
    raise Failed("no campaign runs that could spend")


def _tick_since(began: datetime) -> Heartbeat | None:
    return Heartbeat.objects.filter(name="tick", at__gte=began).first()


def _all_delivered() -> bool | None:
    return None if Campaign.objects.out_of_sync().exists() else True


def _since(clock: float) -> str:
    return f"{time.monotonic() - clock:.1f} s"


def _wait_for(what: str, look: Callable[[], T | None], log: Path) -> T:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        found = look()
        if found is not None:
            return found
        time.sleep(0.1)
    raise Failed(f"{what} did not come within {PATIENCE:.0f} s; what the worker said is in {log}")


@contextmanager
def _running(log: Path) -> Iterator[None]:
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.demo_settings"}
    with log.open("w") as out:
        worker = start(WORKER, env, out)
    try:
        yield
    finally:
        end([worker])
