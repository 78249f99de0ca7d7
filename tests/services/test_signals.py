"""Signals of the contract, each through a public door: what they bear, and when they come (rule D3)."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.dispatch import Signal

from django_adbudget import services, signals, tasks
from django_adbudget.models import Brand, BudgetAlert, BudgetSummary, Campaign, SpendRecord, StatusChange
from django_adbudget.rules import Period
from django_adbudget.services.spending import periods
from tests.factories import NOW, make_brand, make_campaign, make_window, money

pytestmark = pytest.mark.django_db(transaction=True)

TODAY, TOMORROW = date(2026, 3, 11), NOW + timedelta(days=1)
Heard = list[tuple[str, dict[str, Any]]]


def all_signals() -> dict[str, Signal]:
    return {name: signal for name, signal in vars(signals).items() if isinstance(signal, Signal)}


@pytest.fixture
def heard() -> Iterator[Heard]:
    """What was heard, with the names of the signals. Each receiver is outside any transaction."""
    found: Heard = []
    receivers = {}
    for name, signal in all_signals().items():

        def receive(sender: Any, name: str = name, **arguments: Any) -> None:
            assert not connection.in_atomic_block
            arguments.pop("signal")
            found.append((name, {"sender": sender, **arguments}))

        receivers[name] = receive
        signal.connect(receive)
    yield found
    for name, receive in receivers.items():
        all_signals()[name].disconnect(receive)


def only(heard: Heard, name: str) -> list[dict[str, Any]]:
    return [arguments for each, arguments in heard if each == name]


def test_the_signals_are_those_of_the_contract() -> None:
    contract = {
        "spend_recorded", "campaign_status_changed", "campaign_paused", "campaign_activated", "budget_exhausted",
        "budget_threshold_crossed", "period_opened", "summaries_differ",
    }  # fmt: skip
    assert contract <= set(all_signals())


def test_spend_recorded(heard: Heard) -> None:
    campaign = make_campaign()
    receipt = services.record_spend(campaign, "1.25", idempotency_key="k", now=NOW)
    assert only(heard, "spend_recorded") == [{"sender": SpendRecord, "record": receipt.record}]
    heard.clear()
    services.record_spend(campaign, "1.25", idempotency_key="k", now=NOW)
    assert heard == []  # a replay records nothing
    services.correct_spend(receipt.record, "0.25", now=NOW)
    services.set_spend_total(campaign, TODAY, 4, source="meta", now=NOW)
    services.record_spend_batch([{"campaign": campaign, "amount": 1}, {"campaign": campaign, "amount": 2}], now=NOW)
    records = [arguments["record"] for arguments in only(heard, "spend_recorded")]
    assert [(record.kind, record.amount) for record in records] == [
        ("CORRECTION", money("-0.25")), ("RESTATEMENT", 4), ("SPEND", 1), ("SPEND", 2),
    ]  # fmt: skip


def test_campaign_status_changed_paused_and_activated(heard: Heard) -> None:
    campaign = make_campaign(daily_budget=5)
    heard.clear()
    services.record_spend(campaign, 5, now=NOW)
    services.reconcile(now=TOMORROW)
    names = [name for name, _ in heard if name.startswith("campaign_")]
    assert names == ["campaign_status_changed", "campaign_paused", "campaign_status_changed", "campaign_activated"]
    paused, activated = StatusChange.objects.order_by("-pk")[:2][::-1]
    (said,) = only(heard, "campaign_paused")
    assert said == {"sender": Campaign, "campaign": campaign, "change": paused}
    # As stored after it, whatever came later.
    assert said["campaign"].desired_generation == 2
    assert only(heard, "campaign_activated") == [{"sender": Campaign, "campaign": campaign, "change": activated}]
    assert only(heard, "campaign_status_changed")[0] == said


def test_a_change_between_two_pauses_is_neither_a_pause_nor_a_return(heard: Heard) -> None:
    campaign = make_campaign(dayparting="REQUIRED")
    make_window(campaign, 0, "08:00", "09:00")
    heard.clear()
    services.deactivate_campaign(campaign, actor="mia")
    assert [name for name, _ in heard] == ["campaign_status_changed"]
    (said,) = only(heard, "campaign_status_changed")
    change = said["change"]
    assert (change.from_status, change.to_status, change.actor) == ("PAUSED_DAYPART", "INACTIVE", "mia")


def test_budget_exhausted_and_threshold_crossed(heard: Heard) -> None:
    brand = make_brand(monthly_budget=8)
    campaign = make_campaign(brand, daily_budget=5)
    heard.clear()
    services.record_spend(campaign, 4, now=NOW)
    assert only(heard, "budget_exhausted") == []
    alerts = [
        (a["sender"], a["alert"].campaign_id, a["alert"].threshold) for a in only(heard, "budget_threshold_crossed")
    ]
    assert sorted(alerts, key=str) == sorted([(BudgetAlert, None, 50), (BudgetAlert, campaign.pk, 80)], key=str)
    services.record_spend(campaign, 2, now=NOW)
    assert only(heard, "budget_exhausted") == [
        {
            "sender": BudgetAlert, "brand": brand, "campaign": campaign, "budget": "daily_budget",
            "period_start": TODAY, "spend": Decimal(6), "limit": Decimal(5),
        }
    ]  # fmt: skip
    heard.clear()
    services.record_spend(campaign, 2, now=NOW)
    (said,) = only(heard, "budget_exhausted")
    assert (said["brand"], said["campaign"], said["budget"]) == (brand, None, "monthly_budget")
    assert said["period_start"] == TODAY.replace(day=1)
    heard.clear()
    services.record_spend(campaign, 2, now=NOW)
    assert only(heard, "budget_exhausted") == []  # it was before


def test_an_edit_that_leaves_a_budget_reached_exhausts_it(heard: Heard) -> None:
    campaign = make_campaign(daily_budget=50)
    services.record_spend(campaign, 6)
    heard.clear()
    campaign.daily_budget = money("6")
    campaign.save()
    (said,) = only(heard, "budget_exhausted")
    assert (said["campaign"], said["spend"], said["limit"]) == (campaign, 6, 6)


@pytest.mark.parametrize("opened_by", ["task", "spend"])
def test_period_opened_once_whatever_opens_it(heard: Heard, opened_by: str) -> None:
    """T2."""
    brand = make_brand()
    campaign = make_campaign(brand)
    if opened_by == "spend":
        services.record_spend(campaign, 1, now=NOW)
    for period in (Period.DAY, Period.MONTH):
        services.open_periods(period, now=NOW)
    services.record_spend(campaign, 1, now=NOW + timedelta(seconds=1))
    day = {"sender": BudgetSummary, "brand": brand, "period": "DAY", "start": TODAY}
    month = {**day, "period": "MONTH", "start": TODAY.replace(day=1)}
    assert sorted(only(heard, "period_opened"), key=str) == sorted([day, month], key=str)


def test_tasks_that_meet_open_a_period_once(heard: Heard, monkeypatch: pytest.MonkeyPatch) -> None:
    """T2. The second has seen no row, and finds one under the gate."""
    make_brand()
    look, others = periods._unopened, [Period.DAY]

    def overtaken(*arguments: Any) -> Any:
        found = list(look(*arguments))
        if others:
            services.open_periods(others.pop(), now=NOW)
        return iter(found)

    monkeypatch.setattr(periods, "_unopened", overtaken)
    opened, _ = services.open_periods(Period.DAY, now=NOW)
    assert (opened, len(only(heard, "period_opened"))) == (0, 1)


def test_spend_of_another_day_opens_no_period(heard: Heard) -> None:
    """T4. In Berlin it is noon; the spend is of three days and of a month ago."""
    campaign = make_campaign()
    for days in (3, 30):
        services.record_spend(campaign, 1, at=NOW - timedelta(days=days), now=NOW)
    assert [(a["period"], a["start"]) for a in only(heard, "period_opened")] == [("MONTH", TODAY.replace(day=1))]


def test_summaries_differ(heard: Heard) -> None:
    """L5."""
    brand = make_brand()
    services.record_spend(make_campaign(brand), 5, now=NOW)
    heard.clear()
    assert tasks.verify_summaries() == 0
    assert heard == []
    BudgetSummary.objects.filter(period="DAY").update(spend=6)
    tasks.verify_summaries()
    ((name, said),) = heard
    (difference,) = said["differences"]
    assert (name, said["sender"]) == ("summaries_differ", SpendRecord)
    assert (difference.brand_id, difference.ledger, difference.summary) == (brand.pk, 5, 6)


def everything_at_once() -> None:
    """Work after which every signal has reason to come."""
    brand = Brand.objects.create(name="Acme", timezone="Europe/Berlin", currency="EUR", daily_budget=5)
    campaign = Campaign.objects.create(brand=brand, name="Spring")
    services.record_spend(campaign, 5)
    services.open_periods(Period.DAY)
    brand.daily_budget = money("50")
    brand.save()
    BudgetSummary.objects.filter(period="MONTH").update(spend=6)
    tasks.verify_summaries()


def test_within_a_callers_transaction_they_come_when_it_commits(heard: Heard) -> None:
    with transaction.atomic():
        everything_at_once()
        assert heard == []
    every = set(all_signals()) - {"budget_running_out"}  # that comes of the rate of an hour
    assert {name for name, _ in heard} == every


def test_what_is_rolled_back_is_not_told_of(heard: Heard, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="django_adbudget"), transaction.atomic():
        everything_at_once()
        caplog.clear()
        transaction.set_rollback(True)
    assert heard == []
    assert caplog.records == []
    # Nor is what a savepoint takes back, within a transaction that commits.
    with transaction.atomic():
        with transaction.atomic():
            everything_at_once()
            transaction.set_rollback(True)
        brand = make_brand()
    assert heard == []
    assert list(Brand.objects.all()) == [brand]


def test_receivers_that_raise_harm_nobody_and_are_logged(heard: Heard, caplog: pytest.LogCaptureFixture) -> None:
    def broken(**kwargs: Any) -> None:
        raise RuntimeError("a host's receiver is broken")

    # Before those of the fixture, which hear all the same.
    for signal in all_signals().values():
        signal.connect(broken)
        signal.receivers.insert(0, signal.receivers.pop())
        signal.sender_receivers_cache.clear()
    try:
        everything_at_once()
    finally:
        for signal in all_signals().values():
            signal.disconnect(broken)
    assert {name for name, _ in heard} == set(all_signals()) - {"budget_running_out"}
    errors = [record for record in caplog.records if record.name == "django.dispatch"]
    assert len(errors) == len(heard)
    assert {str(record.exc_info[1]) for record in errors if record.exc_info} == {"a host's receiver is broken"}
    assert SpendRecord.objects.total() == 5


def test_a_receiver_may_write(heard: Heard) -> None:
    """It runs after the commit, outside the gate."""
    brand = make_brand(daily_budget=5)
    first, second = make_campaign(brand), make_campaign(brand)

    def react(campaign: Campaign, **kwargs: Any) -> None:
        if campaign == first:
            services.deactivate_campaign(second, actor="receiver")

    signals.campaign_paused.connect(react)
    services.record_spend(first, 5)
    signals.campaign_paused.disconnect(react)
    second.refresh_from_db()
    assert second.is_active is False
    assert StatusChange.objects.filter(campaign=second, actor="receiver").count() == 1


def test_a_campaign_deleted_before_its_signal_is_passed_over(heard: Heard) -> None:
    with transaction.atomic():
        campaign = make_campaign()
        services.deactivate_campaign(campaign)
        campaign.delete()
    assert only(heard, "campaign_status_changed") == []
