"""The dayparting grid on the server: the rows that it paints into, and what it draws."""

from __future__ import annotations

import re
from typing import Any
from unittest import mock

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission, User
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from django_adbudget.admin import CampaignAdminMixin
from django_adbudget.admin.grid import MOST_WINDOWS, DaypartingGridMixin, WindowInline
from django_adbudget.admin.grid.words import CONFIRM
from django_adbudget.models import Brand, Campaign, DaypartingSchedule, StatusChange
from tests.factories import NOW, make_brand, make_campaign, make_window

pytestmark = pytest.mark.django_db
PREFIX = "dayparting_schedules"
Row = dict[str, object]


def change_url(campaign: Campaign) -> str:
    return reverse("admin:django_adbudget_campaign_change", args=[campaign.pk])


def row(day: object = 0, start: str = "09:00", end: str = "18:00", **fields: object) -> Row:
    return {"day_of_week": day, "start_time": start, "end_time": end, "is_active": "on", **fields}


def stored_row(window: DaypartingSchedule, **fields: object) -> Row:
    shown = row(window.day_of_week, f"{window.start_time:%H:%M}", f"{window.end_time:%H:%M}", id=window.pk)
    if not window.is_active:
        del shown["is_active"]
    return {**shown, **fields}


def form(campaign: Campaign, *rows: Row, **fields: object) -> dict[str, str]:
    """What a browser sends of a campaign's page: the campaign as it is, with these rows."""
    rows_data = {f"{PREFIX}-{n}-{name}": str(value) for n, each in enumerate(rows) for name, value in each.items()}
    names = ("name", "daily_budget", "monthly_budget", "total_budget", "dayparting", "timezone")
    facts = {name: "" if getattr(campaign, name) is None else str(getattr(campaign, name)) for name in names}
    return {
        **facts,
        "brand": str(campaign.brand_id),
        "is_active": "on",
        f"{PREFIX}-TOTAL_FORMS": str(len(rows)),
        f"{PREFIX}-INITIAL_FORMS": str(sum("id" in each for each in rows)),
        **rows_data,
        **{name: str(value) for name, value in fields.items()},
    }


def windows(campaign: Campaign) -> list[str]:
    return [str(window) for window in campaign.dayparting_schedules.all()]


def errors(answer: Any) -> str:
    assert answer.status_code == 200, answer.content
    formsets = [each.formset for each in answer.context["inline_admin_formsets"]]
    return " ".join(str(text) for each in formsets for text in [*each.non_form_errors(), *each.errors])


# What is drawn.


def test_the_week_is_drawn_in_the_campaigns_zone_with_its_hours(admin_client: Client) -> None:
    """T5, T7."""
    campaign = make_campaign(make_brand(timezone="Asia/Tokyo"))
    make_window(campaign, 6, "22:15", "06:30")
    make_window(campaign, 2, "09:00", "18:00")
    make_window(campaign, 3, "09:00", "18:00", is_active=False)
    with mock.patch("django.utils.timezone.now", return_value=NOW):
        page = admin_client.get(change_url(campaign)).content.decode()
    assert "By the clocks of Tokyo (Asia/Tokyo)." in page
    assert "It is Wednesday 20:00 there." in page
    assert ">17 h 15 min a week<" in page
    assert page.count('class="ab-on') == 9 + 1 + 6
    assert re.findall(r'<rect x="(\d+)" width="(\d+)" height="1"/>', page) == [("15", "45"), ("0", "30")]
    assert page.count('aria-current="time"') == 1
    assert "style=" not in page[page.index("ab-dayparting") : page.index("ab-add-window")]


def test_the_campaigns_own_zone_goes_before_the_brands(admin_client: Client) -> None:
    """T7."""
    campaign = make_campaign(make_brand(timezone="Asia/Tokyo"), timezone="America/New_York")
    assert b"New York (America/New_York)" in admin_client.get(change_url(campaign)).content
    assert b"By the clocks of the brand" in admin_client.get(reverse("admin:django_adbudget_campaign_add")).content


