"""A process whose children die at a named point: `python -m tests.faults.crashing DATABASE`.

Each line on its input is a JSON object: ``act`` (see ``ACTS``), ``campaigns``, ``now`` and, to die, ``at``: the number
of the point at which, counted from 0 over all that are passed, and ``after`` it instead of before. A child does that;
the answer is the list of points that it passed, or null if it died.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from importlib import import_module
from typing import Any

import django

CODE = 77
#: Names of points, and the functions in which they lie: before and after each, its effect is undone or done.
POINTS = {
    "gate": ["gate.lock", "gate.lock_owners"],
    "record": ["spending.ledger._insert", "spending.single._execute"],
    "totals": ["totals.add"],
    "status": ["enforcement.evaluating._write"],
    "order": ["enforcement.orders.place_orders"],
    "hint": ["hints._publish_hint"],
    "lease": ["delivery.claims.claim"],
    "send": ["delivery.delivering.ask"],
    "acknowledgement": ["delivery.claims.settle"],
}
COMMIT = "commit"


class Path:
    """The points passed so far, and the one that is the last."""

    def __init__(self, at: int | None, after: bool) -> None:
        self._at, self._after = at, after
        self.passed: list[str] = []

    def watched(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def watched(*args: Any, **kwargs: Any) -> Any:
            number = len(self.passed)
            self.passed.append(name)
            self._die_at(number, after=False)
            result = function(*args, **kwargs)
            self._die_at(number, after=True)
            return result

        return watched

    def _die_at(self, number: int, *, after: bool) -> None:
        if number == self._at and after == self._after:
            os._exit(CODE)


def install(path: Path) -> None:
    """Every name by which the package knows a function leads to the watched one."""
    from django.db import connection

    for name, places in POINTS.items():
        for place in places:
            module, _, attribute = place.rpartition(".")
            original = getattr(import_module(f"django_adbudget.services.{module}"), attribute)
            _replace(original, path.watched(name, original))
    wrapper = type(connection._connections[connection._alias])  # type: ignore[attr-defined]
    setattr(wrapper, "_commit", path.watched(COMMIT, wrapper._commit))  # noqa: B010


def _replace(original: object, by: object) -> None:
    ours = [module for name, module in list(sys.modules.items()) if name.startswith("django_adbudget")]
    for module in ours:
        for name, value in list(vars(module).items()):
            if value is original:
                setattr(module, name, by)


def spend(campaigns: list[int], now: datetime) -> None:
    """Reaches the campaign's budget."""
    from django_adbudget import services

    services.record_spend(campaigns[0], 5, at=now, idempotency_key=f"spend {campaigns[0]}", now=now)


def batch(campaigns: list[int], now: datetime) -> None:
    """Two brands, two gates."""
    from django_adbudget import services

    entries = [{"campaign_id": pk, "amount": 5, "at": now, "idempotency_key": f"batch {pk}"} for pk in campaigns]
    services.record_spend_batch(entries, now=now)


def correct(campaigns: list[int], now: datetime) -> None:
    from django_adbudget import services
    from django_adbudget.models import SpendRecord

    original = SpendRecord.objects.get(campaign=campaigns[1], kind="SPEND")
    services.correct_spend(original, 3, idempotency_key=f"correction {campaigns[1]}", now=now)


def restate(campaigns: list[int], now: datetime) -> None:
    from django_adbudget import services

    services.set_spend_total(campaigns[0], now.date(), 7, source="platform", now=now)


def edit(campaigns: list[int], now: datetime) -> None:
    from django_adbudget import services
    from django_adbudget.models import Campaign

    campaign = Campaign.objects.select_related("brand").get(pk=campaigns[1])
    with services.editing(campaign.brand, now=now):
        campaign.daily_budget = 50
        campaign.save()


def switch(campaigns: list[int], now: datetime) -> None:
    from django_adbudget import services

    services.deactivate_campaign(campaigns[0], now=now)


def brands_of(campaigns: list[int]) -> list[int]:
    from django_adbudget.models import Campaign

    return list(Campaign.objects.filter(pk__in=campaigns).values_list("brand_id", flat=True))


def tick(campaigns: list[int], now: datetime) -> None:
    from django_adbudget import services

    services.reconcile(brands=brands_of(campaigns), due_only=True, now=now + timedelta(days=1))


def sweep(campaigns: list[int], now: datetime) -> None:
    from django_adbudget import services

    services.reconcile(brands=brands_of(campaigns), now=now + timedelta(days=1))


def deliver(campaigns: list[int], now: datetime) -> None:
    from django_adbudget import services

    services.deliver_status_changes(now=now)


ACTS: dict[str, Callable[[list[int], datetime], None]] = {
    function.__name__: function for function in (spend, batch, correct, restate, edit, switch, tick, sweep, deliver)
}


def die(asked: dict[str, Any]) -> list[str] | None:
    """Acts in a child, and gives the points that it passed, or None if it died at the one that was asked for."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        path = Path(asked.get("at"), asked.get("after", False))
        install(path)
        ACTS[asked["act"]](asked["campaigns"], datetime.fromisoformat(asked["now"]))
        os.write(writing, json.dumps(path.passed).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        told = pipe.read()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code not in (0, CODE):
        raise RuntimeError(f"{asked} ended with {code}")
    passed: list[str] | None = None if code else json.loads(told)
    return passed


def main(database: str) -> None:
    from tests import celery_app, settings

    settings.DATABASES["default"]["NAME"] = database
    host: Any = settings
    host.ADBUDGET = {"PLATFORM_BACKEND": {"BACKEND": "tests.faults.paper.Paper"}}
    if "init_command" in host.DATABASES["default"].get("OPTIONS", {}):
        host.DATABASES["default"]["OPTIONS"]["init_command"] += "PRAGMA synchronous=OFF;"
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    django.setup()
    assert celery_app.app.conf.broker_url == "memory://"
    for module in ("kombu.transport.memory", "celery.app.amqp", "django_adbudget.tasks", "django_adbudget.api.urls"):
        import_module(module)  # once, and not in every child
    for line in sys.stdin:
        print(json.dumps(die(json.loads(line))), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
