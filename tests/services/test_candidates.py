"""A sweep looks before it locks: what it takes for settled must be what the facts say, projection and all (S3, S4)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from django_adbudget import services
from django_adbudget.models import (
    Brand,
    BudgetSummary,
    Campaign,
    CampaignSummary,
    DaypartingSchedule,
    Heartbeat,
    StatusChange,
)
from django_adbudget.models.history import Cause
from django_adbudget.rules import Reason, Status
from django_adbudget.services.enforcement import evaluating, reconciling
from django_adbudget.services.enforcement.candidates import Finder
from django_adbudget.services.gate import ledger_alias, lock
from tests.factories import NOW, make_brand, make_campaign, make_window, money
from tests.integration.host import captured
from tests.rules.places import instants
from tests.rules.strategies import raw_windows

pytestmark = pytest.mark.django_db

EPOCH = date(1970, 1, 1)
ZONES = ["UTC", "Europe/Berlin", "Pacific/Kiritimati", "Etc/GMT+12", "America/St_Johns", "Asia/Kolkata", "Mars/Phobos"]
BUDGETS = [None, None, 0, 5, 5]


@dataclass
class World:
    """Brands and campaigns as somebody beside the services might leave them; nothing of it was ever evaluated."""

    now: datetime
    brands: list[Brand]
    campaigns: list[Campaign]
    windows: list[DaypartingSchedule] = field(default_factory=list)
    of_brands: list[BudgetSummary] = field(default_factory=list)
    of_campaigns: list[CampaignSummary] = field(default_factory=list)

    def store(self) -> None:
        Brand.objects.bulk_create(self.brands)
        projection = [(row.status, row.status_reasons, row.next_check_at) for row in self.campaigns]
        Campaign.objects.bulk_create(self.campaigns)
        for row, (status, reasons, next_check_at) in zip(self.campaigns, projection, strict=True):
            Campaign.objects.filter(pk=row.pk).update(
                status=status, status_reasons=reasons, next_check_at=next_check_at
            )
        DaypartingSchedule.objects.bulk_create(self.windows)
        BudgetSummary.objects.bulk_create(self.of_brands)
        CampaignSummary.objects.bulk_create(self.of_campaigns)


@contextmanager
def stored(world: World) -> Iterator[World]:
    with transaction.atomic():
        world.store()
        yield world
        transaction.set_rollback(True)


def budgets(draw: st.DrawFn, *names: str) -> dict[str, Any]:
    return {f"{name}_budget": draw(st.sampled_from(BUDGETS)) for name in names}


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Few facts, met often: days and amounts about the edges at which a decision turns."""
    now = draw(instants("Europe/Berlin"))
    days = st.integers(-3, 3).map(lambda n: now.date() + timedelta(days=n))
    brands = [
        Brand(
            name=f"{number}",
            currency="EUR",
            timezone=draw(st.sampled_from(ZONES)),
            is_active=draw(st.sampled_from([True, True, False])),
            **budgets(draw, "daily", "monthly"),
        )
        for number in range(draw(st.integers(1, 3)))
    ]
    world = World(now, brands, [])
    for number in range(draw(st.integers(1, 5))):
        flight = sorted(draw(st.lists(days, min_size=2, max_size=2)))
        campaign = Campaign(
            brand=draw(st.sampled_from(brands)),
            name=f"{number}",
            is_active=draw(st.sampled_from([True, True, False])),
            start_date=draw(st.sampled_from([None, None, flight[0], date.min])),
            end_date=draw(st.sampled_from([None, None, flight[1], date.max])),
            dayparting=draw(st.sampled_from(["AUTO", "REQUIRED", "OFF"])),
            timezone=draw(st.sampled_from(["", "", *ZONES])),
            **budgets(draw, "daily", "monthly", "total"),
        )
        world.campaigns.append(campaign)
        world.windows += [
            DaypartingSchedule(
                campaign=campaign, day_of_week=day, start_time=start, end_time=end, is_active=draw(st.booleans())
            )
            for day, start, end in draw(raw_windows())
        ]
    world.of_brands = [
        BudgetSummary(brand=brand, **total) for brand in brands for total in draw(totals(days, "DAY", "MONTH"))
    ]
    world.of_campaigns = [
        CampaignSummary(campaign=campaign, **total)
        for campaign in world.campaigns
        for total in draw(totals(days, "DAY", "MONTH", "TOTAL"))
    ]
    return world


