from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from django_adbudget import services
from django_adbudget.models import Brand, Campaign, SpendRecord
from django_adbudget.models.ledger import Kind
from tests.factories import make_brand, make_campaign, money

from .people import said, staff

pytestmark = pytest.mark.django_db


def correct_page(record: SpendRecord) -> str:
    return reverse("admin:django_adbudget_spendrecord_correct", args=[record.pk])


def record_page(campaign: Campaign) -> str:
    return reverse("admin:django_adbudget_spendrecord_record", args=[campaign.pk])


def form_of(client: Client, page: str) -> dict[str, str]:
    """What the form holds when it is opened."""
    text = client.get(page).content.decode()
    key = re.search(r'name="key" value="([^"]+)"', text)
    assert key, "there is no form"
    return {"key": key[1]}


def send(client: Client, page: str, form: Mapping[str, Any]) -> Any:
    return client.post(page, form, follow=True)


def faults(answer: Any) -> dict[str, list[str]]:
    return {name: [str(e) for e in errors] for name, errors in answer.context["form"].errors.items()}


@pytest.fixture
def record(db: None) -> SpendRecord:
    campaign = make_campaign(make_brand(name="Acme"), name="Spring")
    return services.record_spend(campaign, "10", source="meta").record


class TestCorrecting:
    """L6."""

    def test_takes_back_what_is_left_with_a_reason(self, admin_client: Client, record: SpendRecord) -> None:
        page = correct_page(record)
        text = admin_client.get(page).content.decode()
        assert 'value="10.00"' in text, "all that is left is proposed"
        answer = send(admin_client, page, {**form_of(admin_client, page), "amount": "4", "description": "billed twice"})
        assert answer.redirect_chain == [(f"/admin/django_adbudget/spendrecord/{record.pk}/change/", 302)]
        assert said(answer) == ["4.00\xa0EUR of Spring was taken back."]
        correction = SpendRecord.objects.get(kind=Kind.CORRECTION)
        assert (correction.amount, correction.corrects_id) == (-4, record.pk)
        assert (correction.description, correction.source) == ("billed twice", "meta")
        assert (correction.spend_datetime, correction.spend_date) == (record.spend_datetime, record.spend_date)
        assert 'value="6.00"' in admin_client.get(page).content.decode()

    def test_brings_a_campaign_back_and_says_so(self, admin_client: Client) -> None:
        campaign = make_campaign(daily_budget=5)
        record = services.record_spend(campaign, 5).record
        page = correct_page(record)
        answer = send(admin_client, page, {**form_of(admin_client, page), "amount": "1", "description": "x"})
        assert "1 campaign changed its status." in said(answer)[0]
        assert Campaign.objects.get().status == "ACTIVE"

    def test_sent_twice_is_one(self, admin_client: Client, record: SpendRecord) -> None:
        """L2. The second answer says so; another amount under the same key is refused."""
        page = correct_page(record)
        form = {**form_of(admin_client, page), "amount": "10", "description": "all of it"}
        send(admin_client, page, form)
        assert said(send(admin_client, page, form)) == ["This was recorded before. Nothing was recorded again."]
        answer = send(admin_client, page, {**form, "amount": "1"})
        assert "sent before, with other content" in faults(answer)["__all__"][0]
        assert SpendRecord.objects.count() == 2

    @pytest.mark.parametrize(
        ("amount", "said_of_it"),
        [
            ("10.000001", "more than is left"),
            ("0", "greater than"),
            ("-1", "greater than"),
            ("1.0000001", "6 decimal places"),
            ("1e1", "a number"),
            ("1_0", "a number"),
            ("NaN", "a number"),
            ("Infinity", "a number"),
            ("\N{ARABIC-INDIC DIGIT ONE}", "a number"),
            ("1,5", "a number"),
            ("", "required"),
            ("9" * 400, "less than"),
            ("10 EUR", "a number"),
        ],
    )
    def test_refuses_at_the_field(
        self, admin_client: Client, record: SpendRecord, amount: str, said_of_it: str
    ) -> None:
        """M1, M2."""
        page = correct_page(record)
        form = {**form_of(admin_client, page), "amount": amount, "description": "x"}
        answer = send(admin_client, page, form)
        assert answer.status_code == 200
        assert said_of_it in faults(answer)["amount"][0]
        assert form["key"] in answer.content.decode(), "the same form is sent again"
        assert SpendRecord.objects.count() == 1

    @pytest.mark.parametrize("change", [{"description": ""}, {"description": "  "}, {"description": "x" * 1001}])
    def test_needs_a_reason(self, admin_client: Client, record: SpendRecord, change: dict[str, str]) -> None:
        page = correct_page(record)
        answer = send(admin_client, page, {**form_of(admin_client, page), "amount": "1", **change})
        assert "description" in faults(answer)
        assert SpendRecord.objects.count() == 1

    @pytest.mark.parametrize("key", ["", "x", "0"])
    def test_needs_the_key_of_a_form(self, admin_client: Client, record: SpendRecord, key: str) -> None:
        answer = send(admin_client, correct_page(record), {"amount": "1", "description": "x", "key": key})
        assert "key" in faults(answer)
        assert SpendRecord.objects.count() == 1

    def test_only_of_spend(self, admin_client: Client, record: SpendRecord) -> None:
        correction = services.correct_spend(record, 1).record
        page = correct_page(correction)
        answer = send(admin_client, page, {"amount": "1", "description": "x", "key": "0" * 32})
        assert said(answer) == ["Only spend can be corrected."]
        assert admin_client.get(page).status_code == 302
        assert "/correct/" not in admin_client.get(page.replace("correct", "change")).content.decode()
        assert SpendRecord.objects.count() == 2

    def test_nothing_left_is_said(self, admin_client: Client, record: SpendRecord) -> None:
        services.correct_spend(record, 10)
        text = admin_client.get(correct_page(record)).content.decode()
        assert "Nothing is left to take back." in text
        assert 'name="amount"' not in text
        assert "/correct/" not in admin_client.get(correct_page(record).replace("correct", "change")).content.decode()


