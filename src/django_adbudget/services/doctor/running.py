"""Whether beat, broker and deliverer do their work."""

from __future__ import annotations

from collections.abc import Iterator

from celery import current_app
from django.db.models import Q

from ...models import PlatformOrder
from ...models.platform import OrderState
from .. import broker, health
from ..heartbeats import DELIVERER, SWEEP, TICK
from .findings import Finding, Mend, Patient, Severity

#: The command that does once what a job does.
_BY_HAND = {
    TICK: "manage.py enforce_dayparting",
    SWEEP: "manage.py check_budgets",
    DELIVERER: "manage.py adbudget_deliver",
}
_SERVERS = {"redis": "redis-server --port {port}", "amqp": "rabbitmq-server -detached"}


def silent_beats(patient: Patient) -> Iterator[Finding]:
    for sign in health.heartbeats(health.last_beats(patient.alias), patient.now, patient.intervals):
        if sign.state is not health.State.OK:
            worker = Mend(f"celery -A {_site()} worker --beat", "and leave it running")
            mends = (worker, Mend(_BY_HAND[sign.name], "once, by hand"))
            yield Finding("beat-silent", Severity.ERROR, sign.words, mends)


def _site() -> str:
    """The name that a project gave its Celery application, by custom that of the module where it is."""
    name: str | None = current_app.main
    return "yoursite" if name in {None, "default", "__main__"} else str(name)


def broker_away(patient: Patient) -> Iterator[Finding]:  # noqa: ARG001  each examination takes it
    fault = None if current_app.conf.task_always_eager else broker.fault()
    if fault is not None:
        connection = current_app.connection_for_write()
        server = _SERVERS.get(str(connection.transport_cls).removeprefix("py"))
        yield Finding(
            "broker-away",
            Severity.ERROR,
            f"The broker at {broker.address()} does not answer: {fault.rstrip('.')}. "
            "If it is elsewhere, mend CELERY_BROKER_URL.",
            (Mend(server.format(port=connection.port)),) if server else (),
        )


def stuck_orders(patient: Patient) -> Iterator[Finding]:
    """Orders that failed again and again, or that nobody sends."""
    waited = Q(next_attempt_at__lte=patient.now - health.LONGEST_WAIT)
    orders = PlatformOrder._base_manager.using(patient.alias).exclude(state=OrderState.DONE)
    orders = orders.filter(
        waited | Q(attempts__gte=health.MOST_ATTEMPTS), campaign__in=patient.campaigns().values("pk")
    )
    count = orders.count()
    if count:
        worst = orders.order_by("-attempts", "next_attempt_at")[0]
        said = f" The platform last said: {worst.last_error}" if worst.last_error else ""
        what = f"{count:,} orders wait" if count > 1 else "An order waits"
        tried = f"was tried {worst.attempts:,} times" if worst.attempts else "was never sent"
        yield Finding(
            "orders-stuck",
            Severity.ERROR,
            f"{what} for the ad platform; that of campaign {worst.campaign_id} {tried}.{said}",
            (Mend("manage.py adbudget_deliver --retry"),),
        )


#: What the other vital signs are called as findings, and what mends them.
_SIGNS = {
    health.PLATFORM: ("platform-away", (Mend("manage.py adbudget_deliver --retry", "once it is back"),)),
    health.DRIFT: ("drift", (Mend("manage.py adbudget_deliver --drift", "to look again"),)),
    health.ALERTS: ("alerts-unsent", ()),
}


def other_signs(patient: Patient) -> Iterator[Finding]:
    """The signs of ``GET health/`` that no other examination looks at more closely; they are of no brand."""
    signs = health.other_signs(patient.alias, patient.now) if patient.brand_ids is None else ()
    for sign in signs:
        if sign.name in _SIGNS and sign.state is not health.State.OK:
            code, mends = _SIGNS[sign.name]
            yield Finding(code, Severity.ERROR, sign.words, mends)
