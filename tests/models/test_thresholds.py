"""Thresholds of a brand's own (rule D4): text in a form, a tuple in Python, the same on every database."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import serializers
from django.core.exceptions import ValidationError
from django.db import connection
from django.forms import modelform_factory

from django_adbudget import services
from django_adbudget.models import Brand, BudgetAlert
from tests.factories import NOW, make_brand, make_campaign

BrandForm = modelform_factory(Brand, fields=["alert_thresholds"])


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("written", "kept", "shown"),
    [
        ("50, 80, 100", (50, 80, 100), "50, 80, 100"),
        (" 100 %,50%, 50 ", (50, 100), "50, 100"),
        ("1000", (1000,), "1000"),
        ("none", (), "none"),
        ("  ", None, ""),
    ],
)
def test_in_forms(written: str, kept: Any, shown: str) -> None:
    brand = make_brand(alert_thresholds=(7,))
    form = BrandForm({"alert_thresholds": written}, instance=brand)
    assert form.is_valid(), form.errors
    form.save()
    assert brand.alert_thresholds == kept
    brand.refresh_from_db()
    assert brand.alert_thresholds == kept
    again = BrandForm(instance=brand)
    assert (again["alert_thresholds"].value() or "") == shown
    assert not BrandForm({"alert_thresholds": written}, instance=brand).has_changed()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "written",
    ["0", "-5", "1001", "50;80", "half", "50,,80", "1e2", "12.5", "\u0665", "99999999999"],
)
def test_what_is_none_is_refused_in_words(written: str) -> None:
    form = BrandForm({"alert_thresholds": written}, instance=make_brand())
    (error,) = form.errors["alert_thresholds"]
    assert "write whole per cents from 1 to 1000, such as 50, 80, 100" in error


@pytest.mark.django_db
def test_too_many() -> None:
    form = BrandForm({"alert_thresholds": ",".join(map(str, range(980, 1001)))}, instance=make_brand())
    assert form.errors["alert_thresholds"] == ["At most 20 thresholds."]
    twenty = tuple(range(981, 1001))
    brand = make_brand(alert_thresholds=twenty)
    brand.refresh_from_db()
    assert brand.alert_thresholds == twenty


@pytest.mark.django_db
def test_in_python() -> None:
    brand = make_brand(alert_thresholds=[100, 50])
    assert brand.alert_thresholds == (50, 100)
    Brand.objects.update(alert_thresholds="90")
    assert Brand.objects.get(alert_thresholds=(90,)).alert_thresholds == (90,)
    for bad in ([0], [True], ["many"], [5.0]):
        with pytest.raises(ValidationError):
            make_brand(alert_thresholds=bad)


@pytest.mark.django_db
def test_what_somebody_wrote_by_hand_keeps_no_spend_out() -> None:
    campaign = make_campaign(make_brand(daily_budget=100))
    with connection.cursor() as cursor:
        cursor.execute("UPDATE django_adbudget_brand SET alert_thresholds = '90;x, 100 ,,-5'")
    services.record_spend(campaign, 100, now=NOW)
    assert BudgetAlert.objects.get().threshold == 100


@pytest.mark.django_db
@pytest.mark.parametrize("kept", [None, (), (50, 100)])
def test_in_fixtures(kept: Any) -> None:
    brand = make_brand(alert_thresholds=kept)
    text = serializers.serialize("json", [brand])
    (loaded,) = serializers.deserialize("json", text)
    assert isinstance(loaded.object, Brand)
    assert loaded.object.alert_thresholds == kept
