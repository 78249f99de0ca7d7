"""The commands in a host that keeps the ledger in a database of its own (rule H1)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from celery import Celery

from django_adbudget import services
from django_adbudget.models import Brand, SpendRecord
from tests.management.calling import data, said
from tests.routers import ALIAS

pytestmark = [pytest.mark.router, pytest.mark.django_db(databases=["default", ALIAS])]
NOW = datetime(2026, 3, 11, 18, tzinfo=UTC)


def test_every_command_works_there(sound_host: Celery) -> None:
    seeded = data("seed_data", force=True, now=NOW, brands=2, spend_days=3)
    assert seeded["records"] == SpendRecord.objects.using(ALIAS).count()
    data("simulate_spend", force=True, now=NOW, step=1.0, rounds=2)
    brand = Brand.objects.using(ALIAS).earliest("pk")
    for command in ("check_budgets", "enforce_dayparting", "reset_budgets", "adbudget_deliver"):
        data(command)
    assert said("verify_summaries") == ["All totals of 2 brands are what the ledger says."]
    assert len(data("budget_report", period="this_month", now=NOW)["brands"]) == 2
    record = services.record_spend(brand.campaigns.earliest("pk"), 5, description="for Jane Doe", now=NOW).record
    assert data("adbudget_redact", brand=[brand.name])["redacted"] == 1
    assert SpendRecord.objects.using(ALIAS).get(pk=record.pk).description == ""
    assert said("adbudget_doctor") == ["Nothing is wrong, by 12 examinations."]
    assert data("seed_data", clear=True, force=True)["kept_brands"] == [brand.pk]
