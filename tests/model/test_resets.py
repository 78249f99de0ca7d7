"""Rule T2: there is no reset. The tasks of that name, run twice, late or never, change no total."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from django_adbudget import services, tasks
from django_adbudget.models import BudgetSummary, Campaign

from .audit import audit, names
from .places import DAY, HOUR, MINUTE, ZONES
from .reference import first_minute
from .shapes import Sent
from .world import World, clock

pytestmark = pytest.mark.django_db
RESETS: list[Callable[[], object]] = [tasks.reset_daily_budgets, tasks.reset_monthly_budgets]


@pytest.fixture
def world() -> Iterator[World]:
    """A brand in each zone, one campaign each, all with their budget of the day reached, on 30 or 31 January."""
    made = World(datetime(2026, 1, 30, 11, tzinfo=UTC))
    with clock(lambda: made.now):
        for zone in ZONES:
            made.add_brand(zone, zone, daily_budget=Decimal(10), monthly_budget=Decimal(25))
            made.add_campaign(f"in {zone}", zone)
            made.spend(Sent(f"in {zone}", Decimal(10)))
        yield made


def rows() -> int:
    return BudgetSummary.objects.count()


@pytest.mark.parametrize("order", [RESETS, RESETS[::-1], RESETS * 2, RESETS[:1], RESETS[1:]])
def test_whatever_runs_and_however_often_statuses_are_right_and_totals_stay(
    world: World, order: list[Callable[[], object]]
) -> None:
    audit(world)
    for _ in range(3 * 24):
        world.go_to(world.now + HOUR)
        for reset in order:
            reset()
        assert not Campaign.objects.due(world.now).exists(), "a reset evaluates what is due"
        audit(world)
    audit(world, reads=names(world).values())


def test_run_twice_they_open_nothing_more(world: World) -> None:
    world.go_to(first_minute(date(2026, 2, 2), "Pacific/Honolulu"))
    before = rows()
    for reset in RESETS:
        reset()
    assert rows() == before + 2 * len(ZONES)
    for reset in RESETS:
        reset()
    assert rows() == before + 2 * len(ZONES)
    assert services.verify_summaries() == []


def test_never_run_they_are_not_missed(world: World) -> None:
    """Ticks alone, once a day has begun; spend opens what it needs."""
    before = rows()
    for midnight in sorted(first_minute(world.model.today(zone, world.now) + DAY, zone) for zone in ZONES):
        world.go_to(midnight)
        world.tick()
    assert rows() == before
    assert set(Campaign.objects.values_list("status", flat=True)) == {"ACTIVE"}
    for zone in ZONES:
        world.spend(Sent(f"in {zone}", Decimal(15)))
    audit(world, reads=names(world).values())
    assert set(Campaign.objects.values_list("status", flat=True)) == {"PAUSED_BUDGET"}


@pytest.mark.parametrize("zone", ZONES)
def test_late_by_hours_they_take_nothing_from_the_new_day(world: World, zone: str) -> None:
    """Spend of the new day and month comes before the reset does."""
    world.go_to(first_minute(date(2026, 2, 1), zone) + MINUTE)
    world.tick()
    world.spend(Sent(f"in {zone}", Decimal("9.999999")))
    world.go_to(world.now + 7 * HOUR)
    for reset in RESETS:
        reset()
    audit(world, reads=[f"in {zone}"])
    today = BudgetSummary.objects.get(brand__name=zone, period="DAY", start=date(2026, 2, 1))
    month = BudgetSummary.objects.get(brand__name=zone, period="MONTH", start=date(2026, 2, 1))
    assert today.spend == month.spend == Decimal("9.999999")
    world.spend(Sent(f"in {zone}", Decimal("0.000001"), at=world.now - DAY))
    world.spend(Sent(f"in {zone}", Decimal("0.000001")))
    assert Campaign.objects.get(name=f"in {zone}").status == "PAUSED_BUDGET"
    audit(world, reads=[f"in {zone}"])