@st.composite
def totals(draw: st.DrawFn, days: st.SearchStrategy[date], *periods: str) -> list[dict[str, Any]]:
    """At most two of each kind, about the budget of 5."""
    spent = st.sampled_from(["-1", "0", "4.999999", "5", "5.000001"]).map(money)
    return [
        {"period": period, "start": start, "spend": draw(spent)}
        for period in periods
        for start in draw(st.sets(_starts(period, days), max_size=2))
    ]


def _starts(period: str, days: st.SearchStrategy[date]) -> st.SearchStrategy[date]:
    if period == "TOTAL":
        return st.just(EPOCH)
    return days if period == "DAY" else days.map(lambda day: day.replace(day=1))


def drifts(now: datetime) -> st.SearchStrategy[dict[str, Any]]:
    """Anything may be stored: what was decided before is left in about half, and altered in some."""
    reasons = st.lists(st.sampled_from(list(Reason)), max_size=2).map(tuple)
    next_checks = st.sampled_from([None, now, now + timedelta(days=400), datetime(1970, 1, 1, tzinfo=UTC)])
    return st.one_of(
        st.just({}),
        st.sampled_from(list(Status)).map(lambda status: {"status": status}),
        reasons.map(lambda reasons: {"status_reasons": reasons}),
        next_checks.map(lambda at: {"next_check_at": at}),
    )


def projections() -> dict[int, tuple[Any, ...]]:
    rows = Campaign.objects.values_list("pk", "status", "status_reasons", "next_check_at", "desired_generation")
    return {row[0]: row[1:] for row in rows}


def evaluated(now: datetime) -> tuple[dict[int, tuple[Any, ...]], set[int]]:
    """Projections once every campaign was evaluated under the gate, and the ids of those that cannot be."""
    with transaction.atomic():
        gate = lock(Brand.objects.values_list("pk", flat=True), now, ledger_alias())
        result = evaluating.evaluate(gate, Campaign._base_manager.all(), Cause.SWEEP)
        after = projections()
        transaction.set_rollback(True)
    return after, {row.stored.id for row in result.loaded if row.facts is None}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(worlds(), st.data())
def test_the_finder_names_what_an_evaluation_would_change_and_nothing_else(world: World, data: st.DataObject) -> None:
    with stored(world):
        services.reconcile(now=world.now - timedelta(days=data.draw(st.sampled_from([0, 0, 1, 40]))))
        for row in Campaign.objects.all():
            if altered := data.draw(drifts(world.now)):
                Campaign.objects.filter(pk=row.pk).update(**altered)
        before = projections()
        after, undecided = evaluated(world.now)
        found = Finder(ledger_alias(), world.now).find(
            Campaign._base_manager.all(), list(Brand.objects.values_list("pk", flat=True))
        )
        wrong = {pk for pk in before if before[pk][:3] != after[pk][:3]}
        assert {pk for _, pk in found.candidates} == wrong | undecided
        assert found.agreeing == len(before) - len(found.candidates)
        result = services.reconcile(now=world.now)
        assert projections() == after
        assert (result.evaluated, result.failed) == (len(before) - len(undecided), len(undecided))


def planted() -> list[dict[str, Any]]:
    return [
        {"status": "PAUSED_BUDGET"},
        {"status": "INACTIVE", "status_reasons": ("CAMPAIGN_OFF",)},
        {"status_reasons": ("ENDED",)},
        {"status_reasons": ()},
        {"next_check_at": None},
        {"next_check_at": NOW + timedelta(days=365)},
        {"next_check_at": NOW + timedelta(hours=5, microseconds=1)},
    ]


@pytest.mark.parametrize("altered", planted(), ids=str)
def test_one_sweep_mends_whatever_was_planted(altered: dict[str, Any]) -> None:
    """S4: a status, a reason or an instant of the next look that the facts do not give."""
    brand = make_brand()
    paused, running = make_campaign(brand), make_campaign(brand)
    make_window(paused, 2, "16:00", "18:00")
    make_window(running, 2, "09:00", "17:00")
    services.reconcile(now=NOW)
    right = projections()
    for campaign in (paused, running):
        Campaign.objects.filter(pk=campaign.pk).update(**altered)
        assert services.reconcile(now=NOW).evaluated == 2
        now = projections()
        assert {pk: row[:3] for pk, row in now.items()} == {pk: row[:3] for pk, row in right.items()}


