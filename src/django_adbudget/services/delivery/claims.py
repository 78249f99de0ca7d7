"""Orders claimed under a lease, and settled under the gate (rule D1)."""

from __future__ import annotations

import random
import uuid
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connections
from django.db.models import F, Q, QuerySet

from ...models import Campaign, PlatformOrder
from ...models.platform import Action, OrderQuerySet, OrderState
from ...platforms import Order, OrderResult
from ..gate import in_transaction, lock

#: Seconds that a lease is longer than the backend may take.
LEASE_MARGIN = 30.0
_FIRST_BACKOFF = 1.0
_LONGEST_BACKOFF = 15 * 60.0


@dataclass(frozen=True, slots=True)
class Claim:
    """Orders that this deliverer alone may send until ``until``; ``token`` tells its claim from every other."""

    token: str
    until: datetime
    orders: tuple[Order, ...]


@dataclass(frozen=True, slots=True)
class Turn:
    """What a deliverer may claim: new orders that are due by ``now``, and failed ones that were when it ``began``.

    So one call sends an order of one generation once, however long it lasts.
    """

    alias: str
    began: datetime
    now: datetime
    until: datetime
    count: int
    probe: Callable[[], bool] | None = None
    """Set where the circuit is half open: one order may go, for whoever gets True here."""


def claim(turn: Turn) -> Claim | None:
    """Lease orders, STOP before RUN, oldest first; None where there are none, or another has the probe.

    The update asks once more what the selection asked, so that also without row locks two never have one order.
    """
    token = uuid.uuid4().hex

    def work() -> list[Order]:
        ids = _next_in_line(turn)
        if not ids or (turn.probe is not None and not turn.probe()):
            return []
        _free(turn).filter(pk__in=ids).update(
            state=OrderState.LEASED,
            leased_until=turn.until,
            lease=token,
            attempts=F("attempts") + 1,
            updated_at=turn.now,
        )
        held = _rows(turn.alias).filter(pk__in=ids, lease=token).select_related("campaign")
        found = sorted(held, key=lambda row: (row.action != Action.STOP, row.next_attempt_at, row.pk))
        return [_order(row) for row in found]

    orders = in_transaction(work, turn.alias)
    return Claim(token, turn.until, tuple(orders)) if orders else None


def _next_in_line(turn: Turn) -> list[int]:
    if turn.probe is not None:
        # The one tried least: an order at which the backend itself breaks must not keep the circuit open for all.
        return _ids(turn, _free(turn).order_by("attempts", F("action").desc(), "next_attempt_at", "pk"), 1)
    ids: list[int] = []
    # Two statements, each of which reads an index in its order: together they would sort all that wait, and lock it.
    for action in (Action.STOP, Action.RUN):
        if len(ids) < turn.count:
            ids += _ids(
                turn, _free(turn).filter(action=action).order_by("next_attempt_at", "pk"), turn.count - len(ids)
            )
    return ids


def _ids(turn: Turn, rows: QuerySet[PlatformOrder], count: int) -> list[int]:
    """Where the database can, orders that another deliverer claims at this moment are passed over."""
    features = connections[turn.alias].features
    if features.has_select_for_update:
        rows = rows.select_for_update(skip_locked=features.has_select_for_update_skip_locked)
    return list(rows.values_list("pk", flat=True)[:count])


def _free(turn: Turn) -> QuerySet[PlatformOrder]:
    unleased = Q(leased_until__isnull=True) | Q(leased_until__lte=turn.now)
    due = Q(next_attempt_at__lte=turn.began) | Q(attempts=0)
    return _rows(turn.alias).filter(unleased, due, state=OrderState.PENDING, next_attempt_at__lte=turn.now)


def release(held: Claim, alias: str, now: datetime) -> None:
    """Give back orders that were not sent."""

    def work() -> None:
        _rows(alias).filter(campaign__in=_campaigns(held), lease=held.token).update(
            state=OrderState.PENDING, leased_until=None, lease="", updated_at=now
        )

    in_transaction(work, alias)


