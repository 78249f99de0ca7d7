"""A host that keeps the ledger under an alias of its own (rule H1)."""

from __future__ import annotations

import pytest

from django_adbudget.models import Campaign, SpendRecord
from tests.importers.conftest import Write
from tests.importers.reports import imported, make_known
from tests.routers import ALIAS

pytestmark = [pytest.mark.router, pytest.mark.django_db(transaction=True, databases=["default", ALIAS])]


def test_a_report_goes_where_the_ledger_is(write: Write) -> None:
    brand = make_known()
    header = "campaign_id,stat_time_hour,spend"
    for options in ({}, {"dry_run": True}, {"as_events": True, "source": "hours"}):
        file = write("1001,2026-03-10 05:00,5", "77,2026-03-10 06:00,6", header=header)
        imported(file, "tiktok", brand=str(brand.pk), create=True, **options)
    assert SpendRecord.objects.using(ALIAS).filter(source="tiktok").count() == 2
    assert SpendRecord.objects.using(ALIAS).filter(source="hours").count() == 2
    assert Campaign.objects.using(ALIAS).filter(external_id="77").count() == 1
