"""What must hold after every step: the database says what the reference says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any, NamedTuple

from django_adbudget import services
from django_adbudget.models import (
    BudgetAlert,
    BudgetChange,
    BudgetSummary,
    Campaign,
    CampaignSummary,
    PlatformOrder,
    StatusChange,
)

from .shapes import BUDGETS, STATUS_BY_REASON
from .world import World

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


class Row(NamedTuple):
    """What is stored of a campaign, as far as it is looked at again and again; models cost far more to make."""

    pk: int
    name: str
    is_active: bool
    status: str
    status_reasons: Iterable[str]
    next_check_at: datetime | None
    desired_generation: int


def stored_rows() -> list[Row]:
    """All campaigns, in one statement."""
    return [Row(*values) for values in Campaign.objects.order_by("pk").values_list(*Row._fields)]


def audit(world: World, *, reads: Iterable[str] = ()) -> None:
    """Everything; and the status of the campaigns in ``reads`` as the services give it."""
    totals_are_those_of_all_records(world)
    rows = stored_rows()
    switches_are_as_people_left_them(world, rows)
    projections_hold(world, rows)
    history_is_one_chain(world, rows)
    edits_are_kept(world)
    alerts_are_raised_once(world)
    for name in reads:
        a_read_never_lies(world, name)


def names(world: World) -> dict[int, str]:
    """Names of campaigns by id."""
    return {world.pks[name]: name for name in world.model.campaigns}


def totals_are_those_of_all_records(world: World) -> None:
    brands = {world.pks[name]: name for name in world.model.brands}
    campaigns = names(world)
    found: dict[tuple[str, str, str, date], Decimal] = {}
    for total in BudgetSummary.objects.exclude(spend=0):
        found["BRAND", brands[total.brand_id], total.period, total.start] = total.spend
    for owned in CampaignSummary.objects.exclude(spend=0):
        found["CAMPAIGN", campaigns[owned.campaign_id], owned.period, owned.start] = owned.spend
    assert found == world.model.totals()
    assert services.verify_summaries() == []


def switches_are_as_people_left_them(world: World, rows: list[Row]) -> None:
    assert {row.name: row.is_active for row in rows} == {c.name: c.is_active for c in world.model.campaigns.values()}


def projections_hold(world: World, rows: list[Row], *, every: bool = False) -> None:
    """What is stored is what holds, unless a tick is due; with ``every``, after it has come, for all."""
    for row in rows:
        waits = row.next_check_at is not None and row.next_check_at <= world.now
        assert not (every and waits), f"{row.name} is due still: {row.next_check_at}, it is {world.now}"
        if every or not (waits or world.unsure):
            assert stored(row) == world.model.status(row.name, world.now), f"{row.name} at {world.now}"


def stored(row: Campaign | Row) -> tuple[str, tuple[str, ...]]:
    return row.status, tuple(map(str, row.status_reasons))


def nothing_turns_before_it_is_looked_at(world: World, row: Campaign | Row, hours: int = 49) -> None:
    """Rule S3: up to ``next_check_at``, time alone changes nothing. Looked at by the hour, and just before it."""
    if world.unsure or (row.next_check_at is not None and row.next_check_at <= world.now):
        return
    end = row.next_check_at or datetime.max.replace(tzinfo=world.now.tzinfo)
    hour = world.now.replace(minute=0, second=0, microsecond=0)
    probes = [hour + n * HOUR + minute for n in range(1, hours) for minute in (-MINUTE, 0 * MINUTE)]
    if row.next_check_at is not None:
        probes += [row.next_check_at - MINUTE, row.next_check_at - 5 * MINUTE]
    for probe in probes:
        if world.now <= probe < end:
            assert world.model.status(row.name, probe) == stored(row), f"{row.name} at {probe}, checked at {end}"


def history_is_one_chain(world: World, rows: list[Row]) -> None:
    """Each change begins where the one before ended, the last is what is stored, and each flip raised the order."""
    chains: dict[int, list[StatusChange]] = {row.pk: [] for row in rows}
    for change in StatusChange.objects.order_by("pk"):
        chains[change.campaign_id].append(change)
    orders = {order.campaign_id: order for order in PlatformOrder.objects.all()}
    for row in rows:
        links = ["INACTIVE", *(change.to_status for change in chains[row.pk])]
        assert [change.from_status for change in chains[row.pk]] == links[:-1]
        assert all(before != after for before, after in pairwise(links))
        assert row.status == links[-1]
        for change in chains[row.pk]:
            reasons = tuple(map(str, change.reasons))
            assert change.to_status == (STATUS_BY_REASON[reasons[0]] if reasons else "ACTIVE")
        flips = sum("ACTIVE" in link for link in pairwise(links))
        assert row.desired_generation == flips
        order = orders.get(row.pk)
        assert (order.generation if order else 0) == flips
        assert order is None or order.action == ("RUN" if row.status == "ACTIVE" else "STOP")


def edits_are_kept(world: World) -> None:
    owners = {pk: name for name, pk in world.pks.items() if name in world.model.brands}
    campaigns = names(world)
    found = Counter(
        (
            owners[change.brand_id] if change.campaign_id is None else campaigns[change.campaign_id],
            change.field,
            _value(change.field, change.before),
            _value(change.field, change.after),
            change.actor,
        )
        for change in BudgetChange.objects.all()
    )
    assert found == Counter(
        (c.owner, c.field, _value(c.field, c.before), _value(c.field, c.after), c.actor) for c in world.model.changes
    )


def _value(field: str, value: Any) -> Any:
    if value is None:
        return None
    return Decimal(value) if field in BUDGETS else str(value)


def alerts_are_raised_once(world: World) -> None:
    owners = {pk: name for name, pk in world.pks.items() if name in world.model.brands}
    campaigns = names(world)
    found = Counter(
        (
            owners[alert.brand_id] if alert.campaign_id is None else campaigns[alert.campaign_id],
            alert.budget,
            alert.period_start,
            alert.limit,
            alert.threshold,
        )
        for alert in BudgetAlert.objects.all()
    )
    assert max(found.values(), default=1) == 1
    assert found == Counter((a.owner, a.budget, a.period_start, a.limit, a.threshold) for a in world.model.alerts)


def a_read_never_lies(world: World, name: str) -> None:
    """Rule S6: derived now, whatever is stored, with the figures."""
    answer = services.campaign_status(world.pks[name], now=world.now)
    status, reasons = world.model.status(name, world.now)
    assert (answer.status, answer.reasons) == (status, reasons)
    assert answer.can_run_now == (status == "ACTIVE")
    assert answer.is_within_dayparting == ("OUTSIDE_DAYPARTING" not in reasons)
    assert answer.stored_status == Campaign.objects.values_list("status", flat=True).get(pk=world.pks[name])
    limits = [(limit.level, limit.period, limit.spent, limit.budget) for limit in answer.limits]
    assert sorted(limits, key=lambda limit: limit[:2]) == sorted(
        world.model.limits(name, world.now), key=lambda limit: limit[:2]
    )
    assert all(x.remaining == (None if x.budget is None else x.budget - x.spent) for x in answer.limits)


def a_brand_counts_what_holds(world: World, brand: str) -> None:
    answer = services.brand_status(world.pks[brand], now=world.now)
    held = [world.model.status(c.name, world.now)[0] for c in world.model.campaigns.values() if c.brand == brand]
    expected = {status.lower(): held.count(status) for status in set(STATUS_BY_REASON.values()) | {"ACTIVE"}}
    assert answer.campaign_counts == {"total": len(held), **expected}
    today = world.model.today(brand, world.now)
    assert (answer.date, answer.month) == (today, today.replace(day=1))
    row = world.model.brands[brand]
    assert {limit.period: (limit.spent, limit.budget) for limit in answer.limits} == {
        "DAY": (world.model.spent("BRAND", brand, "DAY", today), row.daily_budget),
        "MONTH": (world.model.spent("BRAND", brand, "MONTH", today), row.monthly_budget),
    }