def test_a_sweep_mends_what_was_altered_beside_the_services() -> None:
    """S4: switches, flights, budgets, zones, windows and totals by ``update()``."""
    brands = [make_brand() for _ in range(6)]
    campaigns = [make_campaign(brand) for brand in brands]
    make_window(campaigns[4], 2, "09:00", "17:00")
    services.reconcile(now=NOW)
    Brand.objects.filter(pk=brands[0].pk).update(is_active=False)
    Campaign.objects.filter(pk=campaigns[1].pk).update(end_date=NOW.date() - timedelta(days=1))
    Campaign.objects.filter(pk=campaigns[2].pk).update(total_budget=0)
    Campaign.objects.filter(pk=campaigns[3].pk).update(monthly_budget=5)
    CampaignSummary.objects.create(campaign=campaigns[3], period="MONTH", start=date(2026, 3, 1), spend=5)
    Brand.objects.filter(pk=brands[4].pk).update(timezone="Asia/Tokyo")
    assert services.reconcile(now=NOW).changed == 5
    reasons = dict(Campaign.objects.values_list("pk", "status_reasons"))
    assert [",".join(reasons[campaign.pk]) for campaign in campaigns] == [
        "BRAND_OFF",
        "ENDED",
        "CAMPAIGN_TOTAL_BUDGET",
        "CAMPAIGN_MONTHLY_BUDGET",
        "OUTSIDE_DAYPARTING",
        "",
    ]
    assert services.reconcile(now=NOW).changed == 0


def test_figures_of_a_change_are_the_campaign_s_own() -> None:
    """S7: a look knows only that a budget is reached; history says by how much."""
    campaign = make_campaign(daily_budget=5)
    services.record_spend(campaign, 3, now=NOW)
    Campaign.objects.filter(pk=campaign.pk).update(daily_budget=2)
    services.reconcile(now=NOW)
    figures = StatusChange.objects.latest("pk").figures
    assert [(limit["spent"], limit["budget"]) for limit in figures["limits"]] == [("3.00", "2.00")]


def test_what_agrees_is_not_locked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sweep with nothing to change reads, and notes which brands it has seen."""
    for size in (7, 1, 2):
        brand = make_brand()
        Campaign.objects.bulk_create([Campaign(brand=brand, name=f"c{n}") for n in range(size)])
    monkeypatch.setattr(reconciling, "LOOK", 3)
    monkeypatch.setattr(reconciling, "CHUNK", 2)
    assert services.reconcile(now=NOW).activated == 10
    with captured() as statements:
        assert services.reconcile(now=NOW).evaluated == 10
    written = [sql.split()[1] for sql in statements if sql.startswith(("UPDATE", "INSERT"))]
    allowed = {f'"{model._meta.db_table}"' for model in (Brand, Heartbeat)}
    assert {name.replace("`", '"') for name in written} <= allowed


def test_a_window_that_cannot_be_read_is_counted_as_failed() -> None:
    """T7: as where it is evaluated."""
    odd, well = make_campaign(), make_campaign()
    make_window(odd, 2, "09:00", "17:00")
    services.reconcile(now=NOW)
    DaypartingSchedule.objects.update(end_time="17:00:30")
    Brand.objects.update(daily_budget=0)
    result = services.reconcile(now=NOW)
    assert (result.evaluated, result.paused, result.failed) == (1, 1, 1)
    assert Campaign.objects.get(pk=well.pk).status == Status.PAUSED_BUDGET


def test_a_long_week_is_read_whole() -> None:
    """A text of many windows is not cut off, as some databases would."""
    campaign = make_campaign()
    for minute in range(0, 24 * 60, 15):
        start, end = (f"{at // 60:02}:{at % 60:02}" for at in (minute, minute + 7))
        make_window(campaign, 2, start, end)
    services.reconcile(now=NOW)
    assert Campaign.objects.get().next_check_at == NOW + timedelta(minutes=7)
    assert services.reconcile(now=NOW + timedelta(hours=11, minutes=5)).changed == 0


@pytest.mark.postgres
def test_an_instant_that_python_cannot_hold_is_mended() -> None:
    campaign = make_campaign()
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {Campaign._meta.db_table} SET next_check_at = 'infinity'")
    services.reconcile(now=NOW)
    campaign.refresh_from_db()
    assert campaign.next_check_at is None