def test_a_zone_that_is_no_longer_known_is_named_and_has_no_hour(admin_client: Client) -> None:
    """T7."""
    brand = make_brand()
    campaign = make_campaign(brand)
    Brand.objects.filter(pk=brand.pk).update(timezone="Mars/Base")
    page = admin_client.get(change_url(campaign)).content
    assert b"Mars/Base" in page
    assert b'aria-current="time"' not in page


@pytest.mark.parametrize(("language", "first"), [("de", "0"), ("en", "6"), ("fa", "5")])
def test_the_week_begins_as_the_readers_calendars_do(admin_client: Client, language: str, first: str) -> None:
    with translation.override(language):
        page = admin_client.get(change_url(make_campaign())).content.decode()
    assert re.findall(r'<tr data-day="(\d)"', page)[0] == first


def test_a_page_takes_the_same_number_of_statements_however_many_windows(admin_client: Client) -> None:
    few, many = make_campaign(), make_campaign()
    for hour in range(20):
        make_window(many, hour % 7, f"{hour:02}:00", f"{hour + 1:02}:00")
    counts = []
    for campaign in (few, many):
        admin_client.get(change_url(campaign))
        with CaptureQueriesContext(connection) as counted:
            admin_client.get(change_url(campaign))
        counts.append(len(counted))
    assert counts[0] == counts[1]


# What is posted.


def test_windows_are_added_changed_and_deleted_and_others_stay_as_they_are(admin_client: Client) -> None:
    """T5, S4, S7."""
    campaign = make_campaign()
    kept = make_window(campaign, 0, "22:15", "06:30")
    switched_off = make_window(campaign, 1, "09:00", "18:00", is_active=False)
    cut, gone = make_window(campaign, 2, "09:00", "18:00"), make_window(campaign, 3, "09:00", "18:00")
    StatusChange.objects.all().delete()
    answer = admin_client.post(
        change_url(campaign),
        form(
            campaign,
            stored_row(kept),
            stored_row(switched_off),
            stored_row(cut, end_time="12:00"),
            stored_row(gone, DELETE="on"),
            row(2, "13:00", "18:00"),
            row(5, "00:00", "00:00"),
            row("", "", ""),
        ),
    )
    assert answer.status_code == 302, errors(answer)
    rows = {window.pk: (str(window), window.is_active) for window in campaign.dayparting_schedules.all()}
    assert rows[kept.pk] == ("Monday 22:15 - 06:30", True)
    assert rows[switched_off.pk] == ("Tuesday 09:00 - 18:00", False)
    assert rows[cut.pk] == ("Wednesday 09:00 - 12:00", True)
    assert gone.pk not in rows
    assert sorted(text for text, _ in rows.values()) == [
        "Monday 22:15 - 06:30",
        "Saturday 00:00 - 00:00",
        "Tuesday 09:00 - 18:00",
        "Wednesday 09:00 - 12:00",
        "Wednesday 13:00 - 18:00",
    ]


def test_a_painted_week_is_evaluated_once_under_the_users_name(admin_client: Client) -> None:
    """S4, S7."""
    campaign = make_campaign(dayparting="REQUIRED")
    StatusChange.objects.all().delete()
    whole_week = [row(day, "00:00", "00:00") for day in range(7)]
    assert admin_client.post(change_url(campaign), form(campaign, *whole_week)).status_code == 302
    assert [(change.to_status, change.actor) for change in StatusChange.objects.all()] == [("ACTIVE", "admin")]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"start_time": "09:00", "end_time": "09:00"}, "This window is empty"),
        ({"start_time": "09:00:30"}, "Give hours and minutes only."),
        ({"start_time": "25:00"}, "Enter a valid time."),
        ({"end_time": ""}, "This field is required."),
        ({"day_of_week": "7"}, "Select a valid choice"),
        ({"day_of_week": "-1"}, "Select a valid choice"),
        ({"day_of_week": "9" * 300}, "Select a valid choice"),
        ({"start_time": "\x00"}, ""),
    ],
)
def test_what_is_no_window_is_said_once_beside_its_field(
    admin_client: Client, fields: dict[str, object], said: str
) -> None:
    """T5."""
    campaign = make_campaign()
    answer = admin_client.post(change_url(campaign), form(campaign, {**row(), **fields}))
    text = errors(answer)
    assert said in text
    assert "__all__" not in text
    assert not windows(campaign)


