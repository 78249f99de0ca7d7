"""Many records at once: what is stored, and heard of, is what was sent, whichever way the database takes it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection

from django_adbudget import services, signals
from django_adbudget.models import Campaign, SpendRecord, StatusChange
from django_adbudget.rules import Reason
from django_adbudget.services import SpendEntry, copying
from tests.factories import NOW, make_brand, make_campaign, money

pytestmark = pytest.mark.django_db

TEXTS = ["", "tab\tand\\backslash", "two\nlines\r\n", "\\N", "\\.", "Größe 😀", "\"quoted\", 'too'"]


def entries(campaign: Campaign) -> list[SpendEntry]:
    return [
        SpendEntry(
            campaign=campaign,
            amount=money(f"{n + 1}.000001"),
            at=NOW - timedelta(hours=n) if n % 2 else None,
            idempotency_key=f"key \\ {n}",
            source=TEXTS[n % len(TEXTS)][:60],
            description=TEXTS[n % len(TEXTS)],
        )
        for n in range(copying._WORTH_IT + 10)
    ]


def test_a_batch_is_stored_and_told_as_it_was_sent() -> None:
    """L1, L2, M1."""
    campaign, heard = make_campaign(), list[SpendRecord]()

    def hear(record: SpendRecord, **_: Any) -> None:
        heard.append(record)

    sent = entries(campaign)
    signals.spend_recorded.connect(hear)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("django.db.transaction.on_commit", lambda work, **_: work())
            services.record_spend_batch(sent, now=NOW)
    finally:
        signals.spend_recorded.disconnect(hear)
    stored = list(SpendRecord.objects.order_by("pk"))
    assert [
        (row.amount, row.at_given, row.spend_datetime, row.idempotency_key, row.source, row.description)
        for row in stored
    ] == [
        (entry.amount, entry.at is not None, entry.at or NOW, entry.idempotency_key, entry.source, entry.description)
        for entry in sent
    ]
    assert {(row.kind, row.brand_id, row.campaign_id, row.created_at, row.corrects_id) for row in stored} == {
        ("SPEND", campaign.brand_id, campaign.pk, NOW, None)
    }
    if connection.features.can_return_rows_from_bulk_insert:
        assert [row.pk for row in heard] == [row.pk for row in stored]
    assert services.verify_summaries() == []


def test_ids_go_on_after_a_batch() -> None:
    campaign = make_campaign()
    services.record_spend_batch(entries(campaign), now=NOW)
    receipt = services.record_spend(campaign, 1, now=NOW)
    assert receipt.record.pk > max(SpendRecord.objects.exclude(pk=receipt.record.pk).values_list("pk", flat=True))


def test_every_column_is_copied() -> None:
    """A field that is new to the ledger is not to be left out in silence."""
    columns = {field.attname for field in SpendRecord._meta.concrete_fields}
    assert columns - set(copying.NewRecord._fields) == {"id", "redacted_at"}
    assert {field.attname for field in StatusChange._meta.concrete_fields} == set(copying._CHANGE)


def test_changes_of_many_campaigns_are_those_of_one() -> None:
    """S7: whichever way the database takes them."""
    brand = make_brand(daily_budget=money("10"), monthly_budget=money("99.5"))
    campaigns = [make_campaign(brand, daily_budget=money(f"{n + 1}")) for n in range(copying._WORTH_IT + 10)]
    heard = list[StatusChange]()

    def hear(change: StatusChange, **_: Any) -> None:
        heard.append(change)

    services.reconcile(now=NOW)
    StatusChange.objects.all().delete()
    signals.campaign_status_changed.connect(hear)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("django.db.transaction.on_commit", lambda work, **_: work())
            services.record_spend(campaigns[0], money("10"), now=NOW)
    finally:
        signals.campaign_status_changed.disconnect(hear)
    changes = list(StatusChange.objects.order_by("campaign_id"))
    assert [change.campaign_id for change in changes] == [campaign.pk for campaign in campaigns]
    assert {(c.from_status, c.to_status, c.cause, c.actor, c.at) for c in changes} == {
        ("ACTIVE", "PAUSED_BUDGET", "SPEND", "", NOW)
    }
    assert changes[0].reasons == (Reason.BRAND_DAILY_BUDGET, Reason.CAMPAIGN_DAILY_BUDGET)
    assert {change.reasons for change in changes[1:]} == {(Reason.BRAND_DAILY_BUDGET,)}
    assert changes[1].figures["limits"] == [
        {"level": "BRAND", "period": "DAY", "spent": "10.00", "budget": "10.00"},
        {"level": "BRAND", "period": "MONTH", "spent": "10.00", "budget": "99.50"},
        {"level": "CAMPAIGN", "period": "DAY", "spent": "0.00", "budget": "2.00"},
    ]
    if connection.features.can_return_rows_from_bulk_insert:
        assert sorted(change.pk for change in heard) == sorted(change.pk for change in changes)


@pytest.mark.postgres
def test_what_the_database_refuses_is_an_error_of_django() -> None:
    campaign = make_campaign()
    rows = [
        copying.NewRecord(
            *(campaign.brand_id, campaign.pk, 0, "SPEND", NOW, NOW.date(), True, str(number), "", "", None, NOW)
        )
        for number in range(copying._WORTH_IT)
    ]
    with pytest.raises(IntegrityError, match="amount_not_0"):
        copying.insert(rows, connection.alias, wanted=False)
