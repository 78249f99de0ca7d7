"""A host that keeps the ledger under an alias of its own: nothing of ours touches another (rule H1)."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.core import mail, serializers
from django.core.checks import run_checks
from django.core.management import call_command
from django.db import DatabaseError, connections, transaction

from django_adbudget import services, signals, tasks
from django_adbudget.models import (
    Brand,
    BudgetAlert,
    BudgetSummary,
    Campaign,
    Heartbeat,
    LedgerOpening,
    SpendRecord,
    StatusChange,
)
from django_adbudget.rules import Period
from django_adbudget.services import SpendEntry, SpendTotal
from tests.factories import NOW, make_brand, make_campaign, make_window
from tests.routers import ALIAS

from .books import check_books
from .host import TickingClock, captured

pytestmark = [pytest.mark.router, pytest.mark.django_db(transaction=True, databases=["default", ALIAS])]


@pytest.fixture
def heard(ticking: TickingClock) -> Any:
    """Signals that came, and whether the ledger's transaction was over by then."""
    came: list[tuple[str, bool]] = []
    names = ("spend_recorded", "campaign_status_changed", "campaign_paused", "budget_threshold_crossed")
    receivers = {name: listener(name, came) for name in (*names, "budget_exhausted", "period_opened")}
    for name, receiver in receivers.items():
        getattr(signals, name).connect(receiver)
    yield came
    for name, receiver in receivers.items():
        getattr(signals, name).disconnect(receiver)


def listener(name: str, came: list[tuple[str, bool]]) -> Callable[..., None]:
    def receive(**kwargs: object) -> None:
        came.append((name, not connections[ALIAS].in_atomic_block))

    return receive


def test_a_ledger_of_its_own_leaves_the_default_alone(heard: list[tuple[str, bool]], ticking: TickingClock) -> None:
    with captured("default") as elsewhere, captured(ALIAS) as here:
        spend_edit_and_look()
        check_books(ticking.now())
    assert elsewhere == []
    assert here
    assert {name for name, _ in heard} == {
        "spend_recorded",
        "campaign_status_changed",
        "campaign_paused",
        "budget_threshold_crossed",
        "budget_exhausted",
        "period_opened",
    }
    assert all(committed for _, committed in heard)


def spend_edit_and_look() -> None:
    brand = make_brand(daily_budget=100)
    services.open_periods(Period.DAY)
    campaign = make_campaign(brand)
    window = make_window(campaign, 2, "04:00", "22:00")
    services.record_spend(campaign, 10, idempotency_key="a")
    services.record_spend(campaign.pk, 10, idempotency_key="a")
    record = services.record_spend_batch([SpendEntry(campaign=campaign, amount=5)] * 3)
    assert record.recorded == 3
    services.correct_spend(SpendRecord.objects.latest("pk"), Decimal("2.50"))
    services.set_spend_total(campaign, NOW.date(), 50, source="meta")
    services.set_spend_totals([SpendTotal(campaign, NOW.date(), 80)], source="google")
    assert services.campaign_status(campaign).stored_status == "PAUSED_BUDGET"
    edit(brand, campaign)
    window.delete()
    services.reconcile(due_only=True)
    services.reconcile()
    services.deliver_status_changes()
    services.brand_status(brand)
    assert brand.daily_spend == Decimal("152.50")
    BudgetSummary.objects.update(spend=1)
    assert services.verify_summaries()
    services.rebuild_summaries()
    run_tasks()


def edit(brand: Brand, campaign: Campaign) -> None:
    with services.editing(brand, actor="somebody"):
        brand.daily_budget = Decimal(1000)
        brand.save()
        campaign.name = "Autumn"
        campaign.save()
    services.deactivate_campaign(campaign)
    services.activate_campaign(campaign)
    make_campaign(brand).delete()
    make_brand().delete()


