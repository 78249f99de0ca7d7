from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation
from pytest_django import DjangoAssertNumQueries

from django_adbudget import services
from django_adbudget.admin.lists.bars import bar
from django_adbudget.models import Brand, Campaign, SpendRecord
from django_adbudget.rules import Level, Period
from django_adbudget.services import Limit
from tests.factories import make_brand, make_campaign, make_window, money

pytestmark = pytest.mark.django_db

CAMPAIGNS = "admin:django_adbudget_campaign_changelist"
BRANDS = "admin:django_adbudget_brand_changelist"


def text(html: str) -> str:
    words = re.sub("<[^>]*>", " ", re.sub(r"<meter.*?</meter>", "", html))
    return re.sub(r"\s+", " ", unescape(words)).strip()


def row(client: Client, name: str, which: str = CAMPAIGNS, **parameters: Any) -> str:
    """The words of the row of a name."""
    page = client.get(reverse(which), parameters).content.decode()
    (found,) = [part for part in re.findall(r"<tr>.*?</tr>", page, re.DOTALL) if f">{name}</a>" in part]
    return text(found)


def shown(client: Client, which: str = CAMPAIGNS, **parameters: Any) -> list[str]:
    answer = client.get(reverse(which), parameters)
    assert answer.status_code == 200, answer.status_code
    return sorted(found.name for found in answer.context["cl"].result_list)


def limit(spent: str, budget: str | None) -> Limit:
    of = None if budget is None else Decimal(budget)
    return Limit(Level.BRAND, Period.DAY, Decimal(spent), of, None if of is None else of - Decimal(spent))


@pytest.mark.parametrize(
    ("spent", "budget", "value", "words", "looks"),
    [
        ("5", None, None, "5.00 EUR no budget", "ab-none"),
        ("0", "0", "100.0", "0.00 of 0.00 EUR budget 0: never runs", "ab-zero"),
        ("0", "100", "0.0", "0.00 of 100.00 EUR 0.0 %", ""),
        ("79.99", "100", "80.0", "79.99 of 100.00 EUR 79.9 %", ""),
        ("80", "100", "80.0", "80.00 of 100.00 EUR 80.0 %", "ab-warn"),
        ("99.999999", "100", "100.0", "99.999999 of 100.00 EUR 99.9 %", "ab-warn"),
        ("100", "100", "100.0", "100.00 of 100.00 EUR reached", "ab-bad"),
        ("250", "100", "100.0", "250.00 of 100.00 EUR reached, over by 150.00 EUR", "ab-over"),
        ("-5", "100", "0.0", "-5.00 of 100.00 EUR -5.0 %", ""),
        ("9223372036854", "0.000001", "100.0", "reached, over by", "ab-over"),
    ],
)
def test_no_budget_nothing_and_too_much_are_told_apart(
    spent: str, budget: str | None, value: str | None, words: str, looks: str
) -> None:
    """M3, M4: in words and in look."""
    html = bar(limit(spent, budget), "EUR", "Spent today")
    assert words in text(html)
    assert re.search(r'<meter[^>]* value="([^"]*)"', html) is None if value is None else f'value="{value}"' in html
    assert looks in html
    assert "style=" not in html


def test_a_bar_is_a_number_to_machines_and_a_word_to_people_whatever_the_language() -> None:
    with translation.override("de"):
        html = bar(limit("1234.5", "2000"), "EUR", "x")
    assert 'value="61.7"' in html
    assert re.search(r"1\.234,50 \w+ 2\.000,00 EUR", text(html))


def test_a_campaigns_status_says_why_and_until_when(admin_client: Client) -> None:
    """S6, S2: derived at this moment, not as it is stored."""
    brand = make_brand(timezone="Asia/Tokyo", currency="JPY", daily_budget=1000)
    campaign = make_campaign(brand, name="Full", monthly_budget=20_000, total_budget=50_000)
    services.record_spend(campaign, 1000)
    Campaign.objects.filter(pk=campaign.pk).update(status="ACTIVE", status_reasons=())
    found = row(admin_client, "Full")
    assert re.search(r"Paused: brand's daily budget reached, back at 00:00 Tokyo, in (\d+ h )?\d+ min", found)
    assert "1,000 of 20,000 JPY 5.0 %" in found
    assert "in total" in found
    assert "The platform has yet to follow." in found
    make_campaign(name="Off", is_active=False)
    assert "Inactive: switched off" in row(admin_client, "Off")


