from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.db import connections
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from django_adbudget import services
from django_adbudget.admin import BrandAdminMixin
from django_adbudget.models import Brand, BudgetChange, Campaign, Heartbeat, PlatformOrder
from django_adbudget.models.platform import OrderState
from django_adbudget.rules import Reason, Status
from django_adbudget.services.gate import ledger_alias
from django_adbudget.services.reports import dashboard
from tests.factories import make_brand, make_campaign, money

from .people import RULE, client_of, staff

pytestmark = pytest.mark.django_db

PAGE = "/admin/django_adbudget/brand/overview/"


def text_of(client: Client, part: str = "") -> str:
    text = client.get(PAGE + "?parts").content.decode().replace("&#x27;", "'")
    if part:
        found = re.search(rf'<section id="ab-part-{part}".*?</section>', text, re.DOTALL)
        assert found, part
        text = found[0]
    text = re.sub(r"</?(bdi|strong|time|a)[^>]*>", "", text)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))


class TestWhatIsShown:
    def test_an_empty_house_says_so(self, admin_client: Client) -> None:
        text = text_of(admin_client)
        for words in (
            "Nothing is paused.",
            "no budget is reached before its period ends",
            "has done everything it was told",
            "Nobody changed a budget",
        ):
            assert words in text

    def test_what_is_paused_and_why(self, admin_client: Client) -> None:
        """S2: every reason is counted, worst first."""
        brand = make_brand(name="Acme", daily_budget=10)
        make_campaign(brand, name="Other")
        services.record_spend(make_campaign(brand, name="Spring", daily_budget=5), 12)
        make_campaign(brand, name="Off", is_active=False)
        make_campaign(name="Nights", dayparting="REQUIRED")
        text = text_of(admin_client, "paused")
        assert "Brand's daily budget reached 2" in text
        assert "Campaign's daily budget reached 1" in text
        assert "Outside its hours 1" in text
        assert text.index("Other") < text.index("Nights")
        assert "Paused: brand's daily budget reached, campaign's daily budget reached, back at 00:00 Berlin" in text
        assert "Off" not in text
        tiles = text_of(admin_client, "tiles")
        assert "2 Paused by a budget" in tiles
        assert "1 Outside their hours" in tiles
        assert "1 Inactive" in tiles

    def test_every_count_leads_to_a_list_of_as_many(self, admin_client: Client) -> None:
        brand = make_brand(daily_budget=10)
        services.record_spend(make_campaign(brand), 12)
        make_campaign(brand)
        make_campaign(brand, dayparting="REQUIRED")
        links = re.findall(
            r'href="(/admin/django_adbudget/campaign/\?[^"]+)">(?:<strong>(\d+)|[^<]+<strong>(\d+))',
            admin_client.get(PAGE).content.decode(),
        )
        assert len(links) == len(Status) + 2
        for url, one, other in links:
            assert admin_client.get(url).context["cl"].result_count == int(one or other), url

    def test_what_pauses_next(self, admin_client: Client) -> None:
        campaign = make_campaign(name="Spring", daily_budget=100)
        services.record_spend(campaign, "99.5", at=timezone.now() - timedelta(minutes=1))
        text = text_of(admin_client, "next")
        if "no budget is reached" not in text:  # the minute before midnight
            assert "Spring" in text
            assert "99.50 EUR of 100.00 EUR" in text.replace("\xa0", " ")
            assert "in 1 min" in text

    def test_what_is_out_of_sync(self, admin_client: Client) -> None:
        """D1: the one that was tried most often first; what is done is no trouble."""
        for name in ("Fine", "New", "Stuck"):
            make_campaign(name=name)
        Campaign.objects.filter(name="Fine").update(acked_generation=1)
        PlatformOrder.objects.filter(campaign__name="Fine").update(state=OrderState.DONE)
        PlatformOrder.objects.filter(campaign__name="Stuck").update(attempts=7, last_error="<b>no route</b>" * 50)
        text = text_of(admin_client, "sync")
        assert text.index("Stuck") < text.index("New")
        assert "Fine" not in text
        assert "&lt;b&gt;no route" in text
        assert len(text) < 1_000
        assert "2 Out of sync" in text_of(admin_client, "tiles")

    def test_who_changed_a_budget_today_by_the_brands_clocks(self, admin_client: Client) -> None:
        """T1."""
        brand = make_brand(name="Acme", daily_budget=10)
        with services.editing(actor="mia"):
            brand.daily_budget = money("20")
            brand.is_active = False
            brand.save()
        text = text_of(admin_client, "changes").replace("\xa0", " ")
        assert "mia Daily budget: 10.00 EUR → to 20.00 EUR" in text
        assert "Active: on → to off" in text
        midnight = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
        Brand.objects.update(timezone="UTC")
        for at, shown in ((midnight, True), (midnight - timedelta(microseconds=1), False)):
            BudgetChange.objects.update(at=at)
            assert ("mia" in text_of(admin_client, "changes")) is shown

    def test_health(self, admin_client: Client) -> None:
        Heartbeat.objects.create(name="tick", at=timezone.now() - timedelta(hours=3))
        text = text_of(admin_client, "health")
        assert "Late The tick has been silent for 3 h" in text
        assert "Never ran The sweep never ran" in text

    def test_a_zone_that_nobody_knows_here(self, admin_client: Client) -> None:
        """T7."""
        brand = make_brand(daily_budget=1)
        services.record_spend(make_campaign(brand, name="Spring"), 2)
        Brand.objects.update(timezone="Mars/Olympus")
        assert "Spring" in text_of(admin_client, "paused")
        assert "Mars/Olympus" in text_of(admin_client, "health")


