"""The pictures of `docs/admin-screenshots.md`: `make screenshots` takes them anew, each in light and in dark.

They are tests too, of which no ordinary run knows: a page that complains is not worth a picture."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from operator import itemgetter
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from PIL import Image
from playwright.sync_api import Locator, Page

from django_adbudget.models import Brand, Campaign, SpendRecord
from django_adbudget.models.ledger import Kind
from tests.browser.conftest import OpenPage
from tests.browser.layout import NARROW
from tests.browser.looks import DARK, LIGHT, Look

PICTURES = Path(__file__).resolve().parent.parent.parent / "docs" / "screenshots"
LOWEST, TALLEST = 400, 1_400
COLORS = 256

Color = tuple[int, int, int]

#: Leads to a page, or to a part of it.
Walk = Callable[[Page], Locator | None]
WALKS: dict[str, Walk] = {}


def picture(walk: Walk) -> Walk:
    """A walk to what is to be seen; the picture is called as the function is."""
    WALKS[walk.__name__] = walk
    return walk


def url(name: str, *arguments: object) -> str:
    return reverse(f"admin:django_adbudget_{name}", args=arguments)


def the_campaign(name: str) -> int:
    return Campaign.objects.get(name=name).pk


@picture
def overview(page: Page) -> None:
    page.goto(url("overview"))


@picture
def overview_phone(page: Page) -> None:
    page.set_viewport_size({"width": NARROW, "height": LOWEST})
    page.goto(url("overview"))


@picture
def brands(page: Page) -> None:
    page.goto(url("brand_changelist"))


@picture
def brand(page: Page) -> None:
    page.goto(url("brand_change", Brand.objects.get(name="Röstwerk Kaffee").pk))


@picture
def brand_panels(page: Page) -> Locator:
    brand(page)
    return page.locator(".ab-panels")


@picture
def campaigns(page: Page) -> None:
    page.goto(url("campaign_changelist"))


@picture
def campaign(page: Page) -> None:
    page.goto(url("campaign_change", the_campaign("Frühlingsaktion")))


@picture
def campaign_panels(page: Page) -> Locator:
    campaign(page)
    return page.locator(".ab-panels")


@picture
def dayparting(page: Page) -> Locator:
    page.goto(url("campaign_change", the_campaign("Nachtschwärmer")))
    return page.locator(".ab-dayparting")


@picture
def lower_budget(page: Page) -> None:
    """What would pause is said before a lower budget is saved."""
    brand(page)
    page.get_by_role("spinbutton", name="Daily budget").fill("100")
    page.get_by_role("button", name="Save", exact=True).click()


@picture
def set_budget(page: Page) -> None:
    act_on_all(page, "Set a budget …")
    page.get_by_label("Change").select_option("Lower by per cent")
    page.get_by_label("Amount or per cent").fill("60")
    page.get_by_role("button", name="Preview").click()


@picture
def copy_dayparting(page: Page) -> None:
    act_on_all(page, "Copy dayparting to these …")


def act_on_all(page: Page, action: str) -> None:
    page.goto(url("campaign_changelist"))
    page.get_by_label("Select all objects on this page for an action").check()
    page.get_by_label("Action:").select_option(action)
    page.get_by_role("button", name="Go").click()


@picture
def ledger(page: Page) -> None:
    page.goto(url("spendrecord_changelist"))


@picture
def correction(page: Page) -> None:
    record = SpendRecord.objects.filter(kind=Kind.CORRECTION).latest("pk").corrects_id
    page.goto(url("spendrecord_change", record))
    page.get_by_role("link", name="Correct", exact=True).click()


@picture
def status_changes(page: Page) -> None:
    page.goto(url("statuschange_changelist"))


@picture
def budget_changes(page: Page) -> None:
    page.goto(url("budgetchange_changelist"))


@picture
def orders(page: Page) -> None:
    page.goto(url("platformorder_changelist"))


@picture
def alerts(page: Page) -> None:
    page.goto(url("budgetalert_changelist"))


@pytest.mark.parametrize("look", [LIGHT, DARK], ids=lambda look: look.scheme)
@pytest.mark.parametrize("name", WALKS)
def test_picture(name: str, look: Look, open_page: OpenPage) -> None:
    page = open_page(look)
    page.add_init_script("localStorage.setItem('django.admin.navSidebarIsOpen', 'false')")
    part = WALKS[name](page)
    take(page, part, PICTURES / f"{name.replace('_', '-')}-{look.scheme}.png")


def take(page: Page, part: Locator | None, path: Path) -> None:
    """The page from its top on, or all of a part, in few colors, which makes a small file."""
    width = page.evaluate("innerWidth")
    page.set_viewport_size({"width": width, "height": LOWEST})
    height = page.evaluate("document.documentElement.scrollHeight")
    page.set_viewport_size({"width": width, "height": min(height, TALLEST)})
    shown = page if part is None else part
    save(shown.screenshot(animations="disabled", caret="hide"), path)


def save(picture: bytes, path: Path) -> None:
    """In its most frequent colors, which are those of everything but the edges of letters, and exact."""
    full = Image.open(BytesIO(picture)).convert("RGB")
    counted: Any = full.getcolors(full.width * full.height)
    colors = [color for _count, color in sorted(counted, key=itemgetter(0), reverse=True)]
    chosen = colors[:COLORS]
    index = {color: place for place, color in enumerate(chosen)}
    index |= {color: index[nearest(color, chosen)] for color in colors[COLORS:]}
    few = Image.new("P", full.size)
    few.putpalette([part for color in chosen for part in color])
    few.putdata([index[pixel] for pixel in zip(*[iter(full.tobytes())] * 3, strict=True)])
    path.parent.mkdir(parents=True, exist_ok=True)
    few.save(path, optimize=True)


def nearest(color: Color, others: list[Color]) -> Color:
    red, green, blue = color
    return min(others, key=lambda other: (other[0] - red) ** 2 + (other[1] - green) ** 2 + (other[2] - blue) ** 2)
