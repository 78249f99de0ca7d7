from __future__ import annotations

from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command

from django_adbudget import services
from django_adbudget.models import BudgetSummary, Campaign, CampaignSummary
from django_adbudget.services.audit.verifying import verify_summaries
from tests.factories import NOW, make_brand, make_campaign
from tests.management.calling import data, said

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign() -> Campaign:
    campaign = make_campaign(make_brand(name="Fahrrad"), total_budget=5)
    services.record_spend(campaign, "7.25", now=NOW)
    return campaign


def test_sound_totals(campaign: Campaign) -> None:
    assert said("verify_summaries") == ["All totals of 1 brand are what the ledger says."]
    assert data("verify_summaries") == {"brands": 1, "rebuilt": 0, "differences": []}


def test_a_difference_of_one_micro_unit_fails_and_is_shown(
    campaign: Campaign, capsys: pytest.CaptureFixture[str]
) -> None:
    """L5."""
    BudgetSummary.objects.filter(period="DAY").update(spend=Decimal("7.250001"))
    with pytest.raises(
        CommandError, match=r"^1 total differs from the ledger; `manage\.py verify_summaries --rebuild`"
    ):
        said("verify_summaries")
    with pytest.raises(CommandError):
        call_command("verify_summaries")
    assert capsys.readouterr().out.splitlines() == [
        "Brand    Campaign  Period  From        Ledger     Total    Off by",
        "-------  --------  ------  ----------  ------  --------  --------  ---",
        "Fahrrad  -         day     2026-03-11    7.25  7.250001  0.000001  EUR",
    ]


def test_rebuild_sets_what_differs_and_evaluates(campaign: Campaign) -> None:
    CampaignSummary.objects.filter(period="TOTAL").update(spend=0)
    services.reconcile()
    assert Campaign.objects.get().status == "ACTIVE"
    report = data("verify_summaries", rebuild=True)
    assert (report["rebuilt"], report["differences"][0]["period"]) == (1, "TOTAL")
    assert (report["differences"][0]["ledger"], report["differences"][0]["summary"]) == ("7.25", "0.00")
    assert verify_summaries() == []
    assert Campaign.objects.get().status == "PAUSED_BUDGET"
    CampaignSummary.objects.filter(period="TOTAL").update(spend=0)
    assert said("verify_summaries", rebuild=True)[-1] == "1 total set to what the ledger says."


def test_only_the_brands_that_are_named_are_looked_at(campaign: Campaign) -> None:
    BudgetSummary.objects.update(spend=1)
    other = make_brand()
    assert data("verify_summaries", brand=[other.name])["differences"] == []
    with pytest.raises(CommandError, match="2 totals differ from the ledger"):
        said("verify_summaries", brand=["Fahrrad", str(other.pk)])


def test_a_long_list_is_cut_short_for_people(campaign: Campaign, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(12):
        services.record_spend(make_campaign(), 1, now=NOW)
    CampaignSummary.objects.exclude(period="TOTAL").update(spend=3)
    with pytest.raises(CommandError, match="26 totals differ"):
        call_command("verify_summaries")
    assert capsys.readouterr().out.splitlines()[-1] == "... and 6 more"
