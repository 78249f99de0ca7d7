from __future__ import annotations

import csv
import io
import re
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import OperationalError
from django.http import HttpRequest
from django.test import Client, override_settings
from django.urls import reverse

from django_adbudget import services
from django_adbudget.admin.csv_cells import cell, safe_text
from django_adbudget.models import Brand, BudgetChange, Campaign, StatusChange
from django_adbudget.services.edits.windows import windows_of
from django_adbudget.services.enforcement import evaluating
from django_adbudget.services.gate import ledger_alias
from tests.factories import make_brand, make_campaign, make_window, money

pytestmark = pytest.mark.django_db

CAMPAIGNS = "admin:django_adbudget_campaign_changelist"
BRANDS = "admin:django_adbudget_brand_changelist"


def act(client: Client, action: str, rows: list[Any], **more: Any) -> Any:
    """Post an action of a list; on its page, what was posted before is posted again."""
    url = reverse(BRANDS if isinstance(rows[0], Brand) else CAMPAIGNS)
    return client.post(url, {"action": action, "_selected_action": [row.pk for row in rows], **more}, follow=True)


def said(answer: Any) -> str:
    return " ".join(str(message) for message in answer.context["messages"])


def hidden(answer: Any, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', answer.content.decode())
    assert found, name
    return found[1]


def staff(*permissions: str) -> Client:
    user = User.objects.create_user(f"staff {User.objects.count()}", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


def only_the_first(request: HttpRequest) -> Any:
    return Brand.objects.filter(name="Visible")


TENANT = override_settings(ADBUDGET={"API_BRANDS_FOR": "tests.admin.test_actions.only_the_first"})


def test_switching_on_says_who_runs_and_who_waits_and_why(admin_client: Client) -> None:
    """S1, S4: one edit under the user's name."""
    brand = make_brand(daily_budget=10)
    services.record_spend(make_campaign(brand), 10)
    free = make_campaign(is_active=False)
    full = [make_campaign(brand, is_active=False) for _ in range(2)]
    on = make_campaign()
    answer = act(admin_client, "activate", [free, *full, on])
    assert said(answer) == ("3 campaigns switched on: 1 runs, 2 wait (brand's daily budget reached). 1 was on already.")
    assert set(BudgetChange.objects.values_list("field", "actor")) == {("is_active", "admin")}
    free.refresh_from_db()
    assert (free.is_active, free.status) == (True, "ACTIVE")
    assert StatusChange.objects.get(campaign=free, to_status="ACTIVE").actor == "admin"
    answer = act(admin_client, "pause", [free])
    assert said(answer) == "1 campaign switched off: 1 is inactive (switched off)."
    assert said(act(admin_client, "pause", [free])) == "1 was off already."


def test_a_brands_switch_says_what_became_of_its_campaigns(admin_client: Client) -> None:
    campaign = make_campaign()
    make_campaign(campaign.brand, is_active=False)
    answer = act(admin_client, "pause", [campaign.brand])
    assert said(answer) == (
        "1 brand switched off; of its campaigns: 2 are inactive (1: brand switched off; 1: switched off)."
    ) or said(answer) == (
        "1 brand switched off; of its campaigns: 2 are inactive (1: switched off; 1: brand switched off)."
    )
    assert said(act(admin_client, "activate", [make_brand(is_active=False)])) == "1 brand switched on; no campaigns."


def test_a_campaign_of_an_unknown_zone_stops_no_action(admin_client: Client) -> None:
    """T7."""
    lost, known = make_campaign(), make_campaign()
    Brand.objects.filter(pk=lost.brand_id).update(timezone="Mars/Phobos")
    answer = act(admin_client, "pause", [lost, known])
    assert said(answer) == (
        "2 campaigns switched off: 1 is inactive (switched off), 1 keeps its status (unknown time zone)."
    )
    answer = act(admin_client, "enforce_now", [lost, known])
    assert said(answer) == (
        "1 campaign of 2 brands evaluated. Every status was right already."
        " 1 could not be evaluated and keeps its status; the log says why."
    )


def test_enforcing_evaluates_the_brands_of_what_is_selected(admin_client: Client) -> None:
    brand = make_brand()
    campaigns = [make_campaign(brand) for _ in range(3)]
    services.record_spend(campaigns[0], 5)
    Brand.objects.filter(pk=brand.pk).update(daily_budget=5)
    answer = act(admin_client, "enforce_now", campaigns[:1])
    assert said(answer) == "3 campaigns of 1 brand evaluated: 3 statuses changed, 3 paused."
    Brand.objects.filter(pk=brand.pk).update(daily_budget=None)
    assert said(act(admin_client, "enforce_now", [brand])) == (
        "3 campaigns of 1 brand evaluated: 3 statuses changed, 3 resumed."
    )


def test_a_budget_is_previewed_and_then_set_as_it_was_previewed(admin_client: Client) -> None:
    """M3, M4, S4."""
    brand = make_brand(currency="EUR")
    spent, free = make_campaign(brand, daily_budget=100), make_campaign(brand, daily_budget=money("33.33"))
    unlimited = make_campaign(brand)
    services.record_spend(spent, 90)
    rows = [spent, free, unlimited]
    answer = act(admin_client, "set_budget", rows)
    assert answer.status_code == 200
    assert "3 campaigns are selected" in answer.content.decode()
    form = {"period": "DAY", "change": "lower", "value": "10"}
    answer = act(admin_client, "set_budget", rows, step="preview", **form)
    text = answer.content.decode()
    assert "2 budgets change." in text
    assert "1 stays as it is." in text
    assert "1 campaign would pause" in text
    assert "30.00\xa0EUR" in text  # 33.33 less a tenth, to the cent
    assert not BudgetChange.objects.exists()
    answer = act(admin_client, "set_budget", rows, step="apply", plan=hidden(answer, "plan"), **form)
    assert said(answer) == ("Daily budget of 2 campaigns set: 1 runs, 1 waits (campaign's daily budget reached).")
    assert [Campaign.objects.get(pk=row.pk).daily_budget for row in rows] == [90, money("30.00"), None]
    assert set(BudgetChange.objects.values_list("field", "actor")) == {("daily_budget", "admin")}


def test_a_budget_too_large_for_a_row_is_named_and_nothing_is_set(admin_client: Client) -> None:
    """M2."""
    small, large = make_brand(daily_budget=1), make_brand(daily_budget=9_000_000_000_000, name="Large")
    form = {"period": "DAY", "change": "raise", "value": "100"}
    answer = act(admin_client, "set_budget", [small, large], step="preview", **form)
    assert "The budget of Large would be too large." in answer.content.decode()
    assert "plan" not in answer.context


def test_a_database_too_busy_is_said_and_nothing_is_half_done(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """L4c."""
    campaigns = [make_campaign(), make_campaign()]

    def busy(*args: object, **kwargs: object) -> None:
        raise OperationalError from sqlite_busy()

    monkeypatch.setattr(evaluating, "evaluate", busy)
    answer = act(admin_client, "pause", campaigns)
    assert said(answer).startswith("Others were writing to the same rows for too long. Nothing was changed")
    assert set(Campaign.objects.values_list("is_active", flat=True)) == {True}


def sqlite_busy() -> Exception:
    error = Exception()
    error.sqlite_errorname = "SQLITE_BUSY"  # type: ignore[attr-defined]
    return error


def test_what_somebody_else_changed_since_the_preview_is_said_and_nothing_is_set(admin_client: Client) -> None:
    """L4."""
    first, second = make_brand(daily_budget=100, name="First"), make_brand(daily_budget=50)
    form = {"period": "DAY", "change": "set", "value": "70"}
    plan = hidden(act(admin_client, "set_budget", [first, second], step="preview", **form), "plan")
    Brand.objects.filter(pk=first.pk).update(daily_budget=120)
    answer = act(admin_client, "set_budget", [first, second], step="apply", plan=plan, **form)
    assert said(answer) == (
        "Nothing was changed: 1 budget is another since the preview (First: was 100.00\xa0EUR, is 120.00\xa0EUR)."
        " Please look again."
    )
    assert Brand.objects.get(pk=second.pk).daily_budget == 50
    again = act(admin_client, "set_budget", [first, second], step="apply", plan=hidden(answer, "plan"), **form)
    assert said(again) == "Daily budget of 2 brands set; no campaigns."
    assert set(Brand.objects.values_list("daily_budget", flat=True)) == {Decimal(70)}


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("", "Say how much"),
        ("1,5", "Enter an amount"),
        ("1.0000001", "6 decimal"),
        ("-1", "greater"),
        ("1e3", "such as"),
    ],
)
def test_an_amount_that_is_none_is_refused(admin_client: Client, value: str, problem: str) -> None:
    """M1, M2: not rounded, not guessed."""
    form = {"period": "DAY", "change": "set", "value": value}
    answer = act(admin_client, "set_budget", [make_campaign()], step="preview", **form)
    assert problem in answer.content.decode()
    assert "plan" not in answer.context


@pytest.mark.parametrize("value", ["1234,5", "1.234,5", "1.234,50"])
def test_an_amount_is_read_as_the_readers_locale_writes_it(admin_client: Client, value: str) -> None:
    form = {"period": "MONTH", "change": "set", "value": value}
    with override_settings(LANGUAGE_CODE="de"):
        answer = act(admin_client, "set_budget", [make_campaign()], step="preview", **form)
        assert "1.234,50\xa0EUR" in answer.content.decode()


def test_windows_are_previewed_and_then_replaced(admin_client: Client) -> None:
    """T5, T6."""
    source = make_campaign(name="Source")
    make_window(source, 0, "09:00", "18:00")
    make_window(source, 1, "09:00", "18:00")
    tokyo = make_campaign(make_brand(timezone="Asia/Tokyo"))
    deaf = make_campaign(dayparting="OFF")
    rows = [tokyo, deaf]
    offered = act(admin_client, "copy_dayparting", rows)
    assert "find another by its name" in offered.content.decode()
    found = act(admin_client, "copy_dayparting", rows, step="find", find="sourc")
    assert "Mon Tue 09:00\N{EN DASH}18:00" in found.content.decode()
    form = {"source": str(source.pk)}
    answer = act(admin_client, "copy_dayparting", rows, step="preview", **form)
    text = answer.content.decode()
    assert "on the clocks of Asia/Tokyo, not Europe/Berlin" in text
    assert "ignores its windows" in text
    assert windows_of([tokyo.pk])[tokyo.pk] == ()
    plan = hidden(answer, "plan")
    make_window(tokyo, 5, "10:00", "11:00")
    answer = act(admin_client, "copy_dayparting", rows, step="apply", plan=plan, **form)
    assert "the windows of 1 campaign are others since the preview" in said(answer)
    assert windows_of([deaf.pk])[deaf.pk] == ()
    done = act(admin_client, "copy_dayparting", rows, step="apply", plan=hidden(answer, "plan"), **form)
    assert said(done).startswith("The windows of 2 campaigns replaced: ")
    assert len(set(windows_of([source.pk, tokyo.pk, deaf.pk]).values())) == 1


def test_no_source_and_a_broken_plan_are_said(admin_client: Client) -> None:
    campaign = make_campaign()
    assert "Choose the campaign" in act(admin_client, "copy_dayparting", [campaign], step="preview").content.decode()
    for action in ("copy_dayparting", "set_budget"):
        assert "not valid any more" in said(act(admin_client, action, [campaign], step="apply", plan="forged"))


def test_a_plan_is_its_users_own(admin_client: Client) -> None:
    campaign = make_campaign()
    form = {"period": "DAY", "change": "set", "value": "5"}
    plan = hidden(act(admin_client, "set_budget", [campaign], step="preview", **form), "plan")
    other = staff("change_campaign", "view_campaign")
    assert "not valid any more" in said(act(other, "set_budget", [campaign], step="apply", plan=plan, **form))
    assert not BudgetChange.objects.exists()


@TENANT
def test_a_crafted_post_reaches_no_brand_that_the_user_may_not_see(admin_client: Client) -> None:
    seen, foreign = make_campaign(make_brand(name="Visible")), make_campaign(make_brand(name="Foreign"))
    make_window(foreign, 0, "09:00", "18:00")
    act(admin_client, "pause", [foreign, seen])
    assert [Campaign.objects.get(pk=row.pk).is_active for row in (seen, foreign)] == [False, True]
    answer = act(admin_client, "copy_dayparting", [seen], step="preview", source=str(foreign.pk))
    assert "Choose the campaign" in answer.content.decode()
    assert "Foreign" not in act(admin_client, "copy_dayparting", [seen], step="find", find="Fore").content.decode()
    answer = act(admin_client, "export_csv", [seen, foreign])
    assert foreign.name not in b"".join(answer.streaming_content).decode()


def test_what_was_visible_at_the_preview_and_is_not_any_more_is_left_alone(admin_client: Client) -> None:
    seen, foreign = make_campaign(make_brand(name="Visible")), make_campaign(make_brand(name="Foreign"))
    form = {"period": "DAY", "change": "set", "value": "5"}
    plan = hidden(act(admin_client, "set_budget", [seen, foreign], step="preview", **form), "plan")
    with TENANT:
        answer = act(admin_client, "set_budget", [seen, foreign], step="apply", plan=plan, **form)
    assert said(answer) == "Daily budget of 1 campaign set: 1 runs. 1 is gone."
    assert Campaign.objects.get(pk=foreign.pk).daily_budget is None


def test_who_may_only_look_may_export_and_nothing_else() -> None:
    campaign, viewer = make_campaign(), staff("view_campaign")
    answer = viewer.get(reverse(CAMPAIGNS))
    names = [name for name, _label in answer.context["action_form"].fields["action"].choices]
    assert names == ["", "export_csv"]
    act(viewer, "pause", [campaign])
    assert Campaign.objects.get().is_active
    assert act(viewer, "export_csv", [campaign]).status_code == 200


def rows_of(answer: Any) -> list[dict[str, str]]:
    raw = b"".join(answer.streaming_content)
    assert raw.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline="")))


