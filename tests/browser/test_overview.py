"""The overview refreshes itself; the ledger is read and corrected."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from django_adbudget import services
from django_adbudget.models import Brand, BudgetChange, Campaign, SpendRecord
from tests.browser.conftest import CheckPage, OpenPage
from tests.browser.looks import DARK, LIGHT, RTL, Look
from tests.browser.stage import NOW

OVERVIEW = "/admin/django_adbudget/brand/overview/"
LEDGER = "/admin/django_adbudget/spendrecord/"

PARTS = "[...document.querySelectorAll('#ab-overview > section')]"


def refresh(page: Page) -> None:
    with page.expect_response(lambda response: "parts" in response.url):
        page.locator("#ab-now").click()


def pause_one() -> Campaign:
    campaign = Campaign.objects.get(name="Spring hike")
    with services.editing(actor="mia"):
        campaign.daily_budget = 0
        campaign.save()
    return campaign


def test_replaces_what_changed_and_nothing_else(admin_page: Page) -> None:
    page = admin_page
    page.goto(OVERVIEW)
    page.evaluate(f"{PARTS}.forEach((part) => {{ part.mark = true; }})")
    refresh(page)
    fresh = f"{PARTS}.filter((part) => !part.mark).map((part) => part.id)"
    assert page.evaluate(fresh) == []
    BudgetChange.objects.create(brand=Brand.objects.all()[0], field="daily_budget", actor="mia", at=NOW)
    refresh(page)
    expect(page.locator("#ab-part-changes")).to_contain_text("mia")
    assert page.evaluate(fresh) == ["ab-part-changes"]
    expect(page.locator("#ab-said")).to_have_text("")
    pause_one()
    refresh(page)
    expect(page.locator("#ab-part-tiles .ab-bad strong")).to_have_text("10")
    expect(page.locator("#ab-said")).to_have_text("12 campaigns are paused.")


def test_keeps_the_focus_and_the_place(admin_page: Page) -> None:
    page = admin_page
    page.goto(OVERVIEW)
    tile = page.locator("#ab-part-tiles .ab-bad a")
    tile.focus()
    page.evaluate("scrollTo(0, 200)")
    pause_one()
    with page.expect_response(lambda response: "parts" in response.url):
        page.evaluate("document.getElementById('ab-now').click()")
    expect(page.locator("#ab-part-tiles .ab-bad strong")).to_have_text("10")
    expect(page.locator("#ab-part-tiles .ab-bad a")).to_be_focused()
    assert page.evaluate("scrollY") == 200


def test_by_itself_until_it_is_stopped(admin_page: Page) -> None:
    page = admin_page
    page.clock.install()
    page.goto(OVERVIEW)
    with page.expect_response(lambda response: "parts" in response.url):
        page.clock.fast_forward(21_000)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.get_by_role("button", name="Stop refreshing").click()
    page.clock.fast_forward(60_000)
    expect(page.get_by_role("button", name="Refresh by itself")).to_be_visible()
    assert asked == []


def test_says_when_it_cannot(admin_page: Page, watch: object) -> None:
    page = admin_page
    page.goto(OVERVIEW)
    page.context.clear_cookies()
    page.locator("#ab-now").click()
    expect(page.locator("#ab-trouble")).to_contain_text("signed out")


def test_without_javascript_it_is_whole_and_refreshed_by_a_link(open_page: OpenPage) -> None:
    page = open_page(LIGHT, javascript=False)
    page.goto(OVERVIEW)
    expect(page.locator("#ab-part-paused")).to_contain_text("budget reached")
    page.get_by_role("link", name="Refresh").click()
    assert page.url.endswith(OVERVIEW)
    expect(page.get_by_role("button", name="Stop refreshing")).to_have_count(0)


@pytest.mark.parametrize("look", [LIGHT, DARK, RTL], ids=str)
def test_the_overview_can_be_read_by_all(open_page: OpenPage, check_page: CheckPage, look: Look) -> None:
    page = open_page(look)
    page.goto(OVERVIEW)
    check_page(page)


def test_a_record_is_corrected_by_keyboard(admin_page: Page, check_page: CheckPage) -> None:
    page = admin_page
    record = SpendRecord.objects.filter(kind="SPEND").order_by("-pk")[0]
    page.goto(f"{LEDGER}{record.pk}/change/")
    page.get_by_role("link", name="Correct", exact=True).press("Enter")
    expect(page.get_by_label("Amount")).to_be_visible()
    check_page(page)
    page.get_by_label("Amount").fill("0")
    page.get_by_label("Reason").fill("Billed twice")
    page.get_by_label("Reason").press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".errorlist")).to_have_count(1)
    check_page(page)
    page.get_by_label("Amount").fill("0.01")
    page.get_by_label("Amount").press("Enter")
    expect(page.locator(".messagelist")).to_contain_text("was taken back")
    expect(page.locator(".ab-corrections")).to_contain_text("Billed twice")
    check_page(page)
