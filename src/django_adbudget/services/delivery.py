"""Orders to the ad platform: written with the status, claimed by a lease, sent, acknowledged under the gate (D1)."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from celery import current_app
from django.db import connections, transaction
from django.db.models import Case, F, QuerySet, Value, When

from ..clock import instant
from ..models import Brand, Campaign, PlatformOrder
from ..models.platform import Action, OrderState
from ..platforms import Order, OrderResult, PlatformBackend, get_backend
from ..rules import Decision
from . import broker
from .facts import Stored
from .gate import Gate, in_transaction, ledger_alias, lock
from .heartbeats import DELIVERER, beat
from .results import DeliveryResult

logger = logging.getLogger(__name__)

TASK = "adbudget.deliver_status_changes"
BATCH = 100
_LEASE_MARGIN = 30.0
_FIRST_BACKOFF = 1.0
_LONGEST_BACKOFF = 15 * 60.0
_HINT_PAUSE = 10.0
_NEWEST_ORDER = ("action", "generation", "state", "attempts", "next_attempt_at", "last_error", "updated_at")


def place_orders(gate: Gate, flips: Sequence[tuple[Stored, Decision]]) -> None:
    """Replace the orders of campaigns that flipped between RUN and STOP. A lease in force stays in force."""
    if not flips:
        return
    orders = [
        PlatformOrder(
            campaign_id=stored.id,
            action=Action.RUN if decision.runs else Action.STOP,
            generation=stored.desired_generation + 1,
            state=OrderState.PENDING,
            next_attempt_at=gate.now,
            updated_at=gate.now,
        )
        for stored, decision in flips
    ]
    targeted = connections[gate.alias].features.supports_update_conflicts_with_target
    PlatformOrder._base_manager.using(gate.alias).bulk_create(
        orders,
        update_conflicts=True,
        update_fields=_NEWEST_ORDER,
        unique_fields=["campaign"] if targeted else None,
    )
    hint_after_commit(gate.alias)


def hint_after_commit(alias: str) -> None:
    """Ask for a delivery once the transaction commits: one message a transaction, and only a hint (rule D5)."""
    pending: list[Any] = connections[alias].run_on_commit
    if not any(_send_hint in entry for entry in pending):
        transaction.on_commit(_send_hint, using=alias, robust=True)


class _Broker:
    """Whether the broker failed a moment ago: a refused port costs more than half a second each time."""

    rests_until = 0.0


def _send_hint() -> None:
    if time.monotonic() < _Broker.rests_until:
        return
    try:
        _publish_hint()
    except Exception as error:  # noqa: BLE001  a broker fails in as many ways as there are transports
        _Broker.rests_until = time.monotonic() + _HINT_PAUSE
        logger.warning("no hint to the broker (%s); the periodic delivery will send the orders", error)


def _publish_hint() -> None:
    with broker.producer() as producer:
        current_app.send_task(TASK, producer=producer, expires=60, ignore_result=True, retry=False)


def deliver_status_changes(*, limit: int | None = None, now: datetime | None = None) -> DeliveryResult:
    """Send the orders that wait, STOP before RUN, oldest first; at most ``limit``, None for all that are due.

    Each is sent outside any transaction and acknowledged under the gate. What fails is tried again later.
    """
    at, alias, backend = instant(now), ledger_alias(), get_backend()
    sent = done = 0
    while limit is None or sent < limit:
        orders = _claim(at, alias, backend, BATCH if limit is None else min(BATCH, limit - sent))
        if not orders:
            break
        results = _send(backend, orders)
        _acknowledge(orders, results, at, alias)
        sent += len(orders)
        done += sum(results[order.campaign_id].ok for order in orders)
    beat(DELIVERER, at, alias)
    return DeliveryResult(sent, done, sent - done)


def hurry(*, brands: Iterable[Brand] | None = None, now: datetime | None = None) -> int:
    """Let orders that failed be due at once, instead of at their next attempt; gives how many."""
    at, alias = instant(now), ledger_alias()
    waiting = PlatformOrder._base_manager.using(alias).filter(state=OrderState.PENDING, next_attempt_at__gt=at)
    if brands is not None:
        waiting = waiting.filter(campaign__brand__in=[brand.pk for brand in brands])
    return in_transaction(lambda: waiting.update(next_attempt_at=at, updated_at=at), alias)


def _claim(now: datetime, alias: str, backend: PlatformBackend, count: int) -> list[Order]:
    """Lease orders for longer than the backend may take, so that at most one is in flight for a campaign."""

    def work() -> list[Order]:
        ids = list(_waiting(alias, now).values_list("pk", flat=True)[:count])
        claimed = PlatformOrder._base_manager.using(alias).filter(pk__in=ids)
        claimed.update(
            state=OrderState.LEASED,
            leased_until=now + timedelta(seconds=backend.timeout + _LEASE_MARGIN),
            attempts=F("attempts") + 1,
            updated_at=now,
        )
        return [_order(row) for row in claimed.select_related("campaign").order_by(*_STOP_FIRST)]

    return in_transaction(work, alias)


_STOP_FIRST = (Case(When(action=Action.STOP, then=Value(0)), default=Value(1)), "next_attempt_at", "pk")


def _waiting(alias: str, now: datetime) -> QuerySet[PlatformOrder]:
    """Orders free to be claimed; where the database can, those that another deliverer claims now are passed over."""
    waiting = PlatformOrder.objects.claimable(now).using(alias).order_by(*_STOP_FIRST)
    features = connections[alias].features
    if not features.has_select_for_update:
        return waiting
    return waiting.select_for_update(skip_locked=features.has_select_for_update_skip_locked)


def _order(row: PlatformOrder) -> Order:
    campaign = row.campaign
    return Order(campaign.pk, campaign.external_id, campaign.brand_id, row.action, row.generation)


def _send(backend: PlatformBackend, orders: list[Order]) -> dict[int, OrderResult]:
    """One result for each order: a backend that raises, or forgets one, has failed it."""
    try:
        results = {result.campaign_id: result for result in backend.apply(orders)}
    except Exception as error:
        logger.exception("the platform backend failed")
        results = {order.campaign_id: OrderResult(order.campaign_id, False, str(error)) for order in orders}
    for order in orders:
        results.setdefault(order.campaign_id, OrderResult(order.campaign_id, False, "the backend gave no result"))
    return results


def _acknowledge(orders: list[Order], results: dict[int, OrderResult], now: datetime, alias: str) -> None:
    def work() -> None:
        lock({order.brand_id for order in orders}, now, alias)
        rows = PlatformOrder._base_manager.using(alias).in_bulk(
            [order.campaign_id for order in orders], field_name="campaign_id"
        )
        for order in orders:
            row = rows.get(order.campaign_id)
            if row is not None:
                _settle(row, order, results[order.campaign_id], now, alias)

    in_transaction(work, alias)


def _settle(row: PlatformOrder, order: Order, result: OrderResult, now: datetime, alias: str) -> None:
    """Note what became of an order; a newer one that replaced it in the meantime stays to be sent."""
    row.leased_until = None
    row.updated_at = now
    row.last_error = result.error
    newest = row.generation == order.generation
    if result.ok:
        behind = Campaign._base_manager.using(alias).filter(pk=order.campaign_id, acked_generation__lt=order.generation)
        behind.update(acked_generation=order.generation)
        row.state = OrderState.DONE if newest else OrderState.PENDING
    else:
        row.state = OrderState.PENDING
        if newest:
            row.next_attempt_at = now + _backoff(row.attempts)
    row.save(using=alias)


def _backoff(attempts: int) -> timedelta:
    longest = min(_FIRST_BACKOFF * 2.0 ** min(attempts - 1, 20), _LONGEST_BACKOFF)
    return timedelta(seconds=longest * random.uniform(0.5, 1.0))  # noqa: S311  jitter, no secret
