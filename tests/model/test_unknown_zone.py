"""Rule T7: a row whose zone has become unknown stops nobody else."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from django_adbudget import services
from django_adbudget.exceptions import UnknownTimezone
from django_adbudget.models import Brand, BudgetSummary, Campaign, SpendRecord, StatusChange
from django_adbudget.rules import Period

from .audit import history_is_one_chain, stored, stored_rows
from .places import DAY
from .shapes import Sent
from .world import Edit, World, clock

pytestmark = pytest.mark.django_db
LOST = "Mars/Phobos"


@pytest.fixture
def world() -> Iterator[World]:
    """Two brands that have both reached their budget, of which one then loses its zone."""
    made = World(datetime(2026, 3, 11, 11, tzinfo=UTC))
    with clock(lambda: made.now):
        for brand in ("lost", "well"):
            made.add_brand(brand, "Europe/Berlin", daily_budget=Decimal(10))
            for number in range(2):
                made.add_campaign(f"{brand}{number}", brand)
            made.spend(Sent(f"{brand}0", Decimal(10)))
        Brand.objects.filter(name="lost").update(timezone=LOST)
        yield made


def projections(prefix: str) -> list[Any]:
    return list(Campaign.objects.filter(name__startswith=prefix).order_by("pk").values())


@pytest.mark.parametrize("due_only", [True, False])
def test_its_campaigns_keep_their_projection_and_the_others_go_on(
    world: World, due_only: bool, caplog: pytest.LogCaptureFixture
) -> None:
    before, changes = projections("lost"), StatusChange.objects.count()
    world.go_to(world.now + DAY)
    for _ in range(2):
        with caplog.at_level(logging.ERROR):
            result = services.reconcile(due_only=due_only, now=world.now)
        assert result.failed == 2
        assert projections("lost") == before
    assert [stored(row) for row in Campaign.objects.filter(name__startswith="well")] == [("ACTIVE", ())] * 2
    assert StatusChange.objects.count() == changes + 2
    assert {str(record.campaign_id) for record in caplog.records if hasattr(record, "campaign_id")} == {
        str(world.pks["lost0"]),
        str(world.pks["lost1"]),
    }


def test_a_first_tick_counts_them(world: World) -> None:
    world.go_to(world.now + DAY)
    result = world.tick()
    assert (result.evaluated, result.changed, result.activated, result.failed) == (2, 2, 2, 2)


READS: list[Callable[[World], object]] = [
    lambda world: services.campaign_status(world.pks["lost0"], now=world.now),
    lambda world: services.brand_status(world.pks["lost"], now=world.now),
    lambda world: services.record_spend(world.pks["lost0"], 1, now=world.now),
    lambda world: services.set_spend_total(world.pks["lost0"], world.now.date(), 1, source="meta", now=world.now),
]


@pytest.mark.parametrize("read", READS)
def test_what_needs_its_local_date_raises(world: World, read: Callable[[World], object]) -> None:
    records = SpendRecord.objects.count()
    with pytest.raises(UnknownTimezone, match=LOST):
        read(world)
    assert SpendRecord.objects.count() == records
    assert services.verify_summaries() == []


def test_the_others_spend_and_are_edited_as_ever(world: World) -> None:
    before = projections("lost")
    world.go_to(world.now + DAY)
    world.spend(Sent("well0", Decimal(10)))
    world.edit([Edit("well", {"daily_budget": Decimal(20)}), Edit("well1", {"is_active": False})])
    for name in ("well0", "well1"):
        assert stored(Campaign.objects.get(name=name)) == world.model.status(name, world.now)
    assert services.brand_status(world.pks["well"], now=world.now).campaign_counts["active"] == 1
    assert projections("lost") == before


def test_periods_are_opened_for_the_others(world: World) -> None:
    world.go_to(world.now + 30 * DAY)
    for period in Period.DAY, Period.MONTH:
        opened, result = services.open_periods(period, now=world.now)
        assert (opened, result.failed) == (1, 2)
        assert services.open_periods(period, now=world.now)[0] == 0
    latest = BudgetSummary.objects.order_by("-start", "period")[:2]
    assert [(total.brand_id, total.period, total.spend) for total in latest] == [
        (world.pks["well"], "DAY", 0),
        (world.pks["well"], "MONTH", 0),
    ]


def test_a_campaign_with_a_lost_zone_of_its_own_harms_its_brand_s_others_not(world: World) -> None:
    Brand.objects.filter(name="lost").update(timezone="Europe/Berlin")
    Campaign.objects.filter(name="lost0").update(timezone=LOST)
    world.go_to(world.now + DAY)
    result = world.tick()
    assert (result.evaluated, result.failed) == (3, 1)
    assert [row.status for row in Campaign.objects.exclude(name="lost0").order_by("name")] == ["ACTIVE"] * 3
    with pytest.raises(UnknownTimezone):
        services.campaign_status(world.pks["lost0"], now=world.now)
    assert services.campaign_status(world.pks["lost1"], now=world.now).status == "ACTIVE"
    counts = services.brand_status(world.pks["lost"], now=world.now).campaign_counts
    assert counts == {"total": 2, "active": 1, "paused_budget": 1, "paused_daypart": 0, "inactive": 0}
    assert services.record_spend(world.pks["lost0"], 10, now=world.now).record.pk
    assert services.campaign_status(world.pks["lost1"], now=world.now).status == "PAUSED_BUDGET"


def test_found_again_it_is_right_at_the_next_tick(world: World) -> None:
    world.go_to(world.now + DAY)
    world.tick()
    Brand.objects.filter(name="lost").update(timezone="Europe/Berlin")
    assert world.tick().activated == 2
    history_is_one_chain(world, stored_rows())
