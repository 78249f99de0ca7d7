from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from django_adbudget import services
from django_adbudget.models import Brand, BudgetChange, Campaign, StatusChange
from django_adbudget.rules import Level, Period, Reason
from django_adbudget.services.edits.previews import NewBudget, Preview, budget_preview
from tests.factories import NOW, make_brand, make_campaign, make_window, money

pytestmark = pytest.mark.django_db

FIELDS = {Period.DAY: "daily_budget", Period.MONTH: "monthly_budget", Period.TOTAL: "total_budget"}


def ids(preview: Preview) -> tuple[set[int], set[int]]:
    return {row.campaign_id for row in preview.pauses}, {row.campaign_id for row in preview.resumes}


def test_a_brands_lowered_budget_pauses_those_that_run_and_a_raised_one_resumes() -> None:
    """S3, M4: reached is spent >= budget; nothing is written."""
    with services.editing(now=NOW):
        brand = make_brand(daily_budget=100)
        running, off = make_campaign(brand), make_campaign(brand, is_active=False)
        night = make_campaign(brand)
        make_window(night, 2, "22:00", "23:00")
        other = make_campaign(daily_budget=10)
    services.record_spend(running, 60, now=NOW)
    services.record_spend(other, 10, now=NOW)
    before = (BudgetChange.objects.count(), StatusChange.objects.count())
    lowered = budget_preview([NewBudget(Level.BRAND, brand.pk, Period.DAY, money("60"))], now=NOW)
    assert ids(lowered) == ({running.pk}, set())
    foreseen = lowered.pauses[0]
    assert (foreseen.campaign_name, foreseen.brand_id) == (running.name, brand.pk)
    assert foreseen.after.reasons == (Reason.BRAND_DAILY_BUDGET,)
    assert (lowered.evaluated, lowered.undecided) == (3, 0)
    kept = budget_preview([NewBudget(Level.BRAND, brand.pk, Period.DAY, money("60.000001"))], now=NOW)
    assert ids(kept) == (set(), set())
    raised = budget_preview([NewBudget(Level.CAMPAIGN, other.pk, Period.DAY, None)], now=NOW)
    assert ids(raised) == (set(), {other.pk})
    assert (BudgetChange.objects.count(), StatusChange.objects.count()) == before
    assert off.pk not in ids(lowered)[0]


def test_a_campaign_that_had_no_budget_is_measured_by_what_it_spent() -> None:
    campaign = make_campaign()
    services.record_spend(campaign, 5, now=NOW)
    for period in Period:
        preview = budget_preview([NewBudget(Level.CAMPAIGN, campaign.pk, period, money("5"))], now=NOW)
        assert ids(preview) == ({campaign.pk}, set()), period


def test_a_campaign_of_an_unknown_zone_is_counted_and_stops_nobody() -> None:
    """T7."""
    brand = make_brand()
    lost, known = make_campaign(brand), make_campaign(brand)
    Campaign.objects.filter(pk=lost.pk).update(timezone="Mars/Phobos")
    preview = budget_preview([NewBudget(Level.BRAND, brand.pk, Period.MONTH, Decimal(0))], now=NOW)
    assert (preview.evaluated, preview.undecided) == (1, 1)
    assert ids(preview) == ({known.pk}, set())


amounts = st.one_of(st.none(), st.integers(0, 40).map(Decimal))
budgets = st.dictionaries(
    st.tuples(st.sampled_from([0, 1, 2]), st.sampled_from(list(Period))), amounts, min_size=1, max_size=4
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=amounts, spent=st.lists(st.integers(1, 40), min_size=2, max_size=2), wanted=budgets)
def test_what_is_foreseen_is_what_happens(
    before: Decimal | None, spent: list[int], wanted: dict[tuple[int, Period], Decimal | None]
) -> None:
    """The preview against the edit itself."""
    with services.editing(now=NOW):
        brand = make_brand(daily_budget=before)
        owners: list[Any] = [brand, make_campaign(brand, total_budget=20), make_campaign(brand)]
    for campaign, cost in zip(owners[1:], spent, strict=True):
        services.record_spend(campaign, cost, now=NOW)
    applied = {key: amount for key, amount in wanted.items() if key != (0, Period.TOTAL)}
    preview = budget_preview(
        [
            NewBudget(Level.BRAND if owner == 0 else Level.CAMPAIGN, owners[owner].pk, period, amount)
            for (owner, period), amount in applied.items()
        ],
        now=NOW,
    )
    ran = {c.pk for c in owners[1:] if services.campaign_status(c, now=NOW).can_run_now}
    with services.editing(brand, now=NOW):
        for (owner, period), amount in applied.items():
            setattr(owners[owner], FIELDS[period], amount)
        for owner in owners:
            owner.save()
    runs = {c.pk for c in owners[1:] if services.campaign_status(c, now=NOW).can_run_now}
    assert ids(preview) == (ran - runs, runs - ran)


def test_a_preview_costs_the_same_for_ten_campaigns_and_for_a_thousand(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    brand = make_brand()
    for size in (10, 1000):
        Campaign.objects.bulk_create(Campaign(brand=brand, name=f"{size} {n}", status="ACTIVE") for n in range(size))
        with django_assert_max_num_queries(6) as counted:
            budget_preview([NewBudget(Level.BRAND, brand.pk, Period.DAY, Decimal(0))], now=NOW)
        assert len(counted.captured_queries) == 6
    assert Brand.objects.get().daily_budget is None