def free_lapsed(alias: str, now: datetime) -> int:
    """Let orders wait again whose deliverer died, or came too late to say what became of them."""
    lapsed = _rows(alias).filter(state=OrderState.LEASED, leased_until__lte=now)
    return in_transaction(
        lambda: lapsed.update(state=OrderState.PENDING, leased_until=None, lease="", updated_at=now), alias
    )


def settle(
    held: Claim, results: dict[int, OrderResult], alias: str, now: datetime, retry_at: datetime | None = None
) -> int:
    """Note under the gate what became of orders; gives how many were still this claim's.

    A newer order that replaced one in the meantime stays to be sent. What failed waits for its next attempt, or for
    ``retry_at`` where the backend failed as a whole. A lease that ran out, and whoever has it now, is left alone.
    """

    def work() -> int:
        lock({order.brand_id for order in held.orders}, now, alias)
        rows = _rows(alias).filter(campaign__in=_campaigns(held), lease=held.token)
        if connections[alias].features.has_select_for_update:
            rows = rows.select_for_update()
        mine = {row.campaign_id: row for row in rows}
        orders = [order for order in held.orders if order.campaign_id in mine]
        _note_done(orders, mine, results, alias, now)
        _note_failed(orders, mine, results, alias, now, retry_at)
        return len(mine)

    return in_transaction(work, alias)


def _note_done(
    orders: list[Order], mine: dict[int, PlatformOrder], results: dict[int, OrderResult], alias: str, now: datetime
) -> None:
    by_generation: dict[int, list[int]] = defaultdict(list)
    newest, replaced = list[int](), list[int]()
    for order in orders:
        if results[order.campaign_id].ok:
            row = mine[order.campaign_id]
            by_generation[order.generation].append(order.campaign_id)
            (newest if row.generation == order.generation else replaced).append(row.pk)
    for generation, ids in by_generation.items():
        behind = Campaign._base_manager.using(alias).filter(pk__in=ids, acked_generation__lt=generation)
        behind.update(acked_generation=generation)
    freed = {"leased_until": None, "lease": "", "updated_at": now}
    if newest:
        _rows(alias).filter(pk__in=newest).update(state=OrderState.DONE, acked_at=now, last_error="", **freed)
    if replaced:
        _rows(alias).filter(pk__in=replaced).update(state=OrderState.PENDING, **freed)


def _note_failed(
    orders: list[Order],
    mine: dict[int, PlatformOrder],
    results: dict[int, OrderResult],
    alias: str,
    now: datetime,
    retry_at: datetime | None,
) -> None:
    failed = []
    for order in orders:
        if not results[order.campaign_id].ok:
            row = mine[order.campaign_id]
            if row.generation == order.generation:
                row.next_attempt_at = retry_at or now + backoff(row.attempts)
                row.last_error = results[order.campaign_id].error
            row.state, row.leased_until, row.lease, row.updated_at = OrderState.PENDING, None, "", now
            failed.append(row)
    fields = ["state", "leased_until", "lease", "next_attempt_at", "last_error", "updated_at"]
    _rows(alias).bulk_update(failed, fields)


def backoff(attempts: int) -> timedelta:
    """How long an order waits after so many attempts: 1 s to 15 min, less up to half of it by chance (rule D1)."""
    longest = min(_FIRST_BACKOFF * 2.0 ** min(attempts - 1, 20), _LONGEST_BACKOFF)
    return timedelta(seconds=longest * random.uniform(0.5, 1.0))  # noqa: S311  jitter, no secret


def _rows(alias: str) -> OrderQuerySet:
    return PlatformOrder.objects.using(alias)


def _campaigns(held: Claim) -> list[int]:
    return [order.campaign_id for order in held.orders]


def _order(row: PlatformOrder) -> Order:
    campaign = row.campaign
    return Order(campaign.pk, campaign.external_id, campaign.brand_id, row.action, row.generation)