def test_what_was_painted_is_there_again_when_another_field_is_wrong(admin_client: Client) -> None:
    campaign = make_campaign()
    gone = make_window(campaign, 0, "09:00", "18:00")
    rows = (stored_row(gone, DELETE="on"), row(5, "10:00", "12:00"))
    page = admin_client.post(change_url(campaign), form(campaign, *rows, name="")).content.decode()
    assert ">2 h a week<" in page
    assert 'value="10:00"' in page
    assert windows(campaign) == ["Monday 09:00 - 18:00"]


def test_a_form_that_is_sent_twice_adds_its_windows_once(admin_client: Client) -> None:
    campaign = make_campaign()
    gone = make_window(campaign, 0, "09:00", "18:00")
    data = form(campaign, stored_row(gone, DELETE="on"), row(1), row(1), row(2, "22:15", "06:30"))
    for _ in range(2):
        assert admin_client.post(change_url(campaign), data).status_code == 302
        assert windows(campaign) == ["Tuesday 09:00 - 18:00", "Wednesday 22:15 - 06:30"]


def test_windows_may_overlap(admin_client: Client) -> None:
    """T5."""
    campaign = make_campaign()
    data = form(campaign, row(1), row(1, "12:00", "20:00"))
    assert admin_client.post(change_url(campaign), data).status_code == 302
    assert len(windows(campaign)) == 2


def test_a_window_that_somebody_else_has_deleted_is_said(admin_client: Client) -> None:
    campaign = make_campaign()
    gone = make_window(campaign, 0, "09:00", "18:00")
    data = form(campaign, stored_row(gone, end_time="17:00"))
    DaypartingSchedule.objects.all().delete()
    assert "Somebody has changed these hours" in errors(admin_client.post(change_url(campaign), data))


def test_there_is_a_most_of_windows(admin_client: Client) -> None:
    campaign = make_campaign()
    times = [(day, f"{hour:02}:{minute:02}") for day in range(7) for hour in range(23) for minute in (0, 30)]
    rows = [row(day, start, "23:59") for day, start in times[: MOST_WINDOWS + 1]]
    assert "at most 100 windows" in errors(admin_client.post(change_url(campaign), form(campaign, *rows)))
    assert admin_client.post(change_url(campaign), form(campaign, *rows[:-1])).status_code == 302
    assert len(windows(campaign)) == MOST_WINDOWS


# Taking the last window away (T6).


def said_after(answer: Any) -> list[str]:
    assert answer.status_code == 302, errors(answer)
    return [str(message) for message in get_messages(answer.wsgi_request) if message.level_tag == "warning"]


@pytest.mark.parametrize("how", ["deleted", "switched off"])
def test_taking_the_last_window_away_is_asked_for_and_then_said(admin_client: Client, how: str) -> None:
    """T6."""
    campaign = make_campaign()
    window = make_window(campaign, 0, "09:00", "18:00")
    changed = stored_row(window, DELETE="on")
    if how == "switched off":
        changed = {name: value for name, value in stored_row(window).items() if name != "is_active"}
    answer = admin_client.post(change_url(campaign), form(campaign, changed))
    assert str(CONFIRM) in errors(answer)
    assert f'name="{PREFIX}-runs_at_any_hour"' in answer.content.decode().partition('class="ab-confirm">')[2]
    assert campaign.dayparting_schedules.get().is_active
    answer = admin_client.post(change_url(campaign), form(campaign, changed, **{f"{PREFIX}-runs_at_any_hour": "on"}))
    assert said_after(answer) == ["Without hours this campaign runs at any hour."]
    assert not campaign.dayparting_schedules.filter(is_active=True).exists()


