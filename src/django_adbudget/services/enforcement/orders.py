"""Orders placed with the status that they are for: one a campaign, the newest (rule D1)."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import F

from ...clock import instant
from ...models import Campaign, PlatformOrder
from ...models.platform import Action, OrderState
from ...rules import Status
from ..chunks import chunks
from ..gate import Gate
from ..hints import hint_after_commit

_NEWEST_ORDER = ("action", "generation", "state", "attempts", "next_attempt_at", "last_error", "updated_at")


def place_orders(gate: Gate, campaign_ids: Collection[int]) -> None:
    """Replace the orders of campaigns that flipped between RUN and STOP. A lease in force stays in force.

    Their status and generation are written already; of them the database makes the orders.
    """
    if not campaign_ids:
        return
    connection = connections[gate.alias]
    now, created = (connection.ops.adapt_datetimefield_value(at) for at in (gate.now, instant()))
    for ids in chunks(sorted(campaign_ids)):
        with connection.cursor() as cursor:
            cursor.execute(_placing_sql(connection, len(ids)), [Status.ACTIVE, now, created, now, *ids])
    hint_after_commit(gate.alias)


def _placing_sql(connection: BaseDatabaseWrapper, count: int) -> str:
    quote = connection.ops.quote_name
    values = {
        "campaign_id": "id",
        "action": f"CASE WHEN status = %s THEN '{Action.RUN}' ELSE '{Action.STOP}' END",
        "generation": "desired_generation",
        "state": f"'{OrderState.PENDING}'",
        "attempts": "0",
        "next_attempt_at": "%s",
        **dict.fromkeys(("lease", "last_error", "observed_action"), "''"),
        "created_at": "%s",
        "updated_at": "%s",
    }
    newest, replace = "excluded.{}", "ON CONFLICT (campaign_id) DO UPDATE SET"
    if connection.vendor == "mysql":
        newest, replace = "VALUES({})", "ON DUPLICATE KEY UPDATE"
    sets = ", ".join(f"{quote(name)} = {newest.format(quote(name))}" for name in _NEWEST_ORDER)
    return (
        f"INSERT INTO {quote(PlatformOrder._meta.db_table)} ({', '.join(map(quote, values))}) "  # noqa: S608
        f"SELECT {', '.join(values.values())} FROM {quote(Campaign._meta.db_table)} "
        f"WHERE id IN ({', '.join(['%s'] * count)}) ORDER BY id {replace} {sets}"
    )


def place_again(gate: Gate, campaign_ids: Iterable[int]) -> int:
    """Give the same order anew, with the next generation, to campaigns whose order is settled; gives how many."""
    orders = PlatformOrder.objects.using(gate.alias)
    settled = orders.settled().filter(campaign__in=list(campaign_ids), campaign__brand__in=list(gate.brands))
    ids = list(settled.values_list("campaign_id", flat=True))
    Campaign._base_manager.using(gate.alias).filter(pk__in=ids).update(desired_generation=F("desired_generation") + 1)
    orders.filter(campaign__in=ids).update(
        generation=F("generation") + 1,
        state=OrderState.PENDING,
        attempts=0,
        next_attempt_at=gate.now,
        updated_at=gate.now,
    )
    if ids:
        hint_after_commit(gate.alias)
    return len(ids)