def test_hours_are_told_in_the_clocks_in_which_they_are_written(admin_client: Client) -> None:
    tomorrow = (timezone.now() + timedelta(days=2)).weekday()
    campaign = make_campaign(name="Night", timezone="America/New_York")
    make_window(campaign, tomorrow, "22:15", "23:00")
    assert "22:15 New York" in row(admin_client, "Night")


def test_an_unknown_zone_is_said_and_breaks_nothing(admin_client: Client) -> None:
    """T7."""
    lost, own = make_campaign(name="Lost"), make_campaign(name="Own zone", timezone="Asia/Tokyo")
    Brand.objects.filter(pk=lost.brand_id).update(timezone="Mars/Phobos")
    Campaign.objects.filter(pk=own.pk).update(timezone="Mars/Olympus")
    make_campaign(name="Known")
    assert "Unknown time zone Mars/Phobos; last known: Running" in row(admin_client, "Lost")
    assert "Unknown time zone Mars/Olympus" in row(admin_client, "Own zone")
    assert "Running" in row(admin_client, "Known")
    assert "Unknown time zone Mars/Phobos" in row(admin_client, lost.brand.name, BRANDS)


def test_brands_show_their_day_their_campaigns_and_their_clock(admin_client: Client) -> None:
    brand = make_brand(name="Tokyo shop", timezone="Asia/Tokyo", currency="JPY", daily_budget=1000)
    for n in range(3):
        make_campaign(brand, name=f"c{n}")
    services.deactivate_campaign(brand.campaigns.get(name="c2"))
    services.record_spend(brand.campaigns.get(name="c0"), 800)
    found = row(admin_client, "Tokyo shop", BRANDS)
    assert "800 of 1,000 JPY 80.0 %" in found
    assert "800 JPY no budget" in found
    assert "3 2 running 1 inactive" in found
    assert re.search(r"\d\d:\d\d Tokyo", found)
    page = admin_client.get(reverse(BRANDS)).content.decode()
    link = re.search(r'href="([^"]*)"[^>]*>2 running', page)
    assert link
    assert shown(admin_client, **dict(part.split("=") for part in link[1].partition("?")[2].split("&amp;"))) == [
        "c0",
        "c1",
    ]


def test_filters(admin_client: Client) -> None:
    """S2: by what is stored."""
    berlin, tokyo = make_brand(name="Spree"), make_brand(name="Sumida", timezone="Asia/Tokyo", daily_budget=0)
    make_campaign(berlin, name="runs")
    make_campaign(berlin, name="off", is_active=False)
    make_campaign(tokyo, name="blocked")
    make_campaign(berlin, name="windows in Tokyo", timezone="Asia/Tokyo")
    Campaign.objects.exclude(name="runs").update(acked_generation=1, desired_generation=1)
    assert shown(admin_client, status__exact="PAUSED_BUDGET") == ["blocked"]
    assert shown(admin_client, reason="CAMPAIGN_OFF") == ["off"]
    assert shown(admin_client, reason="BRAND_DAILY_BUDGET", status__exact="INACTIVE") == []
    assert shown(admin_client, zone="Asia/Tokyo") == ["blocked", "windows in Tokyo"]
    assert shown(admin_client, zone="Europe/Berlin") == ["off", "runs", "windows in Tokyo"]
    assert shown(admin_client, brand=str(tokyo.pk)) == ["blocked"]
    assert shown(admin_client, brand="sumi") == ["blocked"]
    assert shown(admin_client, is_active__exact="0") == ["off"]
    assert shown(admin_client, sync="out") == ["runs"]
    assert shown(admin_client, sync="in") == ["blocked", "off", "windows in Tokyo"]
    assert shown(admin_client, q="spree") == ["off", "runs", "windows in Tokyo"]
    assert shown(admin_client, BRANDS, zone="Asia/Tokyo") == ["Sumida"]
    assert len(shown(admin_client, _facets="True")) == 4
    assert admin_client.get(reverse(CAMPAIGNS), {"reason": "NONSENSE"}).status_code == 302


