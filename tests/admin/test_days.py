from __future__ import annotations

from datetime import date

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from tests.factories import make_campaign

pytestmark = pytest.mark.django_db


def test_days_are_chosen_in_the_browsers_calendar_in_any_language(admin_client: Client) -> None:
    """T1: a day of the brand's calendar, of which the server's clock knows nothing."""
    campaign = make_campaign(start_date=date(2026, 3, 27))
    with translation.override("de"):
        page = admin_client.get(reverse("admin:django_adbudget_campaign_change", args=[campaign.pk])).content.decode()
    assert '<input type="date" name="start_date" value="2026-03-27"' in page
    assert "vDateField" not in page
