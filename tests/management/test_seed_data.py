"""`seed_data`: the same for the same seed, and gone without a trace of anything else."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.core.management import CommandError, call_command

from django_adbudget import services
from django_adbudget.models import (
    ArchivedCampaign,
    ArchivedKey,
    Brand,
    BudgetSummary,
    Campaign,
    CampaignSummary,
    DaypartingSchedule,
    LedgerArchive,
    LedgerOpening,
    SpendRecord,
    StatusChange,
)
from django_adbudget.rules import WeeklyWindows
from tests.factories import make_brand, make_campaign
from tests.management.calling import data, said

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 11, 18, tzinfo=UTC)


def seed(**options: Any) -> dict[str, Any]:
    planted: dict[str, Any] = data("seed_data", **{"force": True, "now": NOW, "spend_days": 7, **options})
    return planted


def clear(**options: Any) -> dict[str, Any]:
    cleared: dict[str, Any] = data("seed_data", clear=True, force=True, **options)
    return cleared


def contents() -> list[Any]:
    """All that was made, without ids and made-up keys."""
    brands = Brand.objects.order_by("external_id").values_list("name", "timezone", "currency", "monthly_budget")
    campaigns = Campaign.objects.order_by("external_id").values_list("name", "status", "dayparting", "total_budget")
    windows = DaypartingSchedule.objects.order_by("campaign__external_id", "day_of_week", "start_time", "end_time")
    spend = SpendRecord.objects.order_by("campaign__external_id", "spend_datetime", "amount")
    return [
        *brands,
        *campaigns,
        *windows.values_list("campaign__external_id", "day_of_week", "start_time", "end_time"),
        *spend.values_list("campaign__external_id", "spend_datetime", "amount", "source", "spend_date"),
    ]


def test_the_same_seed_makes_the_same_again() -> None:
    planted = seed(seed=7)
    first = contents()
    assert planted["records"] == SpendRecord.objects.count() > 500
    clear()
    assert contents() == []
    seed(seed=7)
    assert contents() == first
    clear()
    seed(seed=8)
    assert contents() != first


def test_more_brands_do_not_change_those_that_were_there() -> None:
    seed(brands=2, campaigns_per_brand=3)
    first = set(contents())
    clear()
    seed(brands=4, campaigns_per_brand=3)
    assert first < set(contents())


def test_it_is_believable() -> None:
    seed(brands=8, campaigns=40, spend_days=20)
    assert services.verify_summaries() == []
    zones = set(Brand.objects.values_list("timezone", flat=True))
    assert len(zones) > 4
    campaigns = Campaign.objects.select_related("brand").prefetch_related("dayparting_schedules")
    assert {campaign.status for campaign in campaigns} >= {"ACTIVE", "INACTIVE"}
    by_id = {campaign.pk: campaign for campaign in campaigns}
    hours = {
        pk: WeeklyWindows(window.as_window() for window in campaign.dayparting_schedules.all())
        for pk, campaign in by_id.items()
    }
    days: Counter[int] = Counter()
    for record in SpendRecord.objects.all():
        campaign = by_id[record.campaign_id]
        assert record.spend_datetime <= NOW
        windows = hours[campaign.pk]
        assert not windows or windows.contains(record.spend_datetime, campaign.brand.timezone)
        assert campaign.start_date is None or campaign.start_date <= record.spend_date
        assert campaign.end_date is None or record.spend_date <= campaign.end_date
        days[campaign.pk] += 1
    assert max(days.values()) <= 20 * 24


def test_spend_passes_a_budget_by_one_record_at_most() -> None:
    """As on a platform that obeys at once."""
    seed(brands=5, campaigns_per_brand=6, daily_budget=Decimal(50), monthly_budget=Decimal(300), spend_days=11)
    for model, owner in ((BudgetSummary, "brand"), (CampaignSummary, "campaign")):
        for total in model.objects.exclude(period="TOTAL").select_related(owner):
            if total.budget is not None and total.spend > total.budget:
                largest = SpendRecord.objects.filter(**{owner: getattr(total, owner)}).latest("amount").amount
                assert total.spend - total.budget < largest
    assert set(Brand.objects.values_list("daily_budget", "monthly_budget")) == {(50, 300)}
    assert BudgetSummary.objects.filter(period="MONTH", spend__gte=300).exists()


def test_each_campaign_is_evaluated_once() -> None:
    planted = seed(brands=3, campaigns_per_brand=5)
    assert Counter(Campaign.objects.values_list("status", flat=True)) == planted["statuses"]
    assert StatusChange.objects.count() == Campaign.objects.exclude(status="INACTIVE").count()
    assert services.reconcile(now=NOW, dry_run=True).changed == 0


def test_campaigns_are_spread_over_the_brands() -> None:
    assert seed(brands=3, campaigns=7, spend_days=0)["campaigns"] == 7
    counts = Counter(Campaign.objects.values_list("brand__external_id", flat=True))
    assert sorted(counts.values()) == [2, 2, 3]
    assert not SpendRecord.objects.exists()


def test_names_that_are_taken_are_left_to_their_brands() -> None:
    seed(brands=1, seed=3)
    name = Brand.objects.get().name
    clear()
    make_brand(name=name)
    seed(brands=1, seed=3)
    assert set(Brand.objects.values_list("name", flat=True)) == {name, f"{name} (seed 3)"}


def test_a_seed_is_planted_once() -> None:
    seed(brands=1)
    with pytest.raises(CommandError, match="seed 1 is planted already: give another --seed"):
        seed(brands=1)
    seed(brands=1, seed=2)
    assert clear(seed=2)["brands"] == 1
    assert Brand.objects.get().external_id == "seed:1:0"


def test_clear_removes_only_what_was_made() -> None:
    mine = make_campaign(make_brand(external_id="seedling"))
    services.record_spend(mine, 5, source="seed_data", now=NOW)
    seed(brands=3, campaigns_per_brand=3)
    spent, joined, untouched = Brand.objects.filter(external_id__startswith="seed:").order_by("pk")
    theirs = Campaign.objects.filter(brand=spent).order_by("pk")[0]
    kept = services.record_spend(theirs, 7, now=NOW).record
    corrected = SpendRecord.objects.filter(brand=untouched)[0]
    services.correct_spend(corrected, "0.01", now=NOW)
    simulated = Campaign.objects.filter(brand=untouched)[0]
    services.record_spend(simulated, 1, source="simulate_spend", now=NOW)
    added = make_campaign(joined, name="Ours")
    would = clear(dry_run=True)
    assert SpendRecord.objects.filter(source="seed_data").count() > 100
    done = clear()
    assert {**would, "dry_run": False} == done
    assert (done["brands"], done["kept_campaigns"]) == (1, [theirs.pk])
    assert done["kept_brands"] == [spent.pk, joined.pk]
    assert set(Campaign.objects.all()) == {mine, theirs, added}
    assert set(SpendRecord.objects.values_list("amount", flat=True)) == {5, 7}
    assert SpendRecord.objects.get(pk=kept.pk).campaign == theirs
    assert services.verify_summaries() == []
    assert services.brand_status(joined, now=NOW).limits[0].spent == 0


def test_clear_leaves_a_trace_of_the_opening_alone() -> None:
    seed(brands=1)
    lines = said("seed_data", clear=True, force=True)
    assert lines[0].startswith("Removed 1 brand, 4 campaigns and ")
    assert LedgerOpening.objects.get().reason == "cleared what begins with seed:"
    assert not BudgetSummary.objects.exists()
    assert clear() == {
        "dry_run": False, "records": 0, "campaigns": 0, "brands": 0, "kept_campaigns": [], "kept_brands": []
    }  # fmt: skip


def test_clear_takes_archives_of_seeded_brands_with_them(tmp_path: Path) -> None:
    mine = make_campaign()
    services.record_spend(mine, 5, at=NOW.replace(day=5), now=NOW)
    seed(brands=2, campaigns_per_brand=2)
    _, joined = Brand.objects.filter(external_id__startswith="seed:").order_by("pk")
    added = make_campaign(joined, name="Ours")
    services.record_spend(added, 7, at=NOW.replace(day=5), now=NOW)
    call_command("adbudget_archive", "--before", "2026-03-10", "--to", str(tmp_path), verbosity=0)
    assert LedgerArchive.objects.count() == 3
    would = clear(dry_run=True)
    assert LedgerArchive.objects.count() == 3
    done = clear()
    assert {**would, "dry_run": False} == done
    assert (done["brands"], done["campaigns"], done["kept_brands"]) == (1, 4, [joined.pk])
    assert set(Campaign.objects.all()) == {mine, added}
    assert set(ArchivedCampaign.objects.values_list("campaign", flat=True)) == {mine.pk, added.pk}
    assert set(ArchivedKey.objects.values_list("brand", flat=True)) == {mine.brand_id, joined.pk}
    assert services.verify_summaries() == []


def test_it_says_what_stays_and_why() -> None:
    seed(brands=1)
    campaign = Campaign.objects.all()[0]
    services.record_spend(campaign, 7, now=NOW)
    lines = said("seed_data", clear=True, force=True)
    assert lines[1] == f"Kept 1 campaign of {campaign.brand.name}: they bear what somebody else made."


def test_clear_can_be_narrowed_to_a_brand() -> None:
    seed(brands=2)
    first = Brand.objects.earliest("pk")
    assert clear(brand=[first.name])["brands"] == 1
    assert Brand.objects.count() == 1


def test_a_dry_run_counts_what_would_be_made() -> None:
    would = seed(dry_run=True)
    assert not Brand.objects.exists()
    done = seed()
    assert (would["records"], would["windows"], would["spent"]) == (done["records"], done["windows"], done["spent"])


def test_people_read_what_was_made() -> None:
    lines = said("seed_data", force=True, now=NOW, brands=2, campaigns_per_brand=1, spend_days=1)
    assert lines[0].startswith("Made 2 brands, 2 campaigns, ")
    assert lines[2] == "`manage.py seed_data --clear --seed 1` takes it away again."


@pytest.mark.parametrize("clearing", [True, False])
def test_without_debug_it_wants_force(settings: Any, monkeypatch: pytest.MonkeyPatch, clearing: bool) -> None:
    said("seed_data", clear=clearing, brands=1, spend_days=0, seed=2)
    monkeypatch.delattr(mail, "outbox")  # where it stands, Django's test runner has turned DEBUG off
    before = Brand.objects.count()
    with pytest.raises(CommandError, match="DEBUG is off, so this may be a real ledger; add --force"):
        said("seed_data", clear=clearing)
    settings.DEBUG = True
    said("seed_data", clear=clearing, brands=1, spend_days=0)
    assert Brand.objects.count() == before + (0 if clearing else 1)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"brands": 0}, "--brands 0 is less than 1"),
        ({"spend_days": -1}, "--spend-days -1 is less than 0"),
        ({"daily_budget": "1e3"}, "'1e3' is not a plain decimal number"),
        ({"monthly_budget": 0.125}, "more than two decimal places"),
        ({"daily_budget": "-5"}, "must be greater than zero"),
        ({"brand": ["x"]}, "no brands|--brand goes with --clear only"),
    ],
)
def test_options_that_make_no_sense(options: dict[str, Any], error: str) -> None:
    with pytest.raises(CommandError, match=error):
        seed(**options)
    assert not Brand.objects.exists()


def test_spend_is_not_dated_further_back_than_the_host_takes(settings: Any) -> None:
    settings.ADBUDGET = {"SPEND_MAX_AGE_DAYS": 10}
    with pytest.raises(CommandError, match=r"goes back further than SPEND_MAX_AGE_DAYS allows \(10\)"):
        seed(spend_days=11)
    assert seed(spend_days=10)["records"]