def test_campaigns_are_exported_with_their_figures(admin_client: Client) -> None:
    """M1, S6: numbers plain, instants with their zone, whatever the reader's language."""
    brand = make_brand(timezone="Asia/Tokyo", currency="JPY", daily_budget=1000, name='=HYPERLINK("http://x")')
    campaign = make_campaign(brand, name='@evil, "quoted"\nsecond line', monthly_budget=money("1234567.5"))
    services.record_spend(campaign, 1000)
    with override_settings(LANGUAGE_CODE="de"):
        answer = act(admin_client, "export_csv", [campaign])
        (row,) = rows_of(answer)
    assert "attachment" in answer["Content-Disposition"]
    assert row["brand"] == '\'=HYPERLINK("http://x")'
    assert row["campaign"] == '\'@evil, "quoted"\nsecond line'
    assert (row["currency"], row["daily_spent"], row["monthly_budget"]) == ("JPY", "1000.00", "1234567.50")
    assert (row["daily_budget"], row["status"], row["reasons"]) == ("", "PAUSED_BUDGET", "BRAND_DAILY_BUDGET")
    assert row["next_start_or_stop"].endswith("T00:00:00+09:00")
    (row,) = rows_of(act(admin_client, "export_csv", [brand]))
    assert (row["campaigns"], row["campaigns_paused_budget"], row["daily_budget"]) == ("1", "1", "1000.00")


