"""A total that would pass BIGINT is refused, by databases that refuse it and by one that would round (rule M2)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from django_adbudget import services
from django_adbudget.exceptions import InvalidAmount
from django_adbudget.models import BudgetSummary, Campaign, CampaignSummary, SpendRecord
from django_adbudget.rules import from_micros
from django_adbudget.rules.money import MAX_RECORD, MAX_TOTAL_MICROS
from django_adbudget.services import SpendEntry
from tests.factories import NOW, make_brand, make_campaign

from .books import check_totals

pytestmark = pytest.mark.django_db(transaction=True)

MOST = from_micros(MAX_TOTAL_MICROS)
LEAST = from_micros(1)
TOO_MANY = MAX_TOTAL_MICROS // (10**15 - 1) + 1
"""The number of largest records whose sum no total can hold."""

Act = Callable[[Campaign], object]
OVER: dict[str, Act] = {
    "spend": lambda campaign: services.record_spend(campaign, LEAST * 2, now=NOW),
    "largest spend": lambda campaign: services.record_spend(campaign, MAX_RECORD, now=NOW),
    "batch": lambda campaign: services.record_spend_batch([SpendEntry(campaign=campaign, amount=LEAST)] * 2, now=NOW),
    "total": lambda campaign: services.set_spend_total(campaign, NOW.date(), LEAST * 2, source="meta", now=NOW),
}


@pytest.fixture
def campaign() -> Campaign:
    campaign = make_campaign(make_brand(daily_budget=1))
    services.record_spend(campaign, LEAST, now=NOW)
    return campaign


@pytest.mark.parametrize("model", [BudgetSummary, CampaignSummary])
@pytest.mark.parametrize("act", OVER.values(), ids=OVER)
def test_a_total_past_bigint_is_refused(
    act: Act, model: type[BudgetSummary] | type[CampaignSummary], campaign: Campaign
) -> None:
    model._base_manager.update(spend=MOST - LEAST)
    with pytest.raises(InvalidAmount, match="larger than a ledger can hold"):
        act(campaign)
    assert SpendRecord.objects.count() == 1
    assert set(model._base_manager.values_list("spend", flat=True)) == {MOST - LEAST}


@pytest.mark.parametrize("model", [BudgetSummary, CampaignSummary])
def test_the_largest_total_of_all_is_taken(
    model: type[BudgetSummary] | type[CampaignSummary], campaign: Campaign
) -> None:
    model._base_manager.update(spend=MOST - LEAST)
    services.record_spend(campaign, LEAST, now=NOW)
    assert set(model._base_manager.values_list("spend", flat=True)) == {MOST}
    assert services.campaign_status(campaign, now=NOW).limits[0].spent in (MOST, LEAST * 2)


def test_a_batch_whose_own_sum_is_past_bigint_is_refused(campaign: Campaign) -> None:
    with pytest.raises(InvalidAmount, match="larger than a ledger can hold"):
        services.record_spend_batch([SpendEntry(campaign=campaign, amount=MAX_RECORD)] * TOO_MANY, now=NOW)
    assert SpendRecord.objects.count() == 1
    check_totals()