def run_tasks() -> None:
    for task in (
        tasks.check_campaign_dayparting,
        tasks.update_campaign_status,
        tasks.reset_daily_budgets,
        tasks.reset_monthly_budgets,
        tasks.deliver_status_changes,
        tasks.send_alerts,
        tasks.verify_summaries,
    ):
        task()


def test_everything_is_in_the_ledgers_database(ticking: TickingClock) -> None:
    spend_edit_and_look()
    for model in (Brand, Campaign, SpendRecord, StatusChange, BudgetAlert, Heartbeat):
        assert model._base_manager.using(ALIAS).exists(), model


def test_alerts_are_sent_from_the_ledgers_database(ticking: TickingClock, settings: Any) -> None:
    channel = {"CHANNEL": "django_adbudget.channels.mail.MailChannel", "OPTIONS": {"to": ["ads@example.com"]}}
    settings.ADBUDGET = {"ALERT_CHANNELS": [channel]}
    with captured("default") as elsewhere:
        campaign = make_campaign(make_brand(name="Acme", daily_budget=100), name="Sale", total_budget=90)
        services.record_spend(campaign, 60)
        assert services.send_alerts() == services.AlertsSent(foretold=1, sent=1)
    assert [message.subject for message in mail.outbox] == [
        "Acme, Sale: total budget about to be reached, and 1 more alert"
    ]
    assert elsewhere == []


def test_a_fact_saved_to_the_alias_by_name_is_evaluated_there(ticking: TickingClock) -> None:
    with captured("default") as elsewhere:
        brand = make_brand(daily_budget=10)
        campaign = make_campaign(brand)
        services.record_spend(campaign, 10)
        brand.daily_budget = Decimal(20)
        brand.save(using=ALIAS)
    campaign.refresh_from_db()
    assert campaign.status == "ACTIVE"
    assert elsewhere == []


def test_fixtures_are_loaded_into_the_alias_and_are_due(ticking: TickingClock) -> None:
    campaign = make_campaign()
    assert campaign.next_check_at is None
    text = serializers.serialize("json", [campaign.brand, campaign])
    with captured("default") as elsewhere:
        for loaded in serializers.deserialize("json", text, using=ALIAS):
            loaded.save(using=ALIAS)
    assert elsewhere == []
    assert json.loads(text)
    assert Campaign.objects.due(NOW).count() == 1


def test_a_hosts_transaction_on_the_default_alias_is_not_the_ledgers(ticking: TickingClock) -> None:
    """Spend recorded in it stays, although the host's own work is undone: the two databases know nothing of each."""
    campaign = make_campaign()
    with pytest.raises(LookupError), transaction.atomic(using="default"):
        services.record_spend(campaign, 1)
        raise LookupError
    assert SpendRecord.objects.count() == 1


def test_the_ledgers_door_and_its_triggers_are_on_the_alias(ticking: TickingClock) -> None:
    services.record_spend(make_campaign(), 1)
    with captured("default") as elsewhere:
        with services.ledger_open("redaction"):
            SpendRecord._base_manager.update(description="x")
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(using=ALIAS):
            SpendRecord._base_manager.update(description="y")
    assert elsewhere == []
    assert SpendRecord.objects.get().description == "x"
    assert LedgerOpening._base_manager.using(ALIAS).count() == 1


def test_the_checks_look_at_the_alias(ticking: TickingClock) -> None:
    with connections[ALIAS].cursor() as cursor:
        cursor.execute("DROP TRIGGER adbudget_append_only_django_adbudget_spendrecord")
    found = [message for message in run_checks(databases=["default", ALIAS]) if message.id == "adbudget.W007"]
    assert [ALIAS in message.msg for message in found] == [True]
    call_command("migrate", database="default", verbosity=0)
    assert [m.id for m in run_checks(databases=[ALIAS]) if m.id == "adbudget.W007"] == ["adbudget.W007"]
    call_command("migrate", database=ALIAS, verbosity=0)
    assert not [m.id for m in run_checks(databases=[ALIAS]) if m.id == "adbudget.W007"]
