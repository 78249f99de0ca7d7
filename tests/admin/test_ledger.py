from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from django_adbudget import services
from django_adbudget.models import Brand, Campaign, SpendRecord
from django_adbudget.models.ledger import Kind
from django_adbudget.services.gate import ledger_alias
from tests.factories import make_brand, make_campaign, money

from .people import staff

pytestmark = pytest.mark.django_db

LIST = "/admin/django_adbudget/spendrecord/"


def page_of(record: SpendRecord) -> str:
    return reverse("admin:django_adbudget_spendrecord_change", args=[record.pk])


def spend(campaign: Campaign, amount: str = "1", **fields: Any) -> SpendRecord:
    return services.record_spend(campaign, amount, **fields).record


def shown(answer: Any) -> list[int]:
    return [row.pk for row in answer.context["cl"].result_list]


def listed(client: Client, query: str = "") -> list[int]:
    answer = client.get(LIST + query)
    assert answer.status_code == 200, answer.get("Location")
    return shown(answer)


def statements(client: Client, query: str = "") -> list[str]:
    with CaptureQueriesContext(connections[ledger_alias()]) as captured:
        listed(client, query)
    return [entry["sql"] for entry in captured.captured_queries if "django_adbudget" in entry["sql"]]


class TestReading:
    """L1."""

    def test_nobody_adds_changes_or_deletes(self, admin_client: Client) -> None:
        record = spend(make_campaign())
        page = page_of(record)
        assert admin_client.get(page).status_code == 200
        assert admin_client.post(page, {"amount": "5"}).status_code == 403
        assert admin_client.get(LIST + "add/").status_code == 403
        assert admin_client.post(LIST + "add/", {"amount": "5"}).status_code == 403
        delete = reverse("admin:django_adbudget_spendrecord_delete", args=[record.pk])
        assert admin_client.post(delete, {"post": "yes"}).status_code == 403
        sent = {"action": "delete_selected", "_selected_action": [record.pk], "post": "yes"}
        admin_client.post(LIST, sent)
        assert SpendRecord.objects.get().amount == 1

    def test_a_record_tells_amount_time_and_corrections(self, admin_client: Client) -> None:
        campaign = make_campaign(make_brand(name="Acme", timezone="Asia/Tokyo", currency="JPY"))
        at = datetime(2026, 3, 10, 20, 30, tzinfo=UTC)
        record = spend(campaign, "1200", at=at, source="meta", description="a <b>video</b>")
        services.correct_spend(record, 200, description="billed twice")
        text = admin_client.get(page_of(record)).content.decode()
        for part in (
            "1,200\xa0JPY",
            "March 11, 2026, 05:30 Tokyo",
            "2026-03-10 20:30:00 UTC",
            "March 11, 2026",
            "a &lt;b&gt;video&lt;/b&gt;",
            "billed twice",
            "1,000\xa0JPY",
            f"/campaign/{campaign.pk}/change/",
        ):
            assert part in text, part
        correction = SpendRecord.objects.get(kind=Kind.CORRECTION)
        assert page_of(record) in admin_client.get(page_of(correction)).content.decode()

    def test_a_zone_that_nobody_knows_here_harms_no_page(self, admin_client: Client) -> None:
        """T7."""
        record = spend(make_campaign())
        Brand.objects.update(timezone="Mars/Olympus")
        assert listed(admin_client) == [record.pk]
        assert listed(admin_client, "?on=today") == []
        assert admin_client.get(page_of(record)).status_code == 200
        assert (
            admin_client.get(reverse("admin:django_adbudget_spendrecord_correct", args=[record.pk])).status_code == 200
        )


