from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core import mail
from django.core.management import CommandError
from django.utils import timezone

from django_adbudget import services
from django_adbudget.models import Campaign, Heartbeat, SpendRecord
from tests.factories import make_brand, make_campaign
from tests.management.calling import data, said

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 11, 11, tzinfo=UTC)


@pytest.fixture
def campaign() -> Campaign:
    brand = make_brand(name="Fahrrad", daily_budget=100)
    return make_campaign(brand, name="Spring")


def simulate(**options: Any) -> dict[str, Any]:
    report: dict[str, Any] = data("simulate_spend", **{"force": True, "seed": 1, "step": 3600.0, **options})
    return report


def test_who_spends_a_budget_pauses_and_comes_back_at_midnight(campaign: Campaign) -> None:
    report = simulate(now=NOW, rounds=20, rate=50)
    assert [(change["at"], change["to_status"], change["cause"]) for change in report["changes"]] == [
        ("2026-03-11T11:00:00+00:00", "PAUSED_BUDGET", "SPEND"),
        ("2026-03-11T23:00:00+00:00", "ACTIVE", "TICK"),
        ("2026-03-11T23:00:00+00:00", "PAUSED_BUDGET", "SPEND"),
    ]
    assert (report["rounds"], report["records"]) == (20, SpendRecord.objects.count())
    assert report["spent"] == {"EUR": str(SpendRecord.objects.total())}
    assert set(SpendRecord.objects.values_list("source", flat=True)) == {"simulate_spend"}
    assert services.verify_summaries() == []


def test_the_same_seed_draws_the_same(campaign: Campaign) -> None:
    first = simulate(now=NOW, rounds=2)["spent"]
    assert simulate(now=NOW + timedelta(days=1), rounds=2)["spent"] == first
    assert simulate(now=NOW + timedelta(days=2), rounds=2, seed=2)["spent"] != first


def test_what_stands_still_spends_nothing(campaign: Campaign) -> None:
    Campaign.objects.update(is_active=False)
    services.reconcile(now=NOW)
    lines = said("simulate_spend", force=True, now=NOW, step=1.0, rounds=2)
    assert lines == [
        "2 rounds, 0 records, since nothing ran.",
        "Campaigns stopped 0 times and started 0 times.",
    ]


def test_changes_are_told_as_they_happen(campaign: Campaign) -> None:
    lines = said("simulate_spend", force=True, now=NOW, step=1.0, rounds=1, rate=3, amount="60")
    assert lines[0] == "2026-03-11 12:00 Europe/Berlin  Fahrrad / Spring: ACTIVE -> PAUSED_BUDGET (BRAND_DAILY_BUDGET)"
    assert lines[1].startswith("1 round, 3 records: ")
    assert lines[2] == "Campaigns stopped 1 time and started 0 times."


def test_only_the_brands_that_are_named_spend(campaign: Campaign) -> None:
    other = make_campaign()
    simulate(now=NOW, rounds=3, brand=["Fahrrad"])
    assert not SpendRecord.objects.filter(campaign=other).exists()


def test_a_jumping_clock_ends_at_the_present_and_leaves_no_heartbeat(campaign: Campaign) -> None:
    before = timezone.now()
    simulate(rounds=3)
    latest = SpendRecord.objects.latest("spend_datetime").spend_datetime
    assert before - timedelta(seconds=1) <= latest <= timezone.now()
    assert not Heartbeat.objects.exists()


def test_the_real_clock_waits_between_rounds(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr(time, "sleep", waited.append)
    assert simulate(step=None, rounds=3, every=0.25)["rounds"] == 3
    assert waited == [0.25, 0.25]


def test_ctrl_c_ends_it_with_what_was_done(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(time, "sleep", interrupt)
    assert simulate(step=None, rounds=30)["rounds"] == 1
    assert SpendRecord.objects.count() == 10


def test_amounts_are_about_what_is_asked_for(campaign: Campaign) -> None:
    simulate(now=NOW, rounds=1, rate=50, amount=Decimal("0.10"))
    amounts = set(SpendRecord.objects.values_list("amount", flat=True))
    assert min(amounts) >= Decimal("0.05")
    assert max(amounts) <= Decimal("0.15")


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"rate": 0}, "--rate 0 is less than 1"),
        ({"rounds": 0}, "--rounds 0 is less than 1"),
        ({"step": -1.0}, "--step -1 is less than 0"),
        ({"step": None, "now": NOW}, "--now goes with --step only"),
    ],
)
def test_options_that_make_no_sense(campaign: Campaign, options: dict[str, Any], error: str) -> None:
    with pytest.raises(CommandError, match=error):
        simulate(**options)
    assert not SpendRecord.objects.exists()


def test_without_debug_it_wants_force(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(mail, "outbox")  # where it stands, Django's test runner has turned DEBUG off
    with pytest.raises(CommandError, match="DEBUG is off"):
        simulate(force=False)
    assert not SpendRecord.objects.exists()
    assert simulate(force=True, rounds=1)["rounds"] == 1


def test_without_campaigns_it_says_how_to_get_some() -> None:
    with pytest.raises(CommandError, match=r"there are no campaigns to spend; `manage\.py seed_data` makes some"):
        simulate()


@pytest.mark.parametrize("text", ["2026-01-01", "yesterday"])
def test_an_instant_has_an_offset(campaign: Campaign, text: str) -> None:
    with pytest.raises(CommandError, match=r"2026-03-31T14:00:00\+02:00"):
        said("simulate_spend", "--force", "--now", text)
