"""Rule S4: edits made together are evaluated once; what is undone leaves no trace."""

from __future__ import annotations

from collections.abc import Iterator
from unittest import mock

import pytest
from django.db import transaction

from django_adbudget import services
from django_adbudget.models import BudgetAlert, BudgetChange, Campaign, DaypartingSchedule, StatusChange
from django_adbudget.services.enforcement import evaluating
from tests.factories import NOW, make_brand, make_campaign, make_window, money

from .world import clock

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _noon() -> Iterator[None]:
    with clock(lambda: NOW):
        yield


@pytest.fixture
def evaluations() -> Iterator[mock.Mock]:
    with mock.patch.object(evaluating, "evaluate", wraps=evaluating.evaluate) as evaluate:
        yield evaluate


def history(campaign: Campaign) -> list[tuple[str, str]]:
    rows = StatusChange.objects.filter(campaign=campaign).order_by("pk")
    return [(row.from_status, row.to_status) for row in rows]


def test_a_campaign_and_seven_windows_are_evaluated_once(evaluations: mock.Mock) -> None:
    brand = make_brand()
    with services.editing(brand, now=NOW):
        campaign = make_campaign(brand)
        for day in range(7):
            make_window(campaign, day, "09:00", "18:00")
        assert evaluations.call_count == 0
    assert evaluations.call_count == 1
    assert history(campaign) == [("INACTIVE", "ACTIVE")]
    assert campaign.status == "ACTIVE", "the instance carries what was decided at the end"
    assert campaign.next_check_at == NOW.replace(hour=17)


def test_edits_that_come_to_nothing_change_nothing(evaluations: mock.Mock) -> None:
    brand = make_brand()
    campaign = make_campaign(brand)
    before = Campaign.objects.values().get()
    evaluations.reset_mock()
    with services.editing(brand, now=NOW, actor="ann"):
        for on in (False, True):
            campaign.is_active = on
            campaign.save()
    assert evaluations.call_count == 1
    assert history(campaign) == [("INACTIVE", "ACTIVE")]
    after = Campaign.objects.values().get()
    assert {**before, "updated_at": None} == {**after, "updated_at": None}
    assert list(BudgetChange.objects.values_list("field", "actor")) == [("is_active", "ann")] * 2


def test_an_edit_within_an_edit_is_evaluated_by_the_outer_one(evaluations: mock.Mock) -> None:
    one, other = make_brand(), make_brand()
    campaign = make_campaign(one)
    evaluations.reset_mock()
    with services.editing(one, actor="ann", now=NOW):
        with services.editing(one, actor="ben"):
            one.daily_budget = money("0")
            one.save()
        with services.editing(other):
            make_campaign(other)
        assert evaluations.call_count == 0
    assert evaluations.call_count == 1
    assert history(campaign)[-1] == ("ACTIVE", "PAUSED_BUDGET")
    assert StatusChange.objects.filter(actor="ann").count() == 2


def test_what_an_inner_edit_undoes_leaves_no_trace() -> None:
    """Neither by an ``editing()`` that raises nor by a savepoint of the host's own."""
    brand = make_brand(daily_budget=10)
    campaign = make_campaign(brand)
    services.record_spend(campaign, 3, now=NOW)
    with services.editing(brand, now=NOW):
        with pytest.raises(RuntimeError), services.editing(brand):
            make_campaign(brand)
            brand.daily_budget = money("1")
            brand.save()
            raise RuntimeError
        with pytest.raises(RuntimeError), transaction.atomic():
            make_campaign(brand, daily_budget=1)
            campaign.total_budget = money("3")
            campaign.save()
            raise RuntimeError
    assert not BudgetChange.objects.exists()
    assert not BudgetAlert.objects.exists()
    assert history(campaign) == [("INACTIVE", "ACTIVE")]
    assert Campaign.objects.count() == 1


def test_an_edit_that_raises_keeps_nothing_and_the_next_begins_anew(evaluations: mock.Mock) -> None:
    brand = make_brand()
    campaign = make_campaign(brand)
    evaluations.reset_mock()
    with pytest.raises(RuntimeError), services.editing(brand, now=NOW):
        make_window(campaign, 0, "09:00", "10:00")
        brand.daily_budget = money("0")
        brand.save()
        raise RuntimeError
    assert evaluations.call_count == 0
    assert not BudgetChange.objects.exists()
    assert not DaypartingSchedule.objects.exists()
    assert history(campaign) == [("INACTIVE", "ACTIVE")]
    campaign.daily_budget = money("0")
    campaign.save()
    assert history(campaign)[-1] == ("ACTIVE", "PAUSED_BUDGET"), "a save after it is evaluated by itself"


@pytest.mark.parametrize("whole_brand", [False, True])
def test_what_is_edited_and_then_deleted_takes_its_history_along(whole_brand: bool) -> None:
    brand = make_brand()
    campaign = make_campaign(brand)
    make_window(campaign, 0, "09:00", "10:00")
    with services.editing(brand, now=NOW):
        campaign.daily_budget = money("5")
        campaign.save()
        make_window(campaign, 1, "09:00", "10:00")
        brand.monthly_budget = money("7")
        brand.save()
        (brand if whole_brand else campaign).delete()
    assert not Campaign.objects.exists()
    assert not DaypartingSchedule.objects.exists()
    assert BudgetChange.objects.count() == (0 if whole_brand else 1)


@pytest.mark.parametrize("by_query", [False, True])
def test_a_campaign_goes_with_its_windows_and_nothing_is_evaluated(evaluations: mock.Mock, by_query: bool) -> None:
    brand = make_brand()
    campaign = make_campaign(brand)
    make_window(campaign, 0, "09:00", "10:00")
    evaluations.reset_mock()
    if by_query:
        Campaign.objects.filter(brand=brand).delete()
    else:
        campaign.delete()
    assert evaluations.call_count == 0
    assert not DaypartingSchedule.objects.exists()
    assert services.reconcile(now=NOW).evaluated == 0
