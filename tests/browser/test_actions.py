"""The pages between choosing an action and its being done."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from django_adbudget.models import Campaign
from django_adbudget.services.edits.windows import windows_of
from tests.browser.conftest import CheckPage, OpenPage
from tests.browser.looks import LIGHT, RTL, Look

CAMPAIGNS = "admin:django_adbudget_campaign_changelist"


def choose(page: Page, action: str, *names: str) -> None:
    page.goto(reverse(CAMPAIGNS))
    for name in names:
        page.get_by_role("row").filter(has=page.get_by_role("link", name=name, exact=True)).get_by_role(
            "checkbox"
        ).check()
    page.locator("select[name=action]").select_option(action)
    page.locator("button[name=index]").click()


@pytest.mark.parametrize("look", [LIGHT, RTL], ids=["ltr", "rtl"])
def test_a_budget_is_lowered_after_its_preview(look: Look, open_page: OpenPage, check_page: CheckPage) -> None:
    page = open_page(look)
    choose(page, "set_budget", "Always on", "Prospecting")
    check_page(page)
    page.locator("select[name=change]").select_option("lower")
    page.locator("input[name=value]").fill("90")
    page.locator("input[name=value]").press("Enter")
    expect(page.get_by_text("2 campaigns would pause")).to_be_visible()
    check_page(page)
    page.locator(".ab-apply input[type=submit]").click()
    expect(page.locator(".messagelist")).to_contain_text("Daily budget of 2 campaigns set")
    assert Campaign.objects.get(name="Always on").daily_budget == Decimal(20)


@pytest.mark.parametrize("look", [LIGHT, RTL], ids=["ltr", "rtl"])
def test_windows_are_copied_after_their_preview(look: Look, open_page: OpenPage, check_page: CheckPage) -> None:
    page = open_page(look)
    choose(page, "copy_dayparting", "Always on", "Prospecting")
    check_page(page)
    page.locator("input[name=find]").fill("Nacht")
    page.locator("input[name=find]").press("Enter")
    page.get_by_role("radio", name="Nachtschwärmer").check()
    page.locator("button[value=preview]").click()
    expect(page.get_by_text("on the clocks of America/New_York, not Europe/Berlin")).to_be_visible()
    check_page(page)
    page.locator(".ab-apply input[type=submit]").click()
    expect(page.locator(".messagelist")).to_contain_text("The windows of 2 campaigns replaced")
    ids = Campaign.objects.filter(name__in=["Always on", "Prospecting", "Nachtschwärmer"]).values_list("pk", flat=True)
    assert len(set(windows_of(ids).values())) == 1


def test_neither_needs_javascript(open_page: OpenPage) -> None:
    page = open_page(LIGHT, javascript=False)
    choose(page, "set_budget", "Always on")
    page.locator("input[name=value]").fill("150")
    page.locator("input[name=value]").press("Enter")
    page.locator(".ab-apply input[type=submit]").click()
    expect(page.locator(".messagelist")).to_contain_text("Daily budget of 1 campaign set")
