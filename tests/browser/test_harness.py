"""The harness itself: what it must hear and see on a page, planted."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from playwright.sync_api import Page

from django_adbudget.models import Brand
from tests.browser import axe
from tests.browser.checks import faults
from tests.browser.conftest import OpenPage
from tests.browser.looks import DARK_RTL
from tests.browser.stage import NOW
from tests.browser.watch import Watch

GROUPS = "admin:auth_group_changelist"
COMPLAINTS = {
    "a word in the console": ("console.error('planted')", "planted"),
    "an uncaught exception": ("Promise.reject(new Error('planted'))", "uncaught: planted"),
    "a style in the markup": ("body.insertAdjacentHTML('beforeend', '<p style=\"top: 0\">')", "style-src-attr"),
    "a script in the markup": (
        "body.append(Object.assign(document.createElement('script'), {text: '1'}))",
        "script-src-elem",
    ),
    "a picture from elsewhere": ("new Image().src = 'https://example.com/planted.png'", "img-src"),
    "a file that is missing": ("fetch('/planted')", "/planted answers 404"),
}
FAULTS = {
    "a picture that says nothing": ("body.append(new Image())", "axe: image-alt"),
    "grey on grey in the dark": (
        """const sheet = new CSSStyleSheet();
        sheet.replaceSync('@media (prefers-color-scheme: dark) { #content h1 { color: #333; background: #222 } }');
        document.adoptedStyleSheets = [sheet]""",
        "axe in dark: color-contrast",
    ),
    "a line longer than a phone is wide": (
        "body.insertAdjacentHTML('beforeend', '<p id=wide>x'); document.getElementById('wide').style.width = '500px'",
        "too wide at 390 pixels: <p",
    ),
}


@pytest.fixture
def groups(admin_page: Page) -> Page:
    admin_page.goto(reverse(GROUPS))
    return admin_page


def plant(page: Page, script: str) -> None:
    page.evaluate(f"() => {{ const body = document.getElementById('content'); {script}; }}")


@pytest.mark.parametrize(("script", "complaint"), COMPLAINTS.values(), ids=COMPLAINTS)
def test_a_complaint_is_heard(groups: Page, watch: Watch, script: str, complaint: str) -> None:
    plant(groups, script)
    watch.wait_for(groups, complaint)
    groups.goto("about:blank")
    with pytest.raises(AssertionError, match="The page complains"):
        watch.assert_quiet()


@pytest.mark.parametrize(("script", "fault"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_seen(groups: Page, script: str, fault: str) -> None:
    assert faults(groups) == []
    plant(groups, script)
    assert any(found.startswith(fault) for found in faults(groups))


def test_what_is_excused_is_on_djangos_own_pages(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> None:
    excused = {fault.rule for fault in axe.DJANGO}
    monkeypatch.setattr(axe, "DJANGO", ())
    Group.objects.bulk_create(Group(name=f"Group {number}") for number in range(201))
    addresses = ["auth_group_changelist", "auth_user_changelist", "admin_logentry_add"]
    found = violations_on(open_page(user=None), reverse("admin:login"))
    page = open_page()
    found |= violations_on(page, reverse("admin:app_list", args=["auth"]))
    found |= violations_on(page, reverse("admin:auth_group_delete", args=[Group.objects.latest("pk").pk]))
    for name in addresses:
        found |= violations_on(page, reverse(f"admin:{name}"))
    assert found == excused


def violations_on(page: Page, address: str) -> set[str]:
    page.goto(address)
    return {fault.partition(" ")[0] for fault in axe.violations(page)}


def test_a_look(open_page: OpenPage) -> None:
    page = open_page(DARK_RTL)
    page.goto(reverse(GROUPS))
    assert page.locator("html").get_attribute("dir") == "rtl"
    assert page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")


def test_a_page_without_javascript(open_page: OpenPage) -> None:
    page = open_page(javascript=False)
    page.goto(reverse(GROUPS))
    assert page.locator("html").get_attribute("data-theme") is None  # set by Django's script


def test_both_clocks_stand_still(admin_page: Page) -> None:
    admin_page.goto(reverse("admin:index"))
    assert admin_page.evaluate("Date.now()") == NOW.timestamp() * 1000
    assert Brand.objects.latest("created_at").created_at == NOW


@pytest.mark.parametrize("time", ["first", "again"])
def test_each_test_has_the_whole_stage(stage: None, time: str) -> None:
    Brand.objects.get(name="Lord Howe Lodge").delete()


def test_whoever_is_not_signed_in_sees_the_login(open_page: OpenPage) -> None:
    page = open_page(user=None)
    page.goto(reverse("admin:index"))
    assert faults(page) == []
    page.get_by_label("Username").fill("admin")
    page.get_by_label("Password").fill("stage")
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("link", name="Brands").wait_for()