def test_it_costs_the_same_at_ten_campaigns_and_a_thousand(admin_client: Client) -> None:
    alias = ledger_alias()

    def cost() -> int:
        with CaptureQueriesContext(connections[alias]) as captured:
            assert admin_client.get(PAGE + "?parts").status_code == 200
        return len(captured)

    def fill(brands: int, campaigns: int) -> None:
        for _ in range(brands):
            brand = make_brand(daily_budget=10, monthly_budget=1000)
            Campaign.objects.using(alias).bulk_create(
                [Campaign(brand=brand, name=f"C{n}", daily_budget=5) for n in range(campaigns)]
            )
            first = Campaign.objects.filter(brand=brand).first()
            assert first
            services.record_spend(first, "4.9")
            with services.editing(actor="mia"):
                brand.daily_budget = money("9")
                brand.save()
        services.reconcile()

    fill(2, 5)
    ten = cost()
    fill(5, 198)
    assert Campaign.objects.count() == 1000
    assert cost() == ten <= 35


class TestPage:
    def test_is_whole_without_javascript(self, admin_client: Client) -> None:
        text = admin_client.get(PAGE).content.decode()
        assert f'href="{PAGE}">Refresh</a>' in text
        assert 'id="ab-part-paused"' in text
        assert " style=" not in text
        assert not re.search(r"<script(?![^>]* src=)", text)

    def test_parts_alone_have_no_frame(self, admin_client: Client) -> None:
        answer = admin_client.get(PAGE + "?parts")
        assert "<html" not in answer.content.decode()
        assert "no-cache" in answer.headers["Cache-Control"]

    def test_is_found_from_the_index(self, admin_client: Client) -> None:
        for page in ("/admin/django_adbudget/", "/admin/django_adbudget/brand/", "/admin/django_adbudget/campaign/"):
            assert PAGE in admin_client.get(page).content.decode(), page

    def test_strangers_and_those_who_may_not_view_brands(self, db: None) -> None:
        assert Client().get(PAGE).headers["Location"].startswith("/admin/login/")
        assert staff("mia", "view_campaign").get(PAGE).status_code == 403
        assert reverse("admin:django_adbudget_overview") == PAGE

    def test_a_tenant_hears_nothing_of_all(self, settings: Any, admin_user: Any) -> None:
        """Orders, alerts and zones are counted over all brands."""
        settings.ADBUDGET = {"API_BRANDS_FOR": RULE}
        make_campaign(make_brand(name="Zorg", timezone="Asia/Tokyo"))
        Brand.objects.update(timezone="Mars/Olympus")
        text = text_of(client_of(admin_user))
        assert "The tick never ran" in text
        assert "Mars" not in text
        assert "0 Running" in text


def test_on_a_site_of_a_hosts_own(rf: RequestFactory, admin_user: Any) -> None:
    """With nothing but brands registered, it shows what can be shown and links to nothing that is not there."""

    class HostsAdmin(BrandAdminMixin):
        overview_refreshes_every = 5

    site = admin.AdminSite(name="hosts")
    site.register(Brand, HostsAdmin)
    services.record_spend(make_campaign(make_brand(daily_budget=1)), 2)
    request = rf.get("/x/?parts")
    request.user = admin_user
    page = site.get_model_admin(Brand)
    answer = page.overview_view(request)  # type: ignore[attr-defined]
    answer.render()
    assert b"ab-part-tiles" in answer.content
    assert b"campaign" not in answer.content.lower().replace(b">campaigns</h2>", b"")


def test_counts_are_of_what_is_stored(db: None) -> None:
    brand = make_brand(daily_budget=1)
    services.record_spend(make_campaign(brand), 2)
    found = dashboard.standing(None)
    assert (found.paused, found.reasons) == (1, {Reason.BRAND_DAILY_BUDGET: 1})
    assert dashboard.standing(Brand.objects.none()).paused == 0