class TestRecording:
    def test_by_the_clocks_of_the_brand(self, admin_client: Client) -> None:
        """T1."""
        campaign = make_campaign(make_brand(timezone="Asia/Tokyo", currency="JPY"))
        page = record_page(campaign)
        assert "By the clocks of Tokyo" in admin_client.get(page).content.decode()
        form = {"amount": "1200", "at": "2026-03-11T05:30", "source": "invoice", "description": "poster"}
        answer = send(admin_client, page, {**form_of(admin_client, page), **form})
        record = SpendRecord.objects.get()
        assert answer.redirect_chain == [(f"/admin/django_adbudget/spendrecord/{record.pk}/change/", 302)]
        assert record.spend_datetime == datetime(2026, 3, 10, 20, 30, tzinfo=UTC)
        assert (record.amount, record.source, record.description) == (1200, "invoice", "poster")

    def test_now_if_no_time_is_given_and_once(self, admin_client: Client) -> None:
        campaign = make_campaign(daily_budget=3)
        page = record_page(campaign)
        form = {**form_of(admin_client, page), "amount": "2.999999"}
        send(admin_client, page, form)
        answer = send(admin_client, page, form)
        assert said(answer) == ["This was recorded before. Nothing was recorded again."]
        record = SpendRecord.objects.get()
        assert record.amount == money("2.999999")
        assert timezone.now() - record.spend_datetime < timedelta(minutes=1)
        answer = send(admin_client, page, {**form_of(admin_client, page), "amount": "0.000001"})
        assert "1 campaign changed its status." in said(answer)[0]

    @pytest.mark.parametrize("at", ["2999-01-01T00:00", "yesterday", "2026-03-29T02:30"])
    def test_refuses_times_that_are_not(self, admin_client: Client, at: str) -> None:
        """T4; the last falls into a gap of Berlin's clocks."""
        page = record_page(make_campaign())
        answer = send(admin_client, page, {**form_of(admin_client, page), "amount": "1", "at": at})
        assert "at" in faults(answer)
        assert not SpendRecord.objects.exists()

    def test_refuses_what_is_older_than_the_host_takes(self, admin_client: Client, settings: Any) -> None:
        settings.ADBUDGET = {"SPEND_MAX_AGE_DAYS": 3}
        page = record_page(make_campaign())
        answer = send(admin_client, page, {**form_of(admin_client, page), "amount": "1", "at": "2020-01-01T00:00"})
        assert "at" in faults(answer)

    def test_where_the_brands_zone_is_not_known(self, admin_client: Client) -> None:
        """T7: what cannot be dated is refused in words."""
        campaign = make_campaign()
        Brand.objects.update(timezone="Mars/Olympus")
        page = record_page(campaign)
        answer = send(admin_client, page, {**form_of(admin_client, page), "amount": "1"})
        assert "Mars/Olympus" in faults(answer)["__all__"][0]
        assert not SpendRecord.objects.exists()