def test_zones_offered_are_those_in_use(admin_client: Client) -> None:
    make_campaign(make_brand(timezone="Asia/Tokyo"), timezone="Asia/Kathmandu")
    page = admin_client.get(reverse(CAMPAIGNS)).content.decode()
    assert "zone=Asia%2FTokyo" in page
    assert "zone=Asia%2FKathmandu" in page
    assert "zone=Europe" not in page


def test_no_limit_is_more_than_any(admin_client: Client) -> None:
    """M3, on every database."""
    for name, budget in (("a", None), ("b", 5), ("c", 0)):
        make_brand(name=name, daily_budget=budget)
    columns = admin_client.get(reverse(BRANDS)).context["cl"].list_display
    by_day = columns.index("today")
    for order, names in ((f"{by_day}", ["c", "b", "a"]), (f"-{by_day}", ["a", "b", "c"])):
        answer = admin_client.get(reverse(BRANDS), {"o": order})
        assert [brand.name for brand in answer.context["cl"].result_list] == names


def grow(brands: int, campaigns: int) -> None:
    """To a number of brands, and of campaigns in all, with windows, budgets and spend."""
    for n in range(Brand.objects.count(), brands):
        make_brand(name=f"B{n:04}", timezone=("Europe/Berlin", "Asia/Tokyo", "UTC")[n % 3], daily_budget=100)
    owners = list(Brand.objects.order_by("pk"))
    made = Campaign.objects.bulk_create(
        Campaign(brand=owners[n % brands], name=f"C{n:04}", monthly_budget=50)
        for n in range(Campaign.objects.count(), campaigns)
    )
    services.reconcile()
    services.record_spend_batch({"campaign": c, "amount": money("1.5")} for c in made)


@pytest.mark.parametrize(("which", "most"), [(CAMPAIGNS, 13), (BRANDS, 10)])
def test_a_list_costs_the_same_at_ten_and_at_a_thousand_campaigns(
    which: str, most: int, admin_client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    counts = []
    for brands, campaigns in ((5, 10), (80, 1000)):
        grow(brands, campaigns)
        admin_client.get(reverse(which))
        with CaptureQueriesContext(connection) as queries:
            answer = admin_client.get(reverse(which))
        assert len(answer.context["cl"].result_list) == min(50, brands if which == BRANDS else campaigns)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= most


def test_thousands_of_brands_are_no_thousands_of_links(admin_client: Client) -> None:
    Brand.objects.bulk_create(Brand(name=f"Brand no {n:04}") for n in range(1000))
    Campaign.objects.bulk_create(Campaign(brand=brand, name="c") for brand in Brand.objects.all())
    page = admin_client.get(reverse(CAMPAIGNS)).content.decode()
    assert page.count("Brand no ") == 50


def only_the_first(request: object) -> Any:
    return Brand.objects.filter(name="Visible")


@override_settings(ADBUDGET={"API_BRANDS_FOR": "tests.admin.test_lists.only_the_first"})
def test_what_one_may_not_see_is_in_no_row_filter_or_count(admin_client: Client) -> None:
    make_campaign(make_brand(name="Visible"), name="mine")
    make_campaign(make_brand(name="Foreign", timezone="Asia/Tokyo", currency="JPY"), name="theirs")
    assert shown(admin_client) == ["mine"]
    assert shown(admin_client, BRANDS) == ["Visible"]
    assert shown(admin_client, brand="Foreign") == []
    for which in (CAMPAIGNS, BRANDS):
        page = admin_client.get(reverse(which), {"_facets": "True"}).content.decode()
        for secret in ("Foreign", "theirs", "Tokyo", "JPY"):
            assert secret not in page


def test_a_row_shown_elsewhere_is_loaded_then(admin_client: Client) -> None:
    """A host may use the columns where there is no list."""
    from django.contrib.admin import site

    campaign = make_campaign(daily_budget=5)
    services.record_spend(campaign, 5)
    columns: Any = site.get_model_admin(Campaign)
    assert "campaign's daily budget reached" in text(columns.why(Campaign.objects.get()))
    brands: Any = site.get_model_admin(Brand)
    assert "5.00" in text(brands.today(Brand.objects.get()))
    assert SpendRecord.objects.count() == 1
