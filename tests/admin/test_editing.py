from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from django_adbudget.models import BudgetChange, Campaign, StatusChange
from tests.factories import make_brand

pytestmark = pytest.mark.django_db

FORM = {
    "dayparting": "REQUIRED",
    "is_active": "on",
    "dayparting_schedules-INITIAL_FORMS": "0",
    "dayparting_schedules-TOTAL_FORMS": "2",
    **{
        f"dayparting_schedules-{n}-{field}": value
        for n, day in enumerate(("0", "1"))
        for field, value in {"day_of_week": day, "start_time": "00:00", "end_time": "00:00", "is_active": "on"}.items()
    },
}


def test_a_form_with_its_windows_is_evaluated_once_under_the_users_name(admin_client: Client) -> None:
    """S4, S7."""
    brand = make_brand()
    answer = admin_client.post(
        reverse("admin:django_adbudget_campaign_add"), {**FORM, "brand": str(brand.pk), "name": "By form"}
    )
    assert answer.status_code == 302
    campaign = Campaign.objects.get()
    assert campaign.dayparting_schedules.count() == 2
    assert StatusChange.objects.count() <= 1
    answer = admin_client.post(
        reverse("admin:django_adbudget_brand_change", args=[brand.pk]),
        {"name": "B", "timezone": "Asia/Tokyo", "currency": "EUR", "daily_budget": "0", "is_active": "on"},
    )
    assert answer.status_code == 302
    assert set(BudgetChange.objects.values_list("field", "actor")) == {("daily_budget", "admin"), ("timezone", "admin")}