class TestPermissions:
    """Each its own."""

    def test_to_record_alone(self, record: SpendRecord) -> None:
        client, page = staff("mia", "record_spend"), record_page(record.campaign)
        answer = send(client, page, {**form_of(client, page), "amount": "1"})
        assert answer.redirect_chain == [(page, 302)], "there is no page of the record for them"
        assert "was recorded" in said(answer)[0]
        assert client.get(correct_page(record)).status_code == 403
        assert client.get("/admin/django_adbudget/spendrecord/").status_code == 403

    def test_to_correct_alone(self, record: SpendRecord) -> None:
        client, page = staff("mia", "correct_spend"), correct_page(record)
        answer = send(client, page, {**form_of(client, page), "amount": "1", "description": "x"})
        assert answer.redirect_chain == [(page, 302)]
        assert SpendRecord.objects.count() == 2
        assert client.get(record_page(record.campaign)).status_code == 403
        correction = SpendRecord.objects.get(kind=Kind.CORRECTION)
        assert client.get(correct_page(correction)).headers["Location"] == "/admin/"

    @pytest.mark.parametrize("permission", ["view_spendrecord", "change_spendrecord", "add_spendrecord"])
    def test_neither_goes_with_another(self, record: SpendRecord, permission: str) -> None:
        client = staff("mia", permission, "view_campaign", "change_campaign")
        for page in (correct_page(record), record_page(record.campaign)):
            assert client.get(page).status_code == 403
            form = {"amount": "1", "description": "x", "key": "0" * 32}
            assert client.post(page, form).status_code == 403
        assert SpendRecord.objects.count() == 1

    def test_a_reader_sees_no_way_to_correct(self, record: SpendRecord) -> None:
        page = correct_page(record).replace("correct", "change")
        assert "/correct/" not in staff("mia", "view_spendrecord").get(page).content.decode()
        assert "/correct/" in staff("eva", "view_spendrecord", "correct_spend").get(page).content.decode()

    def test_strangers_are_sent_to_sign_in(self, record: SpendRecord) -> None:
        for page in (correct_page(record), record_page(record.campaign)):
            assert Client().get(page).headers["Location"].startswith("/admin/login/")
            assert Client().post(page, {"amount": "1"}).status_code == 302
        assert SpendRecord.objects.count() == 1

    def test_another_site_cannot_send_the_form(self, record: SpendRecord, admin_user: Any) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(admin_user)
        form = {"amount": "1", "description": "x", "key": "0" * 32}
        assert client.post(correct_page(record), form).status_code == 403
        assert SpendRecord.objects.count() == 1


@pytest.mark.parametrize("pk", ["0", "999999999", "9" * 30, "x", "%00", "1.5", "-1"])
def test_ids_of_nothing(admin_client: Client, pk: str) -> None:
    for page in (f"record/{pk}/", f"{pk}/correct/"):
        answer = admin_client.get(f"/admin/django_adbudget/spendrecord/{page}")
        assert (answer.status_code, answer.headers["Location"]) == (302, "/admin/")
