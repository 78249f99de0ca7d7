"""Rules T3, T4: spend belongs to its own day, and a day that bears spend already is looked at when it begins."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pytest

from django_adbudget import services
from django_adbudget.models import Campaign

from .audit import a_read_never_lies, audit, names, projections_hold, stored_rows
from .places import DAY, HOUR, MINUTE
from .reference import first_minute
from .shapes import RECORDED, Sent
from .world import Edit, World, clock

pytestmark = pytest.mark.django_db
TEN = Decimal(10)
#: A zone, and a date whose first minute is worth waiting for.
MIDNIGHTS = [
    ("Europe/Berlin", date(2026, 3, 12)),
    ("Europe/Berlin", date(2025, 10, 27)),  # after a day of 25 hours
    ("America/New_York", date(2025, 11, 1)),
    ("America/Havana", date(2026, 3, 8)),  # begins at 01:00
    ("America/Havana", date(2025, 11, 3)),
    ("Africa/Cairo", date(2025, 4, 25)),  # begins at 01:00
    ("Africa/Cairo", date(2025, 10, 31)),  # 23:00 to 24:00 came twice
    ("Africa/Casablanca", date(2026, 3, 1)),
    ("Asia/Kathmandu", date(2026, 1, 1)),
    ("Australia/Lord_Howe", date(2025, 10, 6)),
    ("Pacific/Apia", date(2026, 2, 1)),
    ("Pacific/Honolulu", date(2025, 7, 1)),
    ("Pacific/Kiritimati", date(2025, 12, 31)),
]


@pytest.fixture
def world() -> Iterator[World]:
    made = World(datetime(2026, 3, 11, 11, tzinfo=UTC))
    with clock(lambda: made.now):
        yield made


def next_checks(world: World) -> dict[str, datetime | None]:
    return dict(Campaign.objects.values_list("name", "next_check_at"))


def statuses(world: World) -> dict[str, str]:
    return dict(Campaign.objects.values_list("name", "status"))


@pytest.mark.parametrize(("zone", "day"), MIDNIGHTS)
def test_tomorrow_s_budget_reached_today_pauses_at_midnight(world: World, zone: str, day: date) -> None:
    midnight = first_minute(day, zone)
    world.go_to(midnight - 2 * MINUTE)
    world.add_brand("b", zone, daily_budget=TEN)
    world.add_brand("other", zone, daily_budget=TEN)
    for name in ("spends", "idle", "open all day", "off"):
        world.add_campaign(name, "b", is_active=name != "off")
    world.add_campaign("elsewhere", "other")
    world.edit([Edit("open all day", {"raw": (n, time(0), time(0))}, window=f"w{n}") for n in range(7)], together=True)
    assert world.spend(Sent("spends", TEN, at=midnight + 2 * MINUTE)) == RECORDED
    mine = {"spends", "idle", "open all day", "off"}
    assert next_checks(world) == {**dict.fromkeys(mine, midnight), "elsewhere": None}
    audit(world, reads=names(world).values())
    world.go_to(midnight - MINUTE)
    assert world.tick().evaluated == 0
    assert set(statuses(world).values()) == {"ACTIVE", "INACTIVE"}
    world.go_to(midnight)
    result = world.tick()
    assert (result.evaluated, result.paused) == (4, 3)
    audit(world, reads=names(world).values())
    assert statuses(world)["elsewhere"] == "ACTIVE"


@pytest.mark.parametrize("budget", ["daily_budget", "monthly_budget"])
@pytest.mark.parametrize("owner", ["b", "spends"])
def test_the_same_for_each_budget_at_the_end_of_a_month(world: World, owner: str, budget: str) -> None:
    midnight = first_minute(date(2026, 4, 1), "Asia/Kathmandu")
    world.go_to(midnight - 2 * MINUTE)
    world.add_brand("b", "Asia/Kathmandu")
    for name in ("spends", "idle"):
        world.add_campaign(name, "b")
    world.edit([Edit(owner, {budget: TEN})])
    for amount, expected in ((Decimal("9.999999"), None), (Decimal("0.000001"), midnight)):
        world.spend(Sent("spends", amount, at=midnight + 3 * MINUTE))
        assert next_checks(world) == {"spends": expected, "idle": expected if owner == "b" else None}
    world.go_to(midnight)
    assert world.tick().paused == (2 if owner == "b" else 1)
    audit(world, reads=["spends", "idle"])


def test_a_campaign_made_after_tomorrow_s_budget_was_reached_knows_of_it(world: World) -> None:
    midnight = first_minute(date(2026, 3, 12), "Europe/Berlin")
    world.go_to(midnight - 2 * MINUTE)
    world.add_brand("b", "Europe/Berlin", daily_budget=TEN)
    world.add_campaign("spends", "b")
    world.spend(Sent("spends", TEN, at=midnight))
    world.add_campaign("new", "b")
    assert next_checks(world) == dict.fromkeys(["spends", "new"], midnight)


def test_tomorrow_s_spend_taken_back_before_midnight_pauses_nobody(world: World) -> None:
    midnight = first_minute(date(2026, 3, 12), "Europe/Berlin")
    world.go_to(midnight - 2 * MINUTE)
    world.add_brand("b", "Europe/Berlin", daily_budget=TEN)
    world.add_campaign("spends", "b")
    world.spend(Sent("spends", TEN, at=midnight))
    world.correct(0, Decimal("0.000001"))
    world.go_to(midnight)
    assert world.tick().changed == 0
    audit(world, reads=["spends"])


@pytest.mark.parametrize(("zone", "day"), MIDNIGHTS)
def test_yesterday_s_late_spend_counts_in_its_month_and_not_today(world: World, zone: str, day: date) -> None:
    midnight = first_minute(day, zone)
    world.go_to(midnight + HOUR)
    world.add_brand("b", zone, daily_budget=TEN, monthly_budget=2 * TEN)
    world.add_campaign("late", "b", daily_budget=TEN)
    world.spend(Sent("late", TEN, at=midnight - MINUTE))
    figures = {(str(limit.level), str(limit.period)): limit.spent for limit in read(world).limits}
    same_month = day.day != 1
    assert (figures["BRAND", "DAY"], figures["CAMPAIGN", "DAY"]) == (0, 0)
    assert figures["BRAND", "MONTH"] == (TEN if same_month else 0)
    assert figures["CAMPAIGN", "TOTAL"] == TEN
    assert statuses(world) == {"late": "ACTIVE"}
    world.spend(Sent("late", TEN, at=midnight - 2 * DAY))
    expected = "PAUSED_BUDGET" if day.day > 2 else "ACTIVE"
    assert statuses(world) == {"late": expected}, "the month's budget is reached now"
    audit(world, reads=["late"])


@pytest.mark.parametrize("values", [{"monthly_budget": TEN}, {"total_budget": TEN}])
def test_a_longer_budget_reached_by_late_spend_pauses_at_once(world: World, values: dict[str, Any]) -> None:
    world.add_brand("b", "Europe/Berlin")
    world.add_campaign("late", "b", **values)
    world.add_campaign("other", "b")
    world.spend(Sent("late", TEN, at=world.now - 5 * DAY))
    assert statuses(world) == {"late": "PAUSED_BUDGET", "other": "ACTIVE"}
    world.go_to(first_minute(date(2026, 4, 1), "Europe/Berlin"))
    world.tick()
    assert statuses(world)["late"] == ("ACTIVE" if "monthly_budget" in values else "PAUSED_BUDGET")
    projections_hold(world, stored_rows(), every=True)


def read(world: World) -> services.CampaignStatus:
    a_read_never_lies(world, "late")
    return services.campaign_status(world.pks["late"], now=world.now)
