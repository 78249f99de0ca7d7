"""The dayparting grid, used as people use it: mouse, keyboard, finger, or none of its JavaScript."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import Permission, User
from django.urls import reverse
from playwright.sync_api import Locator, Page, expect

from django_adbudget.models import Campaign
from tests.browser.conftest import CheckPage, OpenPage
from tests.browser.looks import DARK, DARK_RTL, LIGHT, RTL, Look
from tests.factories import make_window

MONDAY, TUESDAY, WEDNESDAY, FRIDAY, SATURDAY, SUNDAY = 0, 1, 2, 4, 5, 6
OFFICE = [f"{day} 09:00 - 18:00" for day in ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")]


class Grid:
    """A campaign's page and the grid on it."""

    def __init__(self, page: Page, name: str, **facts: object) -> None:
        self.page = page
        self.campaign = Campaign.objects.get(name=name)
        Campaign.objects.filter(pk=self.campaign.pk).update(**facts)
        self.root = page.locator(".ab-dayparting")
        self.length = self.root.locator("[data-ab=length]")
        self.live = self.root.locator("[data-ab=live]")
        self.warning = self.root.locator("[data-ab=warning]")

    def open(self) -> Grid:
        self.page.goto(reverse("admin:django_adbudget_campaign_change", args=[self.campaign.pk]))
        return self

    def cell(self, day: int, hour: int) -> Locator:
        return self.root.locator(f'tr[data-day="{day}"] td[data-hour="{hour}"]')

    def button(self, name: str) -> Locator:
        return self.root.get_by_role("button", name=name, exact=True)

    def row(self, number: int) -> Locator:
        return self.root.locator("tr.ab-row:visible").nth(number)

    def drag(self, start: tuple[int, int], *places: tuple[int, int]) -> None:
        self.cell(*start).hover()
        self.page.mouse.down()
        for place in places:
            self.cell(*place).hover()
        self.page.mouse.up()

    def keys(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def save(self) -> None:
        with self.page.expect_navigation():
            self.page.locator("[name=_continue]").click()

    def saved(self) -> list[str]:
        self.save()
        expect(self.page.locator(".messagelist .success")).to_be_visible()
        return self.windows()

    def windows(self) -> list[str]:
        return [str(window) for window in self.campaign.dayparting_schedules.all()]


@pytest.fixture
def grid(admin_page: Page) -> Callable[..., Grid]:
    return lambda name, **facts: Grid(admin_page, name, **facts).open()


OpenGrid = Callable[..., Grid]


def test_hours_are_painted_by_dragging_and_saved(grid: OpenGrid) -> None:
    week = grid("Newsletter")
    expect(week.length).to_have_text("0 h a week")
    week.drag((MONDAY, 9), (MONDAY, 14), (FRIDAY, 20), (FRIDAY, 17))
    expect(week.length).to_have_text("45 h a week")
    expect(week.live).to_have_text("Monday to Friday, 09:00 to 18:00: on. 45 h a week.")
    assert week.saved() == OFFICE
    expect(week.cell(FRIDAY, 17)).to_have_class(re.compile("ab-on"))


def test_a_drag_that_starts_on_a_painted_hour_erases(grid: OpenGrid) -> None:
    """T5."""
    week = grid("Bürozeiten")
    week.drag((MONDAY, 12), (FRIDAY, 12))
    expect(week.live).to_have_text("Monday to Friday, 12:00 to 13:00: off. 40 h a week.")
    week.cell(WEDNESDAY, 9).click()
    assert week.saved()[:5] == [
        "Monday 09:00 - 12:00", "Monday 13:00 - 18:00",
        "Tuesday 09:00 - 12:00", "Tuesday 13:00 - 18:00",
        "Wednesday 10:00 - 12:00",
    ]  # fmt: skip


def test_hours_are_painted_by_keyboard_alone_from_opening_the_page_to_saving(grid: OpenGrid) -> None:
    week = grid("Newsletter")
    tab_to(week.page, "[role=gridcell]")
    assert week.page.evaluate("document.querySelectorAll('.ab-week [tabindex=\"0\"]').length") == 1
    week.keys("ArrowDown", "Home", *["ArrowRight"] * 9)
    expect(week.cell(MONDAY, 9)).to_be_focused()
    week.keys("Space", *["Shift+ArrowRight"] * 9, "Shift+ArrowLeft", *["Shift+ArrowDown"] * 4)
    expect(week.live).to_have_text("Monday to Friday, 09:00 to 18:00: on. 45 h a week.")
    tab_to(week.page, "[name=_save]")
    with week.page.expect_navigation():
        week.keys("Enter")
    assert week.windows() == OFFICE


def tab_to(page: Page, selector: str) -> None:
    for _ in range(150):
        page.keyboard.press("Tab")
        if page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            return
    pytest.fail(f"Tab never reaches {selector}")


def test_keys_lead_through_the_week(grid: OpenGrid) -> None:
    week = grid("Newsletter")
    week.cell(WEDNESDAY, 12).focus()
    for key, place in [
        ("Home", (WEDNESDAY, 0)), ("End", (WEDNESDAY, 23)), ("ArrowRight", (WEDNESDAY, 23)),
        ("PageUp", (SUNDAY, 23)), ("PageDown", (SATURDAY, 23)), ("ArrowDown", (SATURDAY, 23)),
        ("Control+Home", (SUNDAY, 0)), ("Control+End", (SATURDAY, 23)),
    ]:  # fmt: skip
        week.keys(key)
        expect(week.cell(*place)).to_be_focused()
    week.keys("Shift+ArrowLeft", "Shift+ArrowUp")
    expect(week.length).to_have_text("4 h a week")
    week.keys("Escape")
    expect(week.length).to_have_text("0 h a week")


def test_headers_are_buttons_for_a_day_an_hour_and_the_week(grid: OpenGrid) -> None:
    week = grid("Newsletter")
    hour = week.root.get_by_role("button", name="09:00 to 10:00 on every day")
    day = week.root.get_by_role("button", name="Saturday, all day")
    hour.click()
    expect(hour).to_have_attribute("aria-pressed", "true")
    expect(day).to_have_attribute("aria-pressed", "mixed")
    expect(week.length).to_have_text("7 h a week")
    week.cell(SATURDAY, 0).focus()
    week.keys("ArrowLeft", "Space")
    expect(day).to_have_attribute("aria-pressed", "true")
    expect(week.length).to_have_text("30 h a week")
    week.keys("Enter")
    expect(week.length).to_have_text("6 h a week")
    corner = week.root.get_by_role("button", name="00:00 to 24:00 on every day")
    corner.click()
    expect(week.length).to_have_text("168 h a week")
    assert week.saved() == [f"{day} 00:00 - 00:00" for day in (
        "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"
    )]  # fmt: skip


@pytest.mark.parametrize(
    ("preset", "length"),
    [("All week", 168), ("Mon–Fri 9–18", 45), ("Weekend", 48), ("Invert", 123), ("Clear", 0)],  # noqa: RUF001
)
def test_presets_and_undo(grid: OpenGrid, preset: str, length: int) -> None:
    week = grid("Bürozeiten")
    expect(week.button("Undo")).to_be_disabled()
    week.cell(SATURDAY, 9).click()
    week.button(preset).click()
    expect(week.length).to_have_text(f"{length - (preset == 'Invert')} h a week")
    week.button("Undo").click()
    week.button("Undo").click()
    expect(week.length).to_have_text("45 h a week")
    before = set(week.campaign.dayparting_schedules.values_list("pk", flat=True))
    assert week.saved() == OFFICE
    assert set(week.campaign.dayparting_schedules.values_list("pk", flat=True)) == before


def test_a_day_is_copied_to_others_with_its_night(grid: OpenGrid) -> None:
    """T5."""
    week = grid("Newsletter")
    make_window(week.campaign, MONDAY, "22:15", "06:30")
    make_window(week.campaign, TUESDAY, "09:00", "18:00")
    week.open()
    week.root.get_by_label("to", exact=True).select_option("Monday to Friday")
    week.button("Copy day").click()
    expect(week.length).to_have_text("41 h 15 min a week")
    assert week.saved() == [text.replace("09:00 - 18:00", "22:15 - 06:30") for text in OFFICE]


def test_fine_windows_keep_their_minutes_and_rows_that_are_not_painted_stay_what_they_are(grid: OpenGrid) -> None:
    """T5."""
    week = grid("Newsletter")
    night = make_window(week.campaign, SUNDAY, "22:15", "06:30")
    switched_off = make_window(week.campaign, MONDAY, "07:45", "08:10", is_active=False)
    week.open()
    expect(week.cell(SUNDAY, 22)).to_have_accessible_name("Sunday 22:00 to 23:00, 45 of 60 minutes")
    expect(week.cell(MONDAY, 5)).to_have_attribute("aria-selected", "true")
    expect(week.cell(MONDAY, 6).locator("rect")).to_have_attribute("width", "30")
    week.drag((MONDAY, 7), (MONDAY, 9))
    week.cell(SUNDAY, 23).click()
    assert week.saved() == [
        "Monday 00:00 - 06:30",
        "Monday 07:00 - 10:00",
        "Monday 07:45 - 08:10",
        "Sunday 22:15 - 23:00",
    ]
    night.refresh_from_db()
    switched_off.refresh_from_db()
    assert str(night) == "Sunday 22:15 - 23:00"
    assert not switched_off.is_active
    week.cell(SUNDAY, 22).click()
    assert "Sunday 22:00 - 23:00" in week.saved()


def test_rows_are_edited_beside_the_grid(grid: OpenGrid) -> None:
    """T5."""
    week = grid("Bürozeiten")
    week.root.locator("summary").click()
    week.row(0).get_by_label("To").fill("24:00")
    week.row(0).get_by_label("To").press("Tab")
    expect(week.row(0).get_by_label("To")).to_have_value("00:00")
    expect(week.length).to_have_text("51 h a week")
    week.row(1).get_by_label("Active").uncheck()
    week.row(2).get_by_label("Delete").check()
    expect(week.length).to_have_text("33 h a week")
    week.button("Add a window").click()
    week.row(5).get_by_label("Weekday").select_option("Sunday")
    week.row(5).get_by_label("From").fill("2215")
    week.row(5).get_by_label("To").fill("6.30")
    week.row(5).get_by_label("To").press("Tab")
    expect(week.length).to_have_text("41 h 15 min a week")
    assert week.saved() == [
        "Monday 09:00 - 00:00", "Tuesday 09:00 - 18:00", "Thursday 09:00 - 18:00", "Friday 09:00 - 18:00",
        "Sunday 22:15 - 06:30",
    ]  # fmt: skip
    assert not week.campaign.dayparting_schedules.get(day_of_week=TUESDAY).is_active


def test_what_is_wrong_is_said_at_its_row_and_what_was_painted_stays(grid: OpenGrid) -> None:
    week = grid("Newsletter")
    week.cell(SATURDAY, 9).click()
    week.root.locator("summary").click()
    week.button("Add a window").click()
    week.row(1).get_by_label("From").fill("26:00")
    week.save()
    expect(week.root.locator("details")).to_have_attribute("open", "")
    expect(week.root.locator("tr.ab-row .errorlist").first).to_be_visible()
    expect(week.length).to_have_text("1 h a week")
    week.root.locator("tr.ab-row:visible", has=week.page.locator(".errorlist")).get_by_label("Delete").check()
    assert week.saved() == ["Saturday 09:00 - 10:00"]


def test_a_finger_paints_too(grid: OpenGrid) -> None:
    week = grid("Newsletter")
    week.cell(FRIDAY, 17).scroll_into_view_if_needed()
    boxes = [week.cell(*place).bounding_box() for place in ((MONDAY, 9), (TUESDAY, 10), (FRIDAY, 17))]
    points = [{"x": box["x"] + 9, "y": box["y"] + 9} for box in boxes if box is not None]
    finger = week.page.context.new_cdp_session(week.page)
    finger.send("Emulation.setTouchEmulationEnabled", {"enabled": True})
    finger.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": points[:1]})
    for point in points[1:]:
        finger.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expect(week.length).to_have_text("45 h a week")
    assert week.saved() == OFFICE


def test_left_and_right_are_what_they_are_on_the_screen(open_page: OpenPage) -> None:
    week = Grid(open_page(RTL), "Newsletter").open()
    right, left = week.cell(MONDAY, 9).bounding_box(), week.cell(MONDAY, 10).bounding_box()
    assert right is not None
    assert left is not None
    assert left["x"] < right["x"]
    week.cell(MONDAY, 9).focus()
    week.keys("Shift+ArrowLeft")
    expect(week.cell(MONDAY, 10)).to_be_focused()
    week.keys("ArrowRight")
    expect(week.cell(MONDAY, 9)).to_be_focused()
    expect(week.length).to_contain_text("2 h")


def test_without_javascript_there_are_rows_and_a_picture(open_page: OpenPage) -> None:
    """T5, T6."""
    week = Grid(open_page(javascript=False), "Bürozeiten", dayparting="AUTO").open()
    expect(week.root.get_by_role("img")).to_have_accessible_name(
        "Hours of the week: 45 h a week. The windows are listed below."
    )
    expect(week.cell(MONDAY, 9)).to_have_class("ab-on")
    expect(week.button("Invert")).to_be_hidden()
    week.row(5).get_by_label("Weekday").select_option("Sunday")
    week.row(5).get_by_label("From").fill("22:15")
    week.row(5).get_by_label("To").fill("06:30")
    assert week.saved() == [*OFFICE, "Sunday 22:15 - 06:30"]
    for number in range(6):
        week.row(number).get_by_label("Delete").check()
    week.save()
    expect(week.root).to_contain_text("Without hours this campaign runs at any hour. Tick to confirm.")
    week.root.get_by_label("Yes, run at any hour").check()
    assert week.saved() == []
    expect(week.page.locator(".messagelist .warning")).to_have_text("Without hours this campaign runs at any hour.")


def test_taking_the_last_hour_away_says_what_then_happens_and_asks(grid: OpenGrid) -> None:
    """T6."""
    week = grid("Wochenende")
    expect(week.warning).to_be_hidden()
    week.button("Clear").click()
    expect(week.warning).to_have_text("Without hours this campaign runs at any hour.")
    mode = week.page.locator("#id_dayparting")
    confirm = week.root.get_by_label("Yes, run at any hour")
    expect(confirm).to_be_visible()
    mode.select_option("REQUIRED")
    expect(week.warning).to_have_text("Without hours this campaign never runs.")
    expect(confirm).to_be_hidden()
    mode.select_option("OFF")
    expect(week.warning).to_have_text("Hours are ignored: this campaign runs at any hour.")
    mode.select_option("AUTO")
    week.save()
    expect(week.root).to_contain_text("Tick to confirm.")
    assert len(week.windows()) == 2
    confirm.check()
    assert week.saved() == []
    expect(week.page.locator(".messagelist .warning")).to_have_text("Without hours this campaign runs at any hour.")


def test_the_hour_there_is_marked_and_moves_on(grid: OpenGrid) -> None:
    """T7, T8."""
    week = grid("Commuters")
    now = week.root.locator("td[aria-current=time]")
    expect(week.root).to_contain_text("By the clocks of New York (America/New_York). It is Wednesday 09:47 there.")
    expect(now).to_have_attribute("data-hour", "9")
    # An hour is skipped in New York on the 8th of March, and none is in the browser's own zone.
    week.page.clock.set_fixed_time(datetime(2026, 3, 15, 4, 30, tzinfo=UTC))
    week.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(week.root).to_contain_text("It is Sunday 00:30 there.")
    expect(now).to_have_count(1)
    expect(week.cell(SUNDAY, 0)).to_have_attribute("aria-current", "time")
    zone = week.page.locator("#id_timezone")
    zone.fill("Asia/Tokyo")
    zone.press("Tab")
    expect(week.root).to_contain_text("By the clocks of Tokyo (Asia/Tokyo). It is Sunday 13:30 there.")
    zone.fill("Nowhere")
    zone.press("Tab")
    expect(now).to_have_count(0)


def test_however_much_is_painted_the_form_stays_under_djangos_limit_of_fields(grid: OpenGrid) -> None:
    week = grid("Newsletter")
    for number in range(84):
        day, hour = divmod(number * 2, 24)
        make_window(week.campaign, day, f"{hour:02}:00", f"{hour + 1:02}:00")
    week.open()
    week.button("Invert").click()
    expect(week.length).to_have_text("84 h a week")
    fields = week.page.evaluate("[...new FormData(document.querySelector('#campaign_form'))].length")
    assert fields < 1000
    assert week.saved()[:2] == ["Monday 01:00 - 02:00", "Monday 03:00 - 04:00"]
    assert len(week.windows()) == 84


def test_going_back_shows_what_is_stored_and_saving_again_adds_nothing(grid: OpenGrid) -> None:
    week = grid("Newsletter")
    week.button("Mon–Fri 9–18").click()  # noqa: RUF001
    assert week.saved() == OFFICE
    week.page.go_back()
    expect(week.length).to_have_text(re.compile("^(45|0) h a week$"))
    week.save()
    assert len(week.windows()) == 5


def test_who_may_only_look_sees_a_picture_whose_hour_moves_on(open_page: OpenPage, check_page: CheckPage) -> None:
    viewer = User.objects.create(username="viewer", is_staff=True)
    viewer.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    week = Grid(open_page(user="viewer"), "Bürozeiten").open()
    expect(week.root.get_by_role("img", name="Hours of the week: 45 h a week.")).to_be_visible()
    expect(week.row(0)).to_contain_text(re.compile("Monday\\s+09:00\\s+18:00"))
    expect(week.button("Clear")).to_be_hidden()
    week.cell(SATURDAY, 9).click()
    expect(week.length).to_have_text("45 h a week")
    expect(week.cell(WEDNESDAY, 14)).to_have_attribute("aria-current", "time")
    check_page(week.page)


def test_leaving_the_grid_ends_a_stroke(grid: OpenGrid) -> None:
    week = grid("Newsletter")
    week.cell(MONDAY, 9).focus()
    week.keys("Space", "Shift+Tab", "Tab", "Shift+ArrowRight")
    expect(week.length).to_have_text("0 h a week")


@pytest.mark.parametrize("look", [LIGHT, DARK, RTL, DARK_RTL], ids=str)
def test_the_grid_can_be_read_by_everybody(open_page: OpenPage, check_page: CheckPage, look: Look) -> None:
    week = Grid(open_page(look), "Nachtschwärmer").open()
    week.drag((MONDAY, 9), (FRIDAY, 17))
    check_page(week.page)
    week.root.locator("[data-preset=clear]").click()
    expect(week.warning).to_be_visible()
    check_page(week.page)