@pytest.mark.parametrize(
    ("mode", "said"),
    [
        ("REQUIRED", "Without hours this campaign never runs."),
        ("OFF", "Hours are ignored: this campaign runs at any hour."),
    ],
)
def test_in_other_modes_it_is_only_said(admin_client: Client, mode: str, said: str) -> None:
    """T6."""
    campaign = make_campaign(dayparting=mode)
    gone = stored_row(make_window(campaign, 0, "09:00", "18:00"), DELETE="on")
    assert said_after(admin_client.post(change_url(campaign), form(campaign, gone))) == [said]


def test_the_mode_that_is_posted_counts(admin_client: Client) -> None:
    """T6: deleting the last window while turning AUTO to REQUIRED starts nothing; REQUIRED to AUTO without one does."""
    campaign = make_campaign()
    gone = stored_row(make_window(campaign, 0, "09:00", "18:00"), DELETE="on")
    answer = admin_client.post(change_url(campaign), form(campaign, gone, dayparting="REQUIRED"))
    assert said_after(answer) == ["Without hours this campaign never runs."]
    answer = admin_client.post(change_url(campaign), form(campaign, dayparting="AUTO"))
    assert str(CONFIRM) in errors(answer)
    campaign.refresh_from_db()
    assert campaign.dayparting == "REQUIRED"


def test_nothing_is_asked_where_no_hours_are_taken_away(admin_client: Client) -> None:
    """T6."""
    campaign = make_campaign()
    assert said_after(admin_client.post(change_url(campaign), form(campaign))) == []
    first, second = make_window(campaign, 0, "09:00", "18:00"), make_window(campaign, 1, "09:00", "18:00")
    data = form(campaign, stored_row(first, DELETE="on"), stored_row(second))
    assert said_after(admin_client.post(change_url(campaign), data)) == []
    last = form(campaign, stored_row(second, DELETE="on"), row(3))
    assert said_after(admin_client.post(change_url(campaign), last)) == []
    added = form(campaign, name="A new one")
    assert said_after(admin_client.post(reverse("admin:django_adbudget_campaign_add"), added)) == []


def test_a_window_that_others_have_added_meanwhile_is_left_over(admin_client: Client) -> None:
    """T6."""
    campaign = make_campaign()
    gone = stored_row(make_window(campaign, 0, "09:00", "18:00"), DELETE="on")
    make_window(campaign, 4, "09:00", "18:00")
    assert said_after(admin_client.post(change_url(campaign), form(campaign, gone))) == []
    assert windows(campaign) == ["Friday 09:00 - 18:00"]


# Who may.