class TestPages:
    @pytest.fixture
    def many(self) -> list[int]:
        campaign = make_campaign()
        services.record_spend_batch([{"campaign": campaign, "amount": 1} for _ in range(250)])
        return sorted(SpendRecord.objects.values_list("pk", flat=True), reverse=True)

    def test_lead_to_the_end_and_back(self, admin_client: Client, many: list[int]) -> None:
        answer = admin_client.get(LIST)
        assert shown(answer) == many[:100]
        assert answer.context["cl"].newer is None
        answer = admin_client.get(LIST + answer.context["cl"].older)
        assert shown(answer) == many[100:200]
        answer = admin_client.get(LIST + answer.context["cl"].older)
        assert shown(answer) == many[200:]
        assert answer.context["cl"].older is None
        answer = admin_client.get(LIST + answer.context["cl"].newer)
        assert shown(answer) == many[100:200]
        answer = admin_client.get(LIST + answer.context["cl"].newer)
        assert shown(answer) == many[:100]
        assert answer.context["cl"].newer is None

    def test_keep_the_filters(self, admin_client: Client, many: list[int]) -> None:
        answer = admin_client.get(LIST + "?kind__exact=SPEND")
        assert "kind__exact=SPEND" in answer.context["cl"].older
        assert shown(admin_client.get(LIST + answer.context["cl"].older)) == many[100:200]

    @pytest.mark.parametrize("page", ["0", "1", "x", "", "-0", "999999999999999999999999"])
    def test_that_are_none_are_the_first(self, admin_client: Client, many: list[int], page: str) -> None:
        assert listed(admin_client, f"?p={page}") == many[:100]

    def test_past_the_ends_lead_back(self, admin_client: Client, many: list[int]) -> None:
        before = admin_client.get(f"{LIST}?source=meta&p={many[0]}")
        assert (shown(before), before.context["cl"].newer) == ([], "?source=meta")
        after = admin_client.get(f"{LIST}?p=-{many[0]}")
        assert (shown(after), after.context["cl"].older) == ([], "?")

    def test_are_never_counted_nor_skipped_over(self, admin_client: Client, many: list[int]) -> None:
        for query in ("", f"?p={many[120]}", "?kind__exact=SPEND", "?on=today", "?source=meta", "?brand=Brand"):
            found = statements(admin_client, query)
            assert not [sql for sql in found if "COUNT(" in sql.upper() or "OFFSET" in sql.upper()], found

    def test_cost_the_same_however_many_rows(self, admin_client: Client, many: list[int]) -> None:
        """Rows of other brands and campaigns too; only what the list shows is read."""
        before = statements(admin_client)
        for _ in range(3):
            services.record_spend_batch([{"campaign": make_campaign(), "amount": 1} for _ in range(30)])
        after = statements(admin_client)
        assert len(after) == len(before) <= 4
        assert not [sql for sql in after if '"django_adbudget_spendrecord"."description"' in sql]


class TestFilters:
    def test_today_is_each_brands_own(self, admin_client: Client) -> None:
        """T1: one instant, two dates."""
        now = timezone.now()
        tokyo, honolulu = (
            make_campaign(make_brand(timezone=zone)) for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago")
        )
        today = {campaign: spend(campaign, at=now).pk for campaign in (tokyo, honolulu)}
        yesterday = {campaign: spend(campaign, at=now - timedelta(days=1)).pk for campaign in (tokyo, honolulu)}
        assert {r.spend_date for r in SpendRecord.objects.filter(pk__in=today.values())} != {now.date()}
        assert set(listed(admin_client, "?on=today")) == set(today.values())
        assert set(listed(admin_client, "?on=yesterday")) == set(yesterday.values())

    def test_months_and_ranges(self, admin_client: Client) -> None:
        campaign = make_campaign(make_brand(timezone="UTC"))
        first = timezone.now().date().replace(day=1)
        last_month = first - timedelta(days=1)

        def on(day: date) -> int:
            return spend(campaign, at=datetime(day.year, day.month, day.day, tzinfo=UTC)).pk

        now, before, long_ago = on(first), on(last_month), on(date(2020, 2, 29))
        assert listed(admin_client, "?on=this_month") == [now]
        assert listed(admin_client, "?on=last_month") == [before]
        assert listed(admin_client, "?from=2020-02-29&to=2020-02-29") == [long_ago]
        assert listed(admin_client, f"?from={last_month}") == [before, now]
        assert listed(admin_client, "?from=2030-01-01") == []

    def test_source_exactly_and_those_lately_seen_are_suggested(self, admin_client: Client) -> None:
        campaign = make_campaign()
        meta, _google = spend(campaign, source="Meta"), spend(campaign, source="google")
        assert listed(admin_client, "?source=Meta") == [meta.pk]
        assert listed(admin_client, "?source=meta") == []
        text = admin_client.get(LIST).content.decode()
        assert "?source=Meta" in text
        assert "?source=google" in text

    def test_kind(self, admin_client: Client) -> None:
        record = spend(make_campaign(), "5")
        correction = services.correct_spend(record, 1).record
        assert listed(admin_client, "?kind__exact=CORRECTION") == [correction.pk]

    def test_brand_and_campaign_by_name_or_id(self, admin_client: Client) -> None:
        one, other = make_campaign(make_brand(name="Acme"), name="Spring"), make_campaign(make_brand(name="Acme 2"))
        mine, theirs = spend(one).pk, spend(other).pk
        assert listed(admin_client, "?brand=Acme") == [mine]  # a whole name is that brand alone
        assert listed(admin_client, "?brand=acm") == [theirs, mine]
        assert listed(admin_client, f"?brand={other.brand_id}") == [theirs]
        assert listed(admin_client, "?campaign=pri") == [mine]
        assert listed(admin_client, f"?campaign={one.pk}") == [mine]
        assert listed(admin_client, "?campaign=nobody") == []
        assert "Nothing is called that." in admin_client.get(LIST + "?campaign=nobody").content.decode()

    def test_never_offer_thousands(self, admin_client: Client) -> None:
        Brand.objects.bulk_create([Brand(name=f"Acme {n}") for n in range(40)])
        spend(make_campaign())
        text = admin_client.get(LIST).content.decode()
        assert "Acme 7" not in text

    def test_a_record_by_number_and_by_key(self, admin_client: Client) -> None:
        one = spend(make_campaign(), idempotency_key="invoice-7")
        other = spend(make_campaign(), idempotency_key="invoice-7")
        assert listed(admin_client, "?q=invoice-7") == [other.pk, one.pk]
        assert listed(admin_client, f"?q={one.pk}") == [one.pk]
        assert listed(admin_client, "?q=invoice") == []

    @pytest.mark.parametrize(
        "query",
        ["on=never", "from=x", "to=2026-13-01", "kind__exact=%00", "q=%00", "brand=%00", "nothing=1", "spend_date=x"],
    )
    def test_what_is_none_leads_back_to_the_list(self, admin_client: Client, query: str) -> None:
        answer = admin_client.get(f"{LIST}?{query}")
        assert (answer.status_code, answer.get("Location")) == (302, LIST + "?e=1")

    @pytest.mark.parametrize("text", ["9" * 40, "%F0%9F%98%80", "%25", "_", "'", "a" * 500, "²", "-1"])
    @pytest.mark.parametrize("name", ["q", "source", "brand", "campaign"])
    def test_whatever_is_typed(self, admin_client: Client, name: str, text: str) -> None:
        spend(make_campaign())
        assert listed(admin_client, f"?{name}={text}") == []