def test_more_rows_than_a_page_are_exported_a_chunk_at_a_time(admin_client: Client) -> None:
    brand = make_brand()
    Campaign.objects.bulk_create(Campaign(brand=brand, name=f"{n:04}") for n in range(1001))
    url = reverse(CAMPAIGNS)
    answer = admin_client.post(url, {"action": "export_csv", "select_across": "1", "_selected_action": ["1"]})
    found = rows_of(answer)
    assert len(found) == 1001
    assert len({row["campaign_id"] for row in found}) == 1001


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "\N{FULLWIDTH EQUALS SIGN}"])
def test_text_is_never_a_formula(start: str) -> None:
    assert safe_text(f"{start}1") == f"'{start}1"
    assert cell(f"{start}1") == f"'{start}1"


def test_numbers_stay_numbers() -> None:
    assert [cell(value) for value in (Decimal("-5.10"), -3, True, None, Decimal("1E+3"), "a=1")] == [
        "-5.10", "-3", "true", "", "1000", "a=1",
    ]  # fmt: skip


def test_all_that_match_are_edited_across_pages(admin_client: Client) -> None:
    brand = make_brand()
    Campaign.objects.bulk_create(Campaign(brand=brand, name=f"{n:04}") for n in range(120))
    make_campaign(name="other")
    url = reverse(CAMPAIGNS) + f"?brand__id__exact={brand.pk}"
    first = str(Campaign.objects.order_by("pk").values_list("pk", flat=True)[0])
    chosen = {"action": "set_budget", "select_across": "1", "_selected_action": [first]}
    form = {"period": "TOTAL", "change": "set", "value": "5"}
    answer = admin_client.post(url, {**chosen, "step": "preview", **form})
    assert "120 budgets change." in answer.content.decode()
    assert "The first 100 of 120 are shown." in answer.content.decode()
    plan = hidden(answer, "plan")
    answer = admin_client.post(url, {**chosen, "step": "apply", "plan": plan, **form}, follow=True)
    assert said(answer) == "Total budget of 120 campaigns set: 120 run."
    assert Campaign.objects.filter(total_budget=5).count() == 120


def test_a_preview_and_an_export_lock_and_write_nothing(admin_client: Client) -> None:
    """H1, L4: what only reads opens no transaction."""
    from tests.integration.host import captured

    campaign = make_campaign(daily_budget=5)
    form = {"period": "DAY", "change": "remove", "value": ""}
    with captured(ledger_alias()) as sent:
        act(admin_client, "set_budget", [campaign], step="preview", **form)
        list(act(admin_client, "export_csv", [campaign]).streaming_content)
    writes = ("UPDATE", "INSERT", "DELETE", "SAVEPOINT", "BEGIN")
    assert [one for one in sent if one.startswith(writes) and "django_session" not in one] == []
    assert not [one for one in sent if "FOR UPDATE" in one or "FOR NO KEY" in one]
