"""Rule S1: an instance loaded before a pause and saved after it brings nothing of the projection back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.core import serializers
from django.core.management import call_command

from django_adbudget import services
from django_adbudget.models import Brand, Campaign, DaypartingSchedule, PlatformOrder, StatusChange
from django_adbudget.models.campaign import DUE_AT_ONCE, PROJECTION
from tests.factories import NOW, make_brand, make_campaign, make_window, money

from .world import clock

pytestmark = pytest.mark.django_db
Row = dict[str, Any]


@pytest.fixture(autouse=True)
def _noon() -> Iterator[None]:
    with clock(lambda: NOW):
        yield


def projection(campaign: Campaign) -> Row:
    row: Row = Campaign.objects.values(*PROJECTION).get(pk=campaign.pk)
    return row


@dataclass
class Paused:
    stale: Campaign
    """As it was while it ran."""
    row: Row
    changes: int


@pytest.fixture
def paused() -> Paused:
    """Paused, resumed and paused again since it was loaded, so that its generation has moved on by three."""
    brand = make_brand(daily_budget=10)
    stale = make_campaign(brand)
    services.record_spend(stale.pk, 10, now=NOW)
    for budget in ("20", "10"):
        brand.daily_budget = money(budget)
        brand.save()
    row = projection(stale)
    assert (stale.status, stale.desired_generation) == ("ACTIVE", 1)
    assert (row["status"], row["desired_generation"]) == ("PAUSED_BUDGET", 4)
    return Paused(stale, row, StatusChange.objects.count())


def by_save(stale: Campaign) -> Campaign:
    stale.save()
    return stale


def by_save_of(*names: str) -> Callable[[Campaign], Campaign]:
    def save(stale: Campaign) -> Campaign:
        stale.save(update_fields=names)
        return stale

    return save


def by_force_update(stale: Campaign) -> Campaign:
    stale.save(force_update=True)
    return stale


def by_bulk_update(stale: Campaign) -> Campaign:
    Campaign.objects.bulk_update([stale], ["name", "daily_budget", "is_active", "end_date"])
    return Campaign.objects.get(pk=stale.pk)


def by_upsert(stale: Campaign) -> Campaign:
    """What importers do; the rows that are there get the named fields, and the insert that failed nothing else."""
    Campaign.objects.bulk_create([stale], update_conflicts=True, unique_fields=["id"], update_fields=["name"])
    return Campaign.objects.get(pk=stale.pk)


def by_a_new_instance(stale: Campaign) -> Campaign:
    anew = Campaign(pk=stale.pk, brand_id=stale.brand_id, name=stale.name)
    anew.save()
    return anew


def by_update_or_create(stale: Campaign) -> Campaign:
    return Campaign.objects.update_or_create(pk=stale.pk, defaults={"name": stale.name})[0]


def in_one_edit(stale: Campaign) -> Campaign:
    with services.editing(stale.brand_id, now=NOW):
        stale.save()
    return stale


def through_a_deferred_load(stale: Campaign) -> Campaign:
    deferred = Campaign.objects.only("name").get(pk=stale.pk)
    deferred.name = stale.name
    deferred.save()
    return deferred


@pytest.mark.parametrize(
    "save",
    [
        by_save,
        by_save_of("name"),
        by_save_of("daily_budget", "is_active"),
        by_save_of(*PROJECTION),
        by_force_update,
        by_bulk_update,
        pytest.param(by_upsert, marks=pytest.mark.sqlite),
        by_a_new_instance,
        by_update_or_create,
        in_one_edit,
        through_a_deferred_load,
    ],
    ids=lambda save: save.__qualname__.split(".")[0],
)
def test_still_paused_however_it_is_saved(paused: Paused, save: Callable[[Campaign], Campaign]) -> None:
    paused.stale.name = "Renamed"
    saved = save(paused.stale)
    assert projection(paused.stale) == paused.row
    assert {name: getattr(saved, name) for name in PROJECTION} == paused.row, "save() leaves the fresh projection"
    assert StatusChange.objects.count() == paused.changes
    order = PlatformOrder.objects.get(campaign=paused.stale)
    assert (order.action, order.generation) == ("STOP", 4)
    assert services.reconcile(now=NOW).changed == 0


def test_a_stale_window_and_a_stale_brand_bring_nothing_back(paused: Paused) -> None:
    window = make_window(paused.stale, 2, "00:00", "00:00")
    brand = Brand.objects.get()
    for row in (window, brand):
        row.save()
    assert projection(paused.stale) == {**paused.row, "next_check_at": projection(paused.stale)["next_check_at"]}
    assert StatusChange.objects.count() == paused.changes


def test_a_budget_raised_beside_save_is_caught_by_the_sweep(paused: Paused) -> None:
    """S4: ``QuerySet.update()`` tells nobody; the tick is not due, the sweep is."""
    Brand.objects.update(daily_budget=20)
    assert projection(paused.stale) == paused.row
    assert services.reconcile(due_only=True, now=NOW).evaluated == 0
    assert services.campaign_status(paused.stale, now=NOW).status == "ACTIVE", "a read never lies (S6)"
    assert services.reconcile(now=NOW).activated == 1
    assert projection(paused.stale)["desired_generation"] == 5


def test_windows_made_in_bulk_are_caught_by_the_sweep_and_deleted_in_bulk_evaluate() -> None:
    campaign = make_campaign()
    early = make_window(make_campaign(), 0, "00:00", "01:00")
    DaypartingSchedule.objects.bulk_create(
        DaypartingSchedule(campaign=campaign, day_of_week=day, start_time=early.start_time, end_time=early.end_time)
        for day in range(7)
    )
    assert projection(campaign)["status"] == "ACTIVE"
    assert services.reconcile(now=NOW).paused == 1
    DaypartingSchedule.objects.filter(campaign=campaign).delete()
    assert projection(campaign)["status"] == "ACTIVE"


def test_rows_loaded_from_a_fixture_are_due_at_once(paused: Paused, tmp_path: Path) -> None:
    """S4: as they are, whatever they say of their status; also where only a brand or a window is loaded."""
    other = make_campaign()
    window = make_window(make_campaign(), 2, "00:00", "01:00")
    brand = Brand.objects.get(pk=other.brand_id)
    brand.is_active = False
    fixture = tmp_path / "rows.json"
    fixture.write_text(serializers.serialize("json", [paused.stale, brand, window]))
    Campaign.objects.update(next_check_at=None)
    call_command("loaddata", str(fixture), verbosity=0)
    assert set(Campaign.objects.values_list("next_check_at", flat=True)) == {DUE_AT_ONCE}
    result = services.reconcile(due_only=True, now=NOW)
    assert (result.evaluated, result.failed) == (3, 0)
    assert projection(paused.stale)["status"] == "PAUSED_BUDGET"
    assert projection(other)["status_reasons"] == ("BRAND_OFF",)
