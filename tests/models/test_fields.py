from __future__ import annotations

import datetime as dt
import io
import json
from decimal import Context, Decimal, localcontext
from typing import Any

import pytest
import pytz
from django.core import serializers
from django.core.exceptions import FieldError, ValidationError
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.db.models import Avg, F, Max, Sum
from django.db.models.functions import Coalesce
from django.forms import modelform_factory
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from django_adbudget.exceptions import InvalidAmount, UnknownTimezone
from django_adbudget.fields import money_value
from django_adbudget.models import Brand, BudgetSummary, Campaign, DaypartingSchedule
from django_adbudget.models.campaign import DUE_AT_ONCE
from tests.factories import make_brand, make_campaign, make_window, money

pytestmark = pytest.mark.django_db

AMOUNTS = st.integers(-(10**18), 10**18).map(lambda micros: Decimal(micros).scaleb(-6, Context(prec=40)))


def summary(spend: Any) -> BudgetSummary:
    return BudgetSummary.objects.create(brand=make_brand(), period="DAY", start=dt.date(2026, 3, 11), spend=spend)


class TestMoneyIsExact(TestCase):
    """M1: whatever goes in comes out, and SQL adds as people do."""

    @given(AMOUNTS, AMOUNTS)
    def test_round_trip_addition_and_sum(self, first: Decimal, second: Decimal) -> None:
        BudgetSummary.objects.all().delete()
        row = summary(first)
        row.refresh_from_db()
        assert row.spend == first
        BudgetSummary.objects.update(spend=F("spend") + second)
        with localcontext(Context(prec=40)):
            expected = first + second
        row.refresh_from_db()
        assert row.spend == expected
        assert BudgetSummary.objects.aggregate(total=Sum("spend"))["total"] == expected
        assert BudgetSummary.objects.filter(spend=expected, spend__gte=expected, spend__lte=str(expected)).exists()
        assert not BudgetSummary.objects.filter(spend__gt=expected).exists()


def test_a_column_holds_micro_units() -> None:
    summary(money("12.345678"))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT spend FROM {BudgetSummary._meta.db_table}")
        assert cursor.fetchone()[0] == 12_345_678


def test_plain_numbers_beside_money_mean_currency_units_wherever_they_stand() -> None:
    row = summary(10)
    row.spend = F("spend") - 1 + money("0.5")
    row.save()
    row.refresh_from_db()
    assert row.spend == money("9.5")
    rows = BudgetSummary.objects
    assert rows.filter(spend__gt=F("spend") - money("0.000001")).exists()
    assert not rows.filter(spend__gt=F("spend") + 1).exists()
    rows.update(spend=F("spend") * 2)
    assert rows.filter(spend=19, spend__in=[19, "20"], spend__range=(0, "19.0")).exists()
    assert rows.aggregate(top=Max("spend"), mean=Avg("spend")) == {"top": 19, "mean": 19}
    assert rows.annotate(left=F("spend") - F("spend")).get().left == 0


def test_what_would_round_or_lie_is_refused() -> None:
    summary(10)
    rows = BudgetSummary.objects
    for expression in (F("spend") * money("1.1"), F("spend") / 3, F("spend") % 3):
        with pytest.raises(FieldError), transaction.atomic():
            rows.update(spend=expression)
    with pytest.raises(FieldError):
        list(rows.annotate(more=F("spend") + money("1")))
    with pytest.raises(FieldError):
        rows.aggregate(total=Coalesce(Sum("spend"), 0))
    assert rows.none().aggregate(total=Coalesce(Sum("spend"), money_value(0)))["total"] == 0
    with pytest.raises(TypeError):
        rows.filter(spend=1.5).exists()
    with pytest.raises(TypeError), transaction.atomic():
        summary(1.5)
    with pytest.raises(InvalidAmount), transaction.atomic():
        summary(money("0.0000001"))
    assert rows.get().spend == 10


def test_a_tiny_decimal_context_of_the_host_changes_nothing() -> None:
    with localcontext(Context(prec=3)):
        row = summary(Decimal("123456789.123456"))
        row.refresh_from_db()
        assert row.spend == Decimal("123456789.123456")


def test_forms_and_fixtures_keep_every_place() -> None:
    form_class = modelform_factory(Brand, fields=["name", "timezone", "currency", "daily_budget"])
    data = {"name": "Form", "timezone": "Asia/Tokyo", "currency": "JPY"}
    form = form_class({**data, "daily_budget": "10.000001"})
    assert form.is_valid(), form.errors
    brand: Any = form.save()
    for value in ("0.0000001", "-1", "x", "NaN"):
        assert "daily_budget" in form_class({**data, "name": "Other", "daily_budget": value}).errors
    for file_format in ("json", "xml"):
        text = serializers.serialize(file_format, Brand.objects.all())
        loaded: Any = next(iter(serializers.deserialize(file_format, text)))
        assert loaded.object.daily_budget == money("10.000001") == brand.daily_budget
    assert json.loads(serializers.serialize("json", [brand]))[0]["fields"]["daily_budget"] == "10.000001"


