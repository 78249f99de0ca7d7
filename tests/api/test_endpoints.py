"""What each endpoint does and answers."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from django_adbudget import services
from django_adbudget.models import Brand, BudgetChange, Campaign, Heartbeat, SpendRecord, StatusChange
from tests.factories import make_campaign, make_window, money

from .calls import Caller, spend_of

pytestmark = pytest.mark.django_db

SPEND_FIELDS = {
    "id", "brand_id", "campaign_id", "amount", "currency", "kind", "spend_datetime", "spend_date",
    "idempotency_key", "source", "description", "campaign_status", "reasons", "paused",
}  # fmt: skip


def test_a_spend(caller: Caller, campaign: Campaign) -> None:
    at = timezone.now().replace(microsecond=0) - timedelta(hours=1)
    sent = spend_of(
        campaign,
        amount=12.345678,
        spend_datetime=at.isoformat(),
        idempotency_key="click-1",
        source="adserver",
        description="\U0001f600 Stra\u00dfe",
        currency="EUR",
    )
    answer = caller.post("spend/", sent)
    assert answer.status == 201
    assert answer.data.keys() == SPEND_FIELDS
    record = SpendRecord.objects.get()
    assert answer.data["id"] == record.pk
    assert answer.data["amount"] == record.amount == money("12.345678")
    assert datetime.fromisoformat(answer.data["spend_datetime"]) == record.spend_datetime == at
    assert answer.data["description"] == record.description == "\U0001f600 Stra\u00dfe"
    assert (answer.data["campaign_status"], answer.data["reasons"], answer.data["paused"]) == ("ACTIVE", [], [])


AMOUNTS = {
    "1": "1.00", "1.5": "1.50", '"1.5"': "1.50", "1E2": "100.00", '"0.000001"': "0.000001", "0.1": "0.10",
    '"999999999.999999"': "999999999.999999", "999999999.999999": "999999999.999999", "1.10000000000": "1.10",
    '"00012.50"': "12.50",
}  # fmt: skip


@pytest.mark.parametrize(("literal", "written"), AMOUNTS.items())
def test_money_is_exact_both_ways(caller: Caller, campaign: Campaign, literal: str, written: str) -> None:
    """M1: read as a decimal from a number or text, written as a number digit by digit."""
    body = json.dumps(spend_of(campaign, amount="#")).replace('"#"', literal).encode()
    answer = caller.post("spend/", body)
    assert answer.status == 201
    assert f'"amount": {written},' in answer.response.content.decode()
    assert SpendRecord.objects.get().amount == money(written)


def test_a_spend_that_reaches_the_budget_says_who_paused(caller: Caller, campaign: Campaign) -> None:
    """L3, S6."""
    sister = make_campaign(campaign.brand)
    campaign.brand.daily_budget = money("10")
    campaign.brand.save()
    answer = caller.post("spend/", spend_of(campaign, amount=10))
    assert answer.data["campaign_status"] == "PAUSED_BUDGET"
    assert answer.data["reasons"] == ["BRAND_DAILY_BUDGET"]
    assert sorted(answer.data["paused"]) == sorted([campaign.pk, sister.pk])
    again = caller.post("spend/", spend_of(campaign, amount=1))
    assert (again.data["campaign_status"], again.data["paused"]) == ("PAUSED_BUDGET", [])


def test_the_status_of_a_spend_is_derived_where_time_has_passed(caller: Caller, campaign: Campaign) -> None:
    """S6: a projection that is due is not believed."""
    stale = {"status": "INACTIVE", "next_check_at": timezone.now() - timedelta(minutes=1)}
    Campaign.objects.filter(pk=campaign.pk).update(**stale)
    assert caller.post("spend/", spend_of(campaign)).data["campaign_status"] == "ACTIVE"


@pytest.mark.parametrize("by_header", [True, False])
def test_the_same_key_counts_once(caller: Caller, campaign: Campaign, by_header: bool) -> None:
    """L2."""
    sent = spend_of(campaign) if by_header else spend_of(campaign, idempotency_key="k 1")
    headers = {"Idempotency-Key": "k 1"} if by_header else {}
    first, second = (caller.post("spend/", sent, headers=headers) for _ in range(2))
    assert (first.status, second.status) == (201, 200)
    assert "Idempotent-Replayed" not in first.response
    assert second.response["Idempotent-Replayed"] == "true"
    assert first.data == second.data
    assert SpendRecord.objects.get().idempotency_key == "k 1"


def test_header_and_body_may_both_name_the_key(caller: Caller, campaign: Campaign) -> None:
    sent = spend_of(campaign, idempotency_key="a")
    assert caller.post("spend/", sent, headers={"Idempotency-Key": "a"}).status == 201
    assert caller.post("spend/", spend_of(campaign), headers={"Idempotency-Key": "a"}).status == 200
    other = caller.post("spend/", sent, headers={"Idempotency-Key": "b"})
    assert (other.status, other.codes) == (422, [("/idempotency_key", "key_mismatch")])


@pytest.mark.parametrize("header", ["", "k" * 256, "schl\xfcssel", "a\tb"])
def test_a_header_that_is_no_key(caller: Caller, campaign: Campaign, header: str) -> None:
    answer = caller.post("spend/", spend_of(campaign), headers={"Idempotency-Key": header})
    assert (answer.status, answer.codes) == (422, [("/idempotency_key", "invalid_key")])


def test_the_same_key_for_other_content(caller: Caller, campaign: Campaign) -> None:
    caller.post("spend/", spend_of(campaign, idempotency_key="k"))
    answer = caller.post("spend/", spend_of(campaign, idempotency_key="k", amount=2))
    assert (answer.status, answer.codes) == (422, [("/idempotency_key", "idempotency_mismatch")])
    assert SpendRecord.objects.get().amount == money("1.50")


def test_a_retry_that_has_grown_old_still_replays(caller: Caller, campaign: Campaign) -> None:
    """L2, T4: recorded when it was young, sent again after API_MAX_AGE_DAYS."""
    at = timezone.now() - timedelta(days=40)
    services.record_spend(campaign, "1.50", at=at, idempotency_key="k", now=at)
    old = spend_of(campaign, spend_datetime=at.isoformat())
    assert caller.post("spend/", {**old, "idempotency_key": "k"}).status == 200
    assert caller.post("spend/", {**old, "idempotency_key": "l"}).status == 422
    batch = caller.post("spend/batch/", {"records": [{**old, "idempotency_key": "k"}]})
    assert batch.data == {"recorded": 0, "replayed": 1, "paused": []}


def test_the_stricter_limit_of_age_holds(caller: Caller, campaign: Campaign, settings: Any) -> None:
    old = spend_of(campaign, spend_datetime=(timezone.now() - timedelta(days=10)).isoformat())
    settings.ADBUDGET = {**settings.ADBUDGET, "SPEND_MAX_AGE_DAYS": 7}
    assert caller.post("spend/", old).status == 422
    settings.ADBUDGET = {**settings.ADBUDGET, "SPEND_MAX_AGE_DAYS": 100, "API_MAX_AGE_DAYS": 50}
    assert caller.post("spend/", old).status == 201


def test_a_limit_of_age_before_the_calendar_begins_is_none(caller: Caller, campaign: Campaign, settings: Any) -> None:
    settings.ADBUDGET = {**settings.ADBUDGET, "API_MAX_AGE_DAYS": 1_000_000}
    old = spend_of(campaign, spend_datetime=(timezone.now() - timedelta(days=10)).isoformat())
    assert caller.post("spend/", old).status == 201


def test_a_batch(caller: Caller, campaign: Campaign) -> None:
    """L8."""
    records = [spend_of(campaign, idempotency_key=key) for key in ("a", "b", "a")]
    first, second = (caller.post("spend/batch/", {"records": records}) for _ in range(2))
    assert (first.status, first.data) == (201, {"recorded": 2, "replayed": 1, "paused": []})
    assert (second.status, second.data["recorded"]) == (201, 0)
    assert caller.post("spend/batch/", {"records": []}).data["recorded"] == 0
    keyed = caller.post("spend/batch/", {"records": records}, headers={"Idempotency-Key": "k"})
    assert (keyed.status, keyed.codes) == (422, [("", "key_mismatch")])


def test_corrections(caller: Caller, campaign: Campaign) -> None:
    """L6."""
    spend = caller.post("spend/", spend_of(campaign, amount=10)).data
    path = f"spend/{spend['id']}/corrections/"
    taken = caller.post(path, {"amount": "4", "idempotency_key": "c", "description": "clicks of a robot"})
    assert (taken.status, taken.data["amount"], taken.data["kind"]) == (201, Decimal("-4.00"), "CORRECTION")
    assert (
        caller.post(path, {"amount": 4, "description": "clicks of a robot"}, headers={"Idempotency-Key": "c"}).status
        == 200
    )
    more = caller.post(path, {"amount": "6.01"})
    assert (more.status, more.codes) == (422, [("/amount", "correction_too_large")])
    nested = caller.post(f"spend/{taken.data['id']}/corrections/", {"amount": 1})
    assert (nested.status, nested.codes) == (422, [("", "invalid_entry")])


def test_totals(caller: Caller, campaign: Campaign) -> None:
    """L7."""
    path = f"campaigns/{campaign.pk}/totals/{timezone.now().date()}/"
    posted = [caller("PUT", path, {"total": total, "source": "google"}) for total in ("10.50", 10.5, 8)]
    assert [answer.status for answer in posted] == [200] * 3
    assert [answer.data["posted"] for answer in posted] == [Decimal("10.50"), 0, Decimal("-2.50")]
    assert [answer.data["record_id"] is None for answer in posted] == [False, True, False]
    assert services.verify_summaries() == []


def test_the_status_of_a_campaign(caller: Caller, campaign: Campaign) -> None:
    campaign.daily_budget, campaign.total_budget = money("10"), money("0")
    campaign.save()
    make_window(campaign, 2, "09:30", "17:00")
    make_window(campaign, 6, "22:00", "00:00", is_active=False)
    services.record_spend(campaign, "3.000001")
    data = caller.get(f"campaigns/{campaign.pk}/status/").data
    assert data["campaign_id"] == campaign.pk
    assert (data["brand_name"], data["campaign_name"]) == ("Acme", "Spring")
    assert (data["status"], data["reasons"][0]) == ("PAUSED_BUDGET", "CAMPAIGN_TOTAL_BUDGET")
    assert (data["is_active"], data["can_run_now"]) == (True, False)
    assert data["brand_budget_status"] == {
        "currency": "EUR",
        "has_budget_remaining": True,
        "daily_spent": Decimal("3.000001"),
        "daily_budget": None,
        "daily_remaining": None,
        "monthly_spent": Decimal("3.000001"),
        "monthly_budget": None,
        "monthly_remaining": None,
    }
    own = data["campaign_budget_status"]
    assert (own["has_budget_remaining"], own["daily_remaining"]) == (False, Decimal("6.999999"))
    assert (own["total_spent"], own["total_budget"], own["total_remaining"]) == (
        Decimal("3.000001"),
        0,
        Decimal("-3.000001"),
    )
    assert data["dayparting_schedules"] == [
        {
            "day_of_week": 2,
            "day_name": "Wednesday",
            "start_time": "09:30:00",
            "end_time": "17:00:00",
            "start_hour": 9,
            "end_hour": 17,
            "is_active": True,
        },
        {
            "day_of_week": 6,
            "day_name": "Sunday",
            "start_time": "22:00:00",
            "end_time": "00:00:00",
            "start_hour": 22,
            "end_hour": 24,
            "is_active": False,
        },
    ]


def test_the_switch(caller: Caller, campaign: Campaign) -> None:
    """S1: a campaign that is switched on and exhausted stays paused."""
    services.record_spend(campaign, 5)
    campaign.daily_budget = money("5")
    campaign.save()
    path = f"campaigns/{campaign.pk}/toggle/"
    off, on = (caller.post(path, {"action": action}) for action in ("deactivate", "activate"))
    assert (off.status, off.data["new_status"], off.data["is_active"]) == (200, "INACTIVE", False)
    assert off.data["reasons"] == ["CAMPAIGN_OFF", "CAMPAIGN_DAILY_BUDGET"]
    assert (on.data["new_status"], on.data["status"]) == ("PAUSED_BUDGET", "PAUSED_BUDGET")
    assert "Spring" in on.body["message"]
    assert StatusChange.objects.latest("id").actor == "acme:mia"
    assert set(BudgetChange.objects.filter(field="is_active").values_list("actor", flat=True)) == {"acme:mia"}


def test_the_status_of_a_brand(caller: Caller, campaign: Campaign) -> None:
    brand = campaign.brand
    brand.daily_budget, brand.monthly_budget = money("3"), money("0")
    brand.save()
    services.record_spend(campaign, 1)
    data = caller.get(f"brands/{brand.pk}/status/").data
    assert (data["brand_name"], data["timezone"], data["currency"]) == ("Acme", "Europe/Berlin", "EUR")
    assert datetime.fromisoformat(data["local_time"]).date().isoformat() == data["local_date"]
    figures = data["budget_status"]
    assert (figures["has_budget_remaining"], figures["daily_remaining"]) == (False, 2)
    assert (figures["daily_utilization_percent"], figures["monthly_utilization_percent"]) == (Decimal("33.33"), 100)
    assert data["campaign_counts"] == {"total": 1, "active": 0, "paused_budget": 1, "paused_daypart": 0, "inactive": 0}


def test_lists_of_campaigns(caller: Caller, campaign: Campaign) -> None:
    off = make_campaign(campaign.brand, is_active=False, external_id="ext-1")
    third = make_campaign(campaign.brand)

    def ids(query: str) -> list[int]:
        return [row["id"] for row in caller.get(f"campaigns/{query}").data]

    assert ids("") == [campaign.pk, off.pk, third.pk]
    assert ids("?status=INACTIVE") == ids("?reason=CAMPAIGN_OFF") == ids("?is_active=false") == [off.pk]
    assert ids("?external_id=ext-1") == [off.pk]
    assert ids(f"?brand={campaign.brand_id}&is_active=true") == [campaign.pk, third.pk]
    assert ids(f"?brand={10**15}") == []
    page = caller.get("campaigns/?limit=1&offset=1")
    assert ([row["id"] for row in page.data], page.body["paging"]) == (
        [off.pk],
        {"count": 3, "limit": 1, "offset": 1},
    )
    assert ids("?offset=1000000000") == []


def test_a_list_derives_and_shows_what_is_stored_beside_it(caller: Caller, campaign: Campaign) -> None:
    """S6."""
    Campaign.objects.filter(pk=campaign.pk).update(status="INACTIVE")
    (row,) = caller.get("campaigns/?status=INACTIVE").data
    assert (row["status"], row["stored_status"]) == ("ACTIVE", "INACTIVE")


def test_a_zone_that_is_unknown_stops_the_list_of_nobody_else(caller: Caller, campaign: Campaign) -> None:
    """T7."""
    Brand.objects.filter(pk=campaign.brand_id).update(timezone="Mars/Olympus")
    (row,) = caller.get("campaigns/").data
    assert row["status"] == row["stored_status"] == "ACTIVE"
    for path in (f"campaigns/{campaign.pk}/status/", f"brands/{campaign.brand_id}/status/"):
        answer = caller.get(path)
        assert (answer.status, answer.codes) == (503, [("", "unknown_timezone")])
    assert caller.post("spend/", spend_of(campaign)).status == 503
    assert not SpendRecord.objects.exists()


def test_lists_of_brands(caller: Caller, campaign: Campaign) -> None:
    (row,) = caller.get("brands/?is_active=true").data
    assert (row["id"], row["name"], row["currency"], row["daily_budget"]) == (campaign.brand_id, "Acme", "EUR", None)
    assert caller.get("brands/?is_active=false").data == []


def test_the_history_of_a_campaign(caller: Caller, campaign: Campaign) -> None:
    campaign.daily_budget = money("5")
    campaign.save()
    services.record_spend(campaign, 5)
    path = f"campaigns/{campaign.pk}/changes/"
    newest, first = caller.get(path).data
    assert (newest["from_status"], newest["to_status"], newest["cause"]) == ("ACTIVE", "PAUSED_BUDGET", "SPEND")
    assert newest["figures"]["limits"]
    assert first["to_status"] == "ACTIVE"
    assert [row["id"] for row in caller.get(f"{path}?cause=EDIT").data] == [first["id"]]
    assert caller.get(f"{path}?reason=ENDED").data == []


def test_the_totals_of_a_brand(caller: Caller, campaign: Campaign) -> None:
    campaign.brand.daily_budget = money("20")
    campaign.brand.save()
    services.record_spend(campaign, "1.25")
    rows = caller.get(f"brands/{campaign.brand_id}/summaries/").data
    assert {row["period"]: row["remaining"] for row in rows} == {"DAY": Decimal("18.75"), "MONTH": None}
    (day,) = caller.get(f"brands/{campaign.brand_id}/summaries/?period=DAY&from=2020-01-01&to=2999-12-31").data
    assert (day["spend"], day["budget"]) == (Decimal("1.25"), 20)
    assert caller.get(f"brands/{campaign.brand_id}/summaries/?to=2020-01-01").data == []


def test_health(caller: Caller) -> None:
    stranger = Caller(caller.base, None)
    never = caller.get("health/")
    assert (never.status, never.body["detail"], never.response["Retry-After"]) == (503, "late", "5")
    assert never.codes == [("", "never")] * 3
    assert (stranger.get("health/").status, stranger.get("health/").codes) == (503, [])
    beat = Heartbeat.objects.create(name="tick", at=timezone.now() - timedelta(seconds=170))
    assert stranger.get("health/").data == {"status": "ok"}
    details = caller.get("health/").data
    assert [(row["name"], row["is_late"]) for row in details["heartbeats"]] == [("tick", False)]
    assert {row["name"]: row["state"] for row in details["checks"]} == {
        "database": "ok",
        "tick": "ok",
        "sweep": "never",
        "deliverer": "never",
        "orders": "ok",
        "platform": "ok",
        "drift": "ok",
        "alerts": "ok",
        "zones": "ok",
    }
    beat.at -= timedelta(seconds=20)
    beat.save()
    assert stranger.get("health/").status == 503


def test_health_goes_by_the_interval_that_the_host_has_set(caller: Caller, settings: Any) -> None:
    Heartbeat.objects.create(name="tick", at=timezone.now() - timedelta(seconds=100))
    overrides = {"adbudget.check_campaign_dayparting": {"schedule": 30.0}}
    settings.ADBUDGET = {**settings.ADBUDGET, "BEAT": overrides}
    assert caller.get("health/").status == 503
    overrides["adbudget.check_campaign_dayparting"]["schedule"] = timedelta(minutes=2)  # type: ignore[assignment]
    assert caller.get("health/").status == 200