def test_the_lists_of_history_read_rows_of_all_brands_in_a_constant_number_of_statements(admin_client: Client) -> None:
    names = ["statuschange", "budgetchange", "budgetalert", "platformorder", "budgetsummary", "campaignsummary"]

    def cost() -> dict[str, int]:
        found = {}
        for name in names:
            with CaptureQueriesContext(connections[ledger_alias()]) as captured:
                answer = admin_client.get(f"/admin/django_adbudget/{name}/")
                assert answer.status_code == 200
            assert answer.context["cl"].result_list, name
            found[name] = sum("django_adbudget" in entry["sql"] for entry in captured.captured_queries)
        return found

    def happen() -> None:
        campaign = make_campaign(make_brand(daily_budget=10), daily_budget=4)
        spend(campaign, "5")
        with services.editing(actor="mia"):
            campaign.daily_budget = money("3")
            campaign.save()

    happen()
    before = cost()
    for _ in range(10):
        happen()
    assert cost() == before
    assert max(before.values()) <= 3


def test_history_is_told_in_words(admin_client: Client) -> None:
    """S7."""
    campaign = make_campaign(make_brand(name="Acme"), daily_budget=4)
    spend(campaign, "5")
    with services.editing(actor="mia"):
        campaign.daily_budget = None
        campaign.is_active = False
        campaign.save()

    def text(name: str, pk: int | None = None) -> str:
        answer = admin_client.get(f"/admin/django_adbudget/{name}/" + (f"{pk}/change/" if pk else ""))
        return re.sub(r"\s+", " ", answer.content.decode().replace("&#x27;", "'"))

    assert "campaign's daily budget reached" in text("statuschange")
    paused = campaign.status_changes.get(to_status="PAUSED_BUDGET")
    assert "Campaign's daily budget: 5.00 EUR of 4.00 EUR" in text("statuschange", paused.pk)
    changes = text("budgetchange")
    assert all(words in changes for words in ("Daily budget", "4.00 EUR", "no limit", "Active", "on", "off", "mia"))
    assert "Campaign's daily budget" in text("budgetalert")


def test_the_admins_log_names_who_moved_money(admin_client: Client) -> None:
    record = spend(make_campaign(), "5")
    key = "5f1c2d5e-9a31-4e5b-8f2f-0d7c4a1b2c3d"
    admin_client.post(
        reverse("admin:django_adbudget_spendrecord_correct", args=[record.pk]),
        {"amount": "2", "description": "Mrs Miller called", "key": key},
    )
    entries = LogEntry.objects.filter(object_id=str(record.pk))
    assert [(e.user.get_username(), e.get_change_message()) for e in entries] == [("admin", "Took back 2.00\xa0EUR.")]
    assert not LogEntry.objects.filter(change_message__contains="Miller").exists(), "it could not be forgotten (H3)"
    assert "Took back" in admin_client.get(page_of(record).replace("change", "history")).content.decode()


def test_statements_of_the_list_do_not_depend_on_permissions(db: None) -> None:
    client = staff("mia", "view_spendrecord")
    spend(make_campaign())
    with CaptureQueriesContext(connection) as captured:
        assert len(listed(client)) == 1
    assert len(captured) <= 8