def client_of(*codenames: str) -> Client:
    user = User.objects.create(username="lena", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client = Client()
    client.force_login(user)
    return client


WINDOW = "daypartingschedule"


def test_who_may_only_look_sees_a_picture_and_cannot_save() -> None:
    campaign = make_campaign()
    window = make_window(campaign, 0, "09:00", "18:00")
    client = client_of("view_campaign", f"view_{WINDOW}")
    page = client.get(change_url(campaign)).content.decode()
    assert "9 h a week" in page
    assert "data-paint" not in page
    assert f"{PREFIX}-0-start_time" not in page
    answer = client.post(change_url(campaign), form(campaign, stored_row(window, DELETE="on"), row(2)))
    assert answer.status_code == 403
    assert windows(campaign) == ["Monday 09:00 - 18:00"]


@pytest.mark.parametrize("may_look", [True, False])
def test_windows_have_permissions_of_their_own(may_look: bool) -> None:
    campaign = make_campaign()
    window = make_window(campaign, 0, "09:00", "18:00")
    client = client_of("view_campaign", "change_campaign", *[f"view_{WINDOW}"] * may_look)
    assert ("ab-week" in client.get(change_url(campaign)).content.decode()) is may_look
    rows = (stored_row(window, end_time="12:00", DELETE="on"), row(2))
    assert client.post(change_url(campaign), form(campaign, *rows, name="Renamed")).status_code == 302
    campaign.refresh_from_db()
    assert (campaign.name, windows(campaign)) == ("Renamed", ["Monday 09:00 - 18:00"])


def test_who_may_not_delete_edits_rows_without_painting() -> None:
    campaign = make_campaign()
    window = make_window(campaign, 0, "09:00", "18:00")
    client = client_of("change_campaign", f"change_{WINDOW}", f"add_{WINDOW}")
    page = client.get(change_url(campaign)).content.decode()
    assert "data-paint" not in page
    assert f"{PREFIX}-0-start_time" in page
    data = form(campaign, stored_row(window, end_time="12:00", DELETE="on"), row(2))
    assert client.post(change_url(campaign), data).status_code == 302
    assert windows(campaign) == ["Monday 09:00 - 12:00", "Wednesday 09:00 - 18:00"]


# What is made up.


def test_windows_of_other_campaigns_are_out_of_reach(admin_client: Client) -> None:
    campaign, other = make_campaign(), make_campaign()
    theirs = make_window(other, 0, "09:00", "18:00")
    for fields in ({"DELETE": "on"}, {"end_time": "12:00"}, {"campaign": other.pk}):
        admin_client.post(change_url(campaign), form(campaign, stored_row(theirs, **fields)))
    admin_client.post(change_url(campaign), form(campaign, row(2, campaign=other.pk)))
    assert windows(other) == ["Monday 09:00 - 18:00"]


junk = st.sampled_from(
    ["", "0", "1", "-1", "7", "on", "09:00", "24:00", "9" * 40, "\x00", "٣", "None", "1e9"]
) | st.text(max_size=8)
names = st.sampled_from(["id", "campaign", "day_of_week", "start_time", "end_time", "is_active", "DELETE"])
posts = st.dictionaries(
    st.builds(lambda n, name: f"{PREFIX}-{n}-{name}", st.integers(0, 3), names)
    | st.sampled_from([f"{PREFIX}-{name}" for name in ("TOTAL_FORMS", "INITIAL_FORMS", "runs_at_any_hour")]),
    junk,
    max_size=20,
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(made_up=posts, deleted=st.booleans())
def test_a_made_up_post_is_refused_or_saved_but_never_breaks(
    admin_client: Client, made_up: dict[str, str], deleted: bool
) -> None:
    campaign = make_campaign()
    window = make_window(campaign, 0, "09:00", "18:00")
    if deleted:
        window.delete()
    data = form(campaign, stored_row(window, id=window.pk or 1), row(), row("", "", "")) | made_up
    assert admin_client.post(change_url(campaign), data).status_code in {200, 302}
    for each in campaign.dayparting_schedules.all():
        each.as_window()
    Campaign.objects.all().delete()


# Mixed into a host's own admin.


class NoteInline(admin.TabularInline):  # type: ignore[type-arg]  # Django's own has no parameters
    model = DaypartingSchedule


class OwnWindowInline(WindowInline):
    extra = 1


def inlines_of(**attributes: Any) -> list[Any]:
    host = type("HostAdmin", (CampaignAdminMixin, admin.ModelAdmin), attributes)
    return list(host(Campaign, admin.site).get_inlines(RequestFactory().get("/"), None))


def test_a_hosts_inlines_stand_beside_the_grid() -> None:
    assert inlines_of() == [WindowInline]
    assert inlines_of(inlines=[NoteInline]) == [WindowInline, NoteInline]
    assert inlines_of(inlines=[NoteInline, OwnWindowInline]) == [NoteInline, OwnWindowInline]
    assert inlines_of(dayparting_inline=OwnWindowInline) == [OwnWindowInline]
    assert inlines_of(inlines=[NoteInline], dayparting_inline=None) == [NoteInline]
    assert issubclass(CampaignAdminMixin, DaypartingGridMixin)
