"""The pages of a brand and of a campaign, through the admin's own door."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from typing import Any
from unittest import mock
from xml.etree import ElementTree as ET

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from django_adbudget import services
from django_adbudget.models import Brand, BudgetChange, Campaign, PlatformOrder, SpendRecord, StatusChange
from django_adbudget.rules import Reason
from django_adbudget.services.gate import ledger_alias
from tests.factories import NOW, make_brand, make_campaign, make_window

pytestmark = pytest.mark.django_db(databases="__all__")

NASTY = "<script>alert('x')</script>\"&"
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with mock.patch("django.utils.timezone.now", return_value=NOW):
        yield


def url(row: Brand | Campaign, page: str = "change") -> str:
    return reverse(f"admin:django_adbudget_{row._meta.model_name}_{page}", args=[row.pk])


def page_of(client: Client, row: Brand | Campaign) -> str:
    answer = client.get(url(row))
    assert answer.status_code == 200
    return answer.content.decode()


def words(html: str) -> str:
    """What a reader sees, on one line; what stands in a bar is for browsers that draw none."""
    html = re.sub(r"<meter.*?</meter>", "", html, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())


def section(html: str, heading: str) -> str:
    """The words of the block under a heading."""
    found = re.search(rf'<section[^>]*aria-labelledby="{heading}".*?</section>', html, re.DOTALL)
    assert found, heading
    return words(found[0])


def spend(campaign: Campaign, amount: object, hours_ago: float = 0, **kwargs: Any) -> SpendRecord:
    return services.record_spend(campaign, str(amount), at=NOW - hours_ago * HOUR, now=NOW, **kwargs).record


@pytest.fixture
def campaign() -> Campaign:
    brand = make_brand(name="Acme", daily_budget=100, monthly_budget=1000)
    return make_campaign(brand, name="Spring", daily_budget=50, total_budget=400)


def viewer(name: str = "viewer", *codenames: str) -> Client:
    user = get_user_model().objects.create_user(name, password="secret", is_staff=True)
    names = codenames or ("view_brand", "view_campaign", "view_daypartingschedule")
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    client = Client()
    client.force_login(user)
    return client


# What has been spent


def test_a_campaign_shows_its_limits_and_those_of_its_brand(admin_client: Client, campaign: Campaign) -> None:
    """M4, S6: spent, remaining (negative once overspent), and the day by the clocks of the zone."""
    spend(campaign, 60)
    shown = section(page_of(admin_client, campaign), "ab-summary-heading")
    assert "Paused: campaign's daily budget reached, back at 00:00 Berlin, in 12 h" in shown
    assert "March 11, 2026, 12:00 in Berlin (Europe/Berlin, UTC+01:00)" in shown
    assert "Campaign's daily budget 60.00 of 50.00 EUR reached, over by 10.00 EUR Remaining: -10.00 EUR" in shown
    assert "Campaign's monthly budget 60.00 EUR no budget" in shown
    assert "Campaign's total budget 60.00 of 400.00 EUR 15.0 % Remaining: 340.00 EUR" in shown
    assert "Brand's daily budget 60.00 of 100.00 EUR 60.0 % Remaining: 40.00 EUR" in shown
    assert "Brand's monthly budget 60.00 of 1,000.00 EUR 6.0 % Remaining: 940.00 EUR" in shown


def test_a_brand_counts_its_campaigns_by_what_they_do_now(admin_client: Client, campaign: Campaign) -> None:
    """S6."""
    make_campaign(campaign.brand, is_active=False)
    spend(campaign, 60)
    html = page_of(admin_client, campaign.brand)
    assert "Campaigns: 2 1 paused by budget 1 inactive" in section(html, "ab-summary-heading")
    decision = section(html, "ab-decision-heading")
    assert "Brand's switch on does not block" in decision
    assert "Brand's daily budget 60.00 of 100.00 EUR spent, 40.00 EUR left does not block" in decision


def test_today_by_the_hour_is_compared_with_yesterday(admin_client: Client, campaign: Campaign) -> None:
    """T1, T4: hours that are over, by the local clock."""
    spend(campaign, 10, hours_ago=25.5)
    spend(campaign, 3, hours_ago=20)
    spend(campaign, 12, hours_ago=1.5)
    for row in (campaign, campaign.brand):
        shown = section(page_of(admin_client, row), "ab-hours-heading")
        assert "12.00 EUR today so far; 13.00 EUR on the whole of yesterday." in shown
        assert "Most in the hour from 10:00: 12.00 EUR." in shown
        assert "Until 12:00: 12.00 EUR against 10.00 EUR yesterday, 20.0 % more." in shown
        assert "10:00 10.00 EUR 12.00 EUR" in shown
        assert "13:00 0.00 EUR –" in shown  # noqa: RUF001


def test_a_total_of_the_day_is_told_apart_and_is_no_spike(admin_client: Client, campaign: Campaign) -> None:
    """L7."""
    services.set_spend_total(campaign, NOW.date(), 80, source="google", now=NOW)
    html = page_of(admin_client, campaign)
    shown = section(html, "ab-hours-heading")
    assert "Reported for the whole day, at no hour: 80.00 EUR today, 0.00 EUR yesterday." in shown
    assert "00:00 0.00 EUR 0.00 EUR" in shown
    assert "80.00 EUR today so far" in shown
    assert not bars(html, "ab-hours-heading")


def test_the_month_by_the_day_has_the_budget_as_a_line(admin_client: Client, campaign: Campaign) -> None:
    spend(campaign, 70, hours_ago=48)
    spend(campaign, 20)
    html = page_of(admin_client, campaign)
    shown = section(html, "ab-days-heading")
    assert "90.00 EUR this month so far. Most on March 9: 70.00 EUR. 1 day reached today's daily budget" in shown
    assert "March 12 –" in shown  # noqa: RUF001
    assert "ab-limit-line" in html
    assert [bar.get("class") for bar in bars(html, "ab-days-heading")] == ["ab-bar ab-now ab-reached", "ab-bar ab-now"]


def drawings(html: str) -> list[ET.Element]:
    return [ET.fromstring(svg) for svg in re.findall(r"<svg class=\"ab-chart.*?</svg>", html, re.DOTALL)]


def bars(html: str, heading: str) -> list[ET.Element]:
    at = ["ab-hours-heading", "ab-days-heading"].index(heading)
    return list(drawings(html)[at].iter("rect"))


@pytest.mark.parametrize("language", ["en", "de", "ar", "fr"])
def test_drawings_are_drawings_in_every_language(
    admin_client: Client, campaign: Campaign, language: str, settings: Any
) -> None:
    """Coordinates know no decimal comma, and the drawing says in words what it shows."""
    settings.USE_THOUSAND_SEPARATOR = True
    spend(campaign, "1234.56")
    spend(campaign, "0.000001", hours_ago=3)
    with translation.override(language):
        admin_client.cookies["django_language"] = language
        html = page_of(admin_client, campaign)
    found = drawings(html)
    assert len(found) == 2
    for drawing in found:
        assert drawing.get("role") == "img"
        title, description = drawing.findall("title")[0], drawing.findall("desc")[0]
        assert drawing.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
        assert title.text
        assert "EUR" in (description.text or "")
        for node in drawing.iter():
            for name in ("x", "y", "width", "height", "x1", "x2", "y1", "y2"):
                assert re.fullmatch(r"-?\d+(\.\d+)?", node.get(name, "0")), (name, node.get(name))


def test_nothing_spent_and_nothing_limited_is_a_page_too(admin_client: Client) -> None:
    html = page_of(admin_client, make_campaign())
    assert "There is no daily budget." in section(html, "ab-days-heading")
    assert "None yet." in section(html, "ab-edits-heading")
    assert list(bars(html, "ab-days-heading")) == []


# Why


def test_the_decision_has_ten_lines_and_one_decides(admin_client: Client, campaign: Campaign) -> None:
    """S2."""
    make_window(campaign, 0, "09:00", "18:00")
    spend(campaign, 60)
    html = page_of(admin_client, campaign)
    assert html.count('<li class="ab-line') == len(Reason)
    assert html.count("ab-decides") == 1
    shown = section(html, "ab-decision-heading")
    assert "Campaign's daily budget decides 60.00 of 50.00 EUR spent, 10.00 EUR over blocks until Thu 00:00" in shown
    assert "Hours Mon 09:00–18:00 Berlin; now Wed 12:00 blocks until Mon 09:00 Berlin" in shown  # noqa: RUF001


def test_changes_come_newest_first_with_figures_and_who(admin_client: Client, campaign: Campaign) -> None:
    """S7."""
    with services.editing(campaign.brand, actor="anna", now=NOW):
        campaign.daily_budget = 40
        campaign.save()
    spend(campaign, 45)
    html = page_of(admin_client, campaign)
    changes = section(html, "ab-changes-heading")
    assert changes.index("Paused: budget") < changes.rindex("Inactive")
    assert "Campaign's daily budget: 45.00 of 40.00 EUR Brand's daily budget: 45.00 of 100.00 EUR" in changes
    edits = section(html, "ab-edits-heading")
    assert "March 11, 2026, 12:00 Berlin Spring Daily budget 50.00 EUR 40.00 EUR anna" in edits
    assert f"statuschange/?campaign={campaign.pk}" in html
    assert f"budgetchange/?campaign={campaign.pk}" in html


def test_an_edit_of_the_brand_is_seen_on_its_campaigns(admin_client: Client, campaign: Campaign) -> None:
    other = make_campaign(campaign.brand, name="Other", daily_budget=1)
    with services.editing(campaign.brand, actor="ben", now=NOW):
        brand = Brand.objects.get(pk=campaign.brand_id)
        brand.daily_budget = None
        brand.save()
        other.daily_budget = 2
        other.save()
    shown = section(page_of(admin_client, campaign), "ab-edits-heading")
    assert "Acme Daily budget 100.00 EUR no limit ben" in shown
    assert "Other" not in shown
    assert "Other" in section(page_of(admin_client, brand), "ab-edits-heading")


def test_figures_of_another_release_leave_the_page_standing(admin_client: Client, campaign: Campaign) -> None:
    """S7: what cannot be read is left out."""
    unreadable: list[Any] = [{}, [], {"limits": 3}, {"limits": [{"level": "POOL", "spent": "1"}, "x"]}]
    for figures in unreadable:
        StatusChange.objects.create(
            campaign=campaign,
            from_status="ACTIVE",
            to_status="ELSEWHERE",
            reasons=("NEW_REASON",),
            cause="ORACLE",
            figures=figures,
            at=NOW,
        )
    assert "NEW_REASON" in section(page_of(admin_client, campaign), "ab-changes-heading")


def test_the_platform_is_said_to_follow_or_not(admin_client: Client, campaign: Campaign) -> None:
    """D1."""
    spend(campaign, 60)
    PlatformOrder.objects.filter(campaign=campaign).update(attempts=3, last_error=NASTY)
    shown = section(page_of(admin_client, campaign), "ab-platform-heading")
    assert "out of sync" in shown
    assert "Order Stop" in shown
    assert f"Attempts 3 Next attempt March 11, 2026, 12:00 Berlin Last error {NASTY}" in shown
    services.deliver_status_changes(now=NOW)
    assert " in sync" in section(page_of(admin_client, campaign), "ab-platform-heading")


@pytest.mark.parametrize("owner", ["brand", "campaign"])
def test_an_unknown_zone_is_said_in_words(admin_client: Client, campaign: Campaign, owner: str) -> None:
    """T7: nobody is stopped, and the form can mend it."""
    rows = Brand.objects.all() if owner == "brand" else Campaign.objects.all()
    rows.update(timezone="Mars/Olympus")
    html = page_of(admin_client, campaign)
    assert "The time zone Mars/Olympus is not known on this machine" in section(html, "ab-summary-heading")
    assert 'id="ab-decision-heading"' not in html
    assert ('id="ab-hours-heading"' in html) is (owner == "campaign")
    shown = page_of(admin_client, campaign.brand)
    assert ("Mars/Olympus" in section(shown, "ab-summary-heading")) is (owner == "brand")
    assert ('value="Mars/Olympus"' in shown) is (owner == "brand")


def test_names_are_text(admin_client: Client) -> None:
    """A name is never markup, on the page, in the question, or in a drawing."""
    brand = make_brand(name=NASTY, daily_budget=10)
    campaign = make_campaign(brand, name=NASTY)
    with services.editing(brand, actor=NASTY, now=NOW):
        campaign.daily_budget = 100
        campaign.save()
    spend(campaign, 5, source=NASTY[:60])
    for row in (brand, campaign):
        html = page_of(admin_client, row)
        assert NASTY in words(html) or NASTY in unescape(html)
        assert "<script>alert" not in html
        assert " style=" not in html[html.index("ab-summary") :]
    form = {"name": NASTY, "timezone": "Europe/Berlin", "daily_budget": "1", "is_active": "on"}
    asked = admin_client.post(url(brand), form).content.decode()
    assert "This would pause 1 campaign at once." in asked
    assert "<script>alert" not in asked


# For whom and where


def test_every_link_of_a_page_leads_somewhere(admin_client: Client, campaign: Campaign) -> None:
    spend(campaign, 5)
    for row in (campaign, campaign.brand):
        html = page_of(admin_client, row)
        links = {unescape(link) for link in re.findall(r'href="(/admin/[^"]+)"', html[html.index("object-tools") :])}
        assert len(links) >= 6
        assert {link: admin_client.get(link).status_code for link in links} == dict.fromkeys(links, 200)
    assert f'<a href="{url(campaign)}">Spring</a>' in page_of(admin_client, campaign.brand)


def test_who_may_only_look_sees_the_same_blocks(campaign: Campaign) -> None:
    spend(campaign, 5)
    html = page_of(viewer(), campaign)
    assert {"ab-summary-heading", "ab-decision-heading", "ab-hours-heading", "ab-days-heading"} <= {
        *re.findall(r'<section[^>]*aria-labelledby="([\w-]+)"', html)
    }
    assert 'name="_save"' not in html
    assert "Record spend" not in html
    assert "spendrecord/" not in html
    assert "statuschange/" not in html


def test_a_page_to_add_and_a_popup_have_the_form_alone(admin_client: Client, campaign: Campaign) -> None:
    add = admin_client.get(reverse("admin:django_adbudget_campaign_add")).content.decode()
    popup = admin_client.get(f"{url(campaign)}?_popup=1").content.decode()
    for html in (add, popup):
        assert "ab-summary" not in html
        assert "ab-panels" not in html
        assert 'name="daily_budget"' in html


def statements(client: Client, row: Brand | Campaign) -> int:
    with CaptureQueriesContext(connections[ledger_alias()]) as found:
        page_of(client, row)
    return len(found)


def test_the_number_of_statements_is_constant(admin_client: Client, campaign: Campaign) -> None:
    """However many campaigns, changes and edits there are."""
    brand = campaign.brand
    spend(campaign, 5)
    fill(brand, campaigns=1, changes=2)
    page_of(admin_client, brand)  # the first pages of a process look up content types, which stay in memory
    page_of(admin_client, campaign)
    before = statements(admin_client, brand), statements(admin_client, campaign)
    fill(brand, campaigns=1000, changes=2000)
    assert (statements(admin_client, brand), statements(admin_client, campaign)) == before
    assert max(before) <= 25


def fill(brand: Brand, campaigns: int, changes: int) -> None:
    """Changes in turn, a second apart."""
    at = NOW - HOUR
    rows = Campaign.objects.bulk_create(
        Campaign(brand=brand, name=f"C{n} of {campaigns}", daily_budget=n) for n in range(campaigns)
    )
    for n, row in enumerate(rows):
        Campaign.objects.filter(pk=row.pk).update(status_changed_at=at - n * timedelta(seconds=1))
    StatusChange.objects.bulk_create(
        [
            StatusChange(
                campaign=rows[n % campaigns],
                from_status="ACTIVE",
                to_status="INACTIVE",
                cause="EDIT",
                at=at - n * timedelta(seconds=1),
                figures={"limits": [{"level": "BRAND", "period": "DAY", "spent": "1", "budget": "2"}]},
            )
            for n in range(changes)
        ],
        batch_size=1000,
    )
    BudgetChange.objects.bulk_create(
        [BudgetChange(brand=brand, campaign=rows[n % campaigns], field="daily_budget", at=at) for n in range(changes)],
        batch_size=1000,
    )


def test_a_brand_shows_the_latest_changes_of_all_its_campaigns(admin_client: Client) -> None:
    """S7: those of one busy campaign, and the one of a quiet campaign that is later than all of them."""
    brand = make_brand()
    fill(brand, campaigns=30, changes=90)
    quiet = make_campaign(brand, name="Quiet one", is_active=True)
    shown = section(page_of(admin_client, brand), "ab-changes-heading")
    latest = StatusChange.objects.order_by("-at", "-id").select_related("campaign")[:10]
    assert quiet.name in shown
    positions = [shown.index(f" {change.campaign.name} ") for change in latest]
    assert positions == sorted(positions)


# The form


def test_what_the_first_spend_settles_is_shown_with_the_reason(admin_client: Client, campaign: Campaign) -> None:
    """M5."""
    brand = campaign.brand
    assert 'name="currency"' in page_of(admin_client, brand)
    assert 'name="brand"' in page_of(admin_client, campaign)
    spend(campaign, 5)
    html = page_of(admin_client, brand)
    assert 'name="currency"' not in html
    assert "Spend is recorded in this currency, so it cannot change." in html
    html = page_of(admin_client, campaign)
    assert 'name="brand"' not in html
    assert "Spend is recorded for this brand, so the campaign cannot move." in html
    form = {"name": "Acme", "timezone": "Europe/Berlin", "currency": "USD", "is_active": "on"}
    assert admin_client.post(url(brand), form).status_code == 302
    brand.refresh_from_db()
    assert (brand.currency, brand.daily_budget) == ("EUR", None)


def test_zones_are_suggested_and_others_that_are_known_accepted(admin_client: Client) -> None:
    """T7: US/Pacific is a name of Los Angeles; nothing but the suggestions is left out."""
    brand = make_brand(name="B")
    html = page_of(admin_client, brand)
    assert '<input type="text" name="timezone" value="Europe/Berlin"' in html
    assert '<option value="Asia/Tokyo"></option>' in html
    assert '<option value="US/Pacific-New"></option>' not in html
    form = {"name": "B", "currency": "EUR", "is_active": "on"}
    for zone in ("Japan", "Asia/Calcutta"):
        assert admin_client.post(url(brand), {**form, "timezone": zone}).status_code == 302
        brand.refresh_from_db()
        assert brand.timezone == zone
    refused = admin_client.post(url(brand), {**form, "timezone": "Mars/Olympus"})
    assert "is not a time zone known here" in unescape(refused.content.decode())
    assert 'value="Mars/Olympus"' in refused.content.decode()


def test_currencies_are_chosen_from_a_list(admin_client: Client) -> None:
    html = admin_client.get(reverse("admin:django_adbudget_brand_add")).content.decode()
    assert '<option value="JPY">JPY</option>' in html
    form = {"name": "B", "timezone": "UTC", "currency": "XXX", "is_active": "on"}
    refused = admin_client.post(reverse("admin:django_adbudget_brand_add"), form)
    assert "XXX is not an ISO 4217 currency code." in refused.content.decode()


@pytest.mark.parametrize("model", [Brand, Campaign])
def test_every_field_of_the_form_is_on_the_page(admin_client: Client, model: type[Brand | Campaign]) -> None:
    html = admin_client.get(reverse(f"admin:django_adbudget_{model._meta.model_name}_add")).content.decode()
    for field in model._meta.fields:
        if field.editable and not field.primary_key:
            assert f'name="{field.name}"' in html, field.name


# Before a budget is lowered

BRAND_FORM = {"name": "Acme", "timezone": "Europe/Berlin", "monthly_budget": "1000", "is_active": "on"}


def test_lowering_a_budget_asks_before_it_pauses(admin_client: Client, campaign: Campaign) -> None:
    spend(campaign, 30)
    form = {**BRAND_FORM, "daily_budget": "25", "_continue": "Save and continue"}
    answer = admin_client.post(url(campaign.brand), form)
    asked = answer.content.decode()
    assert "Daily budget: from 100.00 EUR to 25.00 EUR" in words(asked)
    assert "This would pause 1 campaign at once. Nothing is saved yet." in words(asked)
    assert "Spring : brand's daily budget reached" in words(asked)
    assert Brand.objects.get().daily_budget == 100
    carried = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', asked))
    carried.pop("csrfmiddlewaretoken", None)
    assert carried == {**form, "adbudget_confirmed": "1"}
    answer = admin_client.post(url(campaign.brand), carried)
    assert answer.headers["Location"] == url(campaign.brand)
    assert Brand.objects.get().daily_budget == 25
    change = StatusChange.objects.get(to_status="PAUSED_BUDGET")
    assert (change.campaign, change.actor) == (campaign, "admin")


def test_a_campaigns_budget_asks_too_and_keeps_its_windows(admin_client: Client, campaign: Campaign) -> None:
    spend(campaign, 30)
    form = {
        "name": "Spring",
        "is_active": "on",
        "dayparting": "OFF",
        "total_budget": "30",
        "dayparting_schedules-INITIAL_FORMS": "0",
        "dayparting_schedules-TOTAL_FORMS": "1",
        "dayparting_schedules-0-day_of_week": "0",
        "dayparting_schedules-0-start_time": "09:00",
        "dayparting_schedules-0-end_time": "18:00",
        "dayparting_schedules-0-is_active": "on",
    }
    asked = admin_client.post(url(campaign), form)
    assert "Total budget: from 400.00 EUR to 30.00 EUR" in words(asked.content.decode())
    carried = dict(re.findall(r'<input type="hidden" name="([\w-]+)" value="([^"]*)">', asked.content.decode()))
    assert admin_client.post(url(campaign), carried).status_code == 302
    campaign.refresh_from_db()
    assert (campaign.total_budget, campaign.status) == (30, "PAUSED_BUDGET")
    assert campaign.dayparting_schedules.count() == 1


def test_whoever_goes_back_finds_the_form_as_it_was_filled_in(admin_client: Client, campaign: Campaign) -> None:
    spend(campaign, 30)
    form = {"name": "Summer", "dayparting": "OFF", "total_budget": "30", "_save": "Save"}
    windows = {"INITIAL_FORMS": "0", "TOTAL_FORMS": "1", "0-day_of_week": "2", "0-start_time": "09:30"}
    form |= {f"dayparting_schedules-{name}": value for name, value in (windows | {"0-end_time": "18:00"}).items()}
    asked = admin_client.post(url(campaign), form).content.decode()
    carried = dict(re.findall(r'<input type="hidden" name="([\w-]+)" value="([^"]*)">', asked))
    again = admin_client.post(url(campaign), {**carried, "adbudget_back": "Back to the form"}).content.decode()
    fields = dict(re.findall(r'name="([\w-]+)" value="([^"]*)"', again))
    assert (fields["name"], fields["total_budget"]) == ("Summer", "30")
    assert fields["dayparting_schedules-0-start_time"] == "09:30"
    assert "Please correct" not in again
    campaign.refresh_from_db()
    assert (campaign.name, campaign.total_budget, campaign.dayparting_schedules.count()) == ("Spring", 400, 0)
    assert "This would pause 1 campaign" in admin_client.post(url(campaign), form).content.decode()


@pytest.mark.parametrize("daily", ["31", "100", "200", ""])
def test_nothing_is_asked_where_nothing_would_pause(admin_client: Client, campaign: Campaign, daily: str) -> None:
    spend(campaign, 30)
    assert admin_client.post(url(campaign.brand), {**BRAND_FORM, "daily_budget": daily}).status_code == 302


def test_a_form_with_a_fault_says_so_first(admin_client: Client, campaign: Campaign) -> None:
    spend(campaign, 30)
    for fault in ({"daily_budget": "-1"}, {"daily_budget": "0.0000001"}, {"daily_budget": "1", "name": ""}):
        html = admin_client.post(url(campaign.brand), {**BRAND_FORM, **fault}).content.decode()
        assert "Please correct the error" in html
        assert "adbudget_confirmed" not in html


def test_who_may_not_change_is_not_asked_but_refused(campaign: Campaign) -> None:
    spend(campaign, 30)
    client = viewer()
    form = {**BRAND_FORM, "daily_budget": "1"}
    assert client.post(url(campaign.brand), form).status_code == 403
    assert client.post(url(campaign.brand), {**form, "adbudget_confirmed": "1"}).status_code == 403
    assert Brand.objects.get().daily_budget == 100


@pytest.mark.router
def test_pages_read_where_the_ledger_is(admin_client: Client, campaign: Campaign) -> None:
    """H1: users, sessions and permissions may be elsewhere; no table of ours is asked for there."""
    spend(campaign, 5)
    ours = {model._meta.db_table for model in (Brand, Campaign, SpendRecord, StatusChange, BudgetChange, PlatformOrder)}
    with CaptureQueriesContext(connections["default"]) as elsewhere:
        for row in (campaign, campaign.brand):
            page_of(admin_client, row)
        asked = admin_client.post(url(campaign.brand), {**BRAND_FORM, "daily_budget": "1"})
    assert "This would pause 1 campaign" in asked.content.decode()
    assert not [query["sql"] for query in elsewhere if any(f'"{table}"' in query["sql"] for table in ours)]
