"""What stands around the forms of brands and campaigns, as a reader finds it; without JavaScript too."""

from __future__ import annotations

import re

from django.urls import reverse
from playwright.sync_api import Page, expect

from django_adbudget.models import Brand, Campaign
from tests.browser.conftest import CheckPage, OpenPage
from tests.browser.looks import DARK, LIGHT


def address(row: Brand | Campaign) -> str:
    return reverse(f"admin:django_adbudget_{row._meta.model_name}_change", args=[row.pk])


def lower(page: Page, brand: Brand, budget: str) -> None:
    page.goto(address(brand))
    page.get_by_label("Daily budget:").fill(budget)
    page.get_by_role("button", name="Save", exact=True).click()


def test_a_budget_is_lowered_after_a_question(open_page: OpenPage, check_page: CheckPage) -> None:
    page = open_page(LIGHT)
    brand = Brand.objects.get(name="Röstwerk Kaffee")
    lower(page, brand, "100")
    expect(page.get_by_text("This would pause 2 campaigns at once.")).to_be_visible()
    check_page(page)
    page.get_by_role("button", name="Back to the form").click()
    expect(page.get_by_label("Daily budget:")).to_have_value("100")
    check_page(page)
    brand.refresh_from_db()
    assert brand.daily_budget != 100


def test_the_question_needs_no_script(open_page: OpenPage) -> None:
    page = open_page(DARK, javascript=False)
    brand = Brand.objects.get(name="Röstwerk Kaffee")
    lower(page, brand, "100")
    page.get_by_role("button", name="Save and pause 2 campaigns").click()
    expect(page.get_by_text("was changed successfully")).to_be_visible()
    brand.refresh_from_db()
    assert brand.daily_budget == 100


def test_drawings_have_words_and_a_table(open_page: OpenPage, check_page: CheckPage) -> None:
    page = open_page(LIGHT)
    page.goto(address(Campaign.objects.get(name="Frühlingsaktion")))
    drawing = page.get_by_role("img", name="Today by the hour")
    expect(drawing).to_have_accessible_name(re.compile(r"^Today by the hour [\d.]+.EUR today so far"))
    page.get_by_text("As a table").first.click()
    expect(page.get_by_role("table", name="Today by the hour").get_by_role("row", name="14:00")).to_be_visible()
    check_page(page)


def test_an_unknown_zone_is_mended_on_the_page(open_page: OpenPage, check_page: CheckPage) -> None:
    """T7."""
    Brand.objects.filter(name="Hudson Outdoor").update(timezone="Mars/Olympus")
    page = open_page(LIGHT)
    page.goto(address(Brand.objects.get(name="Hudson Outdoor")))
    expect(page.get_by_text("The time zone Mars/Olympus is not known on this machine")).to_be_visible()
    check_page(page)
    page.get_by_label("Time zone:").fill("America/New_York")
    page.get_by_role("button", name="Save and continue editing").click()
    expect(page.get_by_role("img", name="Today by the hour")).to_be_visible()