@pytest.mark.parametrize("field", ["daily_budget", "monthly_budget"])
def test_a_budget_is_null_or_at_least_zero(field: str) -> None:
    """M3."""
    make_brand(**{field: None})
    make_brand(**{field: 0})
    with pytest.raises(IntegrityError), transaction.atomic():
        make_brand(**{field: money("-0.000001")})
    with pytest.raises(ValidationError, match=field):
        Brand(name="x", **{field: -1}).full_clean()


@pytest.mark.parametrize(
    "zone",
    [pytz.timezone("Asia/Tokyo"), dt.timezone.utc, pytz.utc, "Asia/Tokyo"],  # noqa: UP017
)
def test_a_zone_is_kept_by_name(zone: Any) -> None:
    """T7."""
    brand = make_brand(timezone=zone)
    assert brand.timezone in {"Asia/Tokyo", "UTC"}
    assert Brand.objects.filter(timezone=zone).exists()


@pytest.mark.parametrize("zone", ["Mars/Phobos", "right/UTC", "posix/UTC", "Factory", "localtime", "", "utc+1"])
def test_what_is_no_zone_is_refused(zone: str) -> None:
    """T7."""
    with pytest.raises(ValidationError):
        Brand(name="x", timezone=zone).full_clean()
    if zone:
        with pytest.raises(UnknownTimezone):
            make_brand(timezone=zone)


def test_a_currency_is_one_of_iso_4217() -> None:
    """M5."""
    Brand(name="x", currency="EUR").full_clean()
    for code in ("eur", "XXX", "EU", ""):
        with pytest.raises(ValidationError):
            Brand(name="x", currency=code).full_clean()


def test_external_ids_are_null_when_unset_and_unique_in_their_brand() -> None:
    brand = make_brand(external_id="")
    assert Brand.objects.get(pk=brand.pk).external_id is None
    make_campaign(brand, external_id="")
    make_campaign(brand, external_id="")
    make_campaign(brand, external_id="x")
    make_campaign(external_id="x")
    with pytest.raises(IntegrityError), transaction.atomic():
        make_campaign(brand, external_id="x")


@pytest.mark.parametrize(
    ("day", "start", "end"), [(0, "09:00", "09:00"), (0, "09:00:30", "10:00"), (7, "09:00", "10:00")]
)
def test_windows_that_rule_t5_refuses(day: int, start: str, end: str) -> None:
    clock = [dt.time.fromisoformat(text) for text in (start, end)]
    window = DaypartingSchedule(campaign=make_campaign(), day_of_week=day, start_time=clock[0], end_time=clock[1])
    with pytest.raises(ValidationError):
        window.full_clean()
    with pytest.raises(ValueError, match=r"empty|minute|day_of_week"):
        window.save()


def test_a_window_reads_as_people_say_it() -> None:
    assert str(make_window(make_campaign(), 0, "00:00", "00:00")) == "Monday 00:00 - 00:00"


def test_reasons_filter_on_every_database() -> None:
    """S2."""
    campaign = make_campaign(make_brand(daily_budget=0), daily_budget=0, is_active=False)
    names = ["CAMPAIGN_OFF", "BRAND_DAILY_BUDGET", "CAMPAIGN_DAILY_BUDGET"]
    assert list(Campaign.objects.get(pk=campaign.pk).status_reasons) == names
    for name in names:
        assert Campaign.objects.filter(status_reasons__contains=name).count() == 1
        assert Campaign.objects.with_reason(name).count() == 1
    assert not Campaign.objects.with_reason("ENDED").exists()


def test_a_dump_of_everything_loads_again() -> None:
    campaign = make_campaign(make_brand(daily_budget=5))
    make_window(campaign, 0, "09:00", "10:00")
    out = io.StringIO()
    call_command("dumpdata", "django_adbudget", stdout=out)
    Campaign.objects.update(status="INACTIVE", next_check_at=None)
    for loaded in serializers.deserialize("json", out.getvalue()):
        loaded.save()
    campaign.refresh_from_db()
    assert (campaign.status, campaign.brand.daily_budget) == ("PAUSED_DAYPART", 5)
    assert campaign.next_check_at == DUE_AT_ONCE
