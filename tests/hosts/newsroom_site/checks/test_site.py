"""The installed package in this site: admin, REST, commands, tables."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import Any

import pytest
from django.contrib import admin
from django.core.management import call_command
from django.db import connections
from django.urls import reverse
from newsroom.models import Person

import django_adbudget
from django_adbudget import services
from django_adbudget.models import SpendRecord
from django_adbudget.testing import make_campaign, make_window, override_adbudget

pytestmark = pytest.mark.django_db(databases=["default", "ledger"])
OURS = [model for model in admin.site._registry if model._meta.app_label == "django_adbudget"]


@pytest.fixture
def superuser(client: Any) -> Person:
    person = Person.objects.create_superuser("ana@example.com", "correct horse")
    client.force_login(person)
    return person


def called(*arguments: str) -> str:
    out = io.StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def test_the_wheel_is_what_is_tested() -> None:
    assert Path(django_adbudget.__file__).is_relative_to(os.environ["NEWSROOM_WHEEL"])


def test_nothing_is_wrong_and_nothing_is_left_to_migrate() -> None:
    call_command("check", "--fail-level", "WARNING", "--database", "default", "--database", "ledger")
    assert "No changes" in called("makemigrations", "--check", "--dry-run")


def test_the_admin_stands_on_the_sites_own() -> None:
    assert type(admin.site._wrapped).__name__ == "Desk"  # type: ignore[attr-defined]
    assert len(OURS) > 8


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.model_name)
def test_every_page_of_the_admin_opens(model: Any, client: Any, superuser: Person) -> None:
    campaign = make_campaign(daily_budget=5)
    make_window(campaign, 2, "09:00", "17:00")
    services.record_spend(campaign, 5)
    called("adbudget_token", superuser.email)
    page = f"admin:django_adbudget_{model._meta.model_name}"
    answer = client.get(reverse(f"{page}_changelist"))
    assert answer.status_code == 200
    assert b"Newsroom desk" in answer.content
    for row in model.objects.all()[:1]:
        assert client.get(reverse(f"{page}_change", args=[row.pk])).status_code == 200


def test_the_overview_opens(client: Any, superuser: Person) -> None:
    assert client.get("/desk/django_adbudget/brand/overview/").status_code == 200


def test_spend_by_rest_with_a_token_of_a_user_whose_id_is_a_uuid(client: Any, superuser: Person) -> None:
    campaign = make_campaign(total_budget=5)
    client.logout()
    token = called("adbudget_token", superuser.email).split()[-1]
    with_token = {"Authorization": f"Bearer {token}"}
    body = {"brand_id": campaign.brand_id, "campaign_id": campaign.pk, "amount": "5.00", "idempotency_key": "one"}
    with override_adbudget(API_AUTH=["django_adbudget.api.auth.BearerAuth"]):
        answer = client.post("/budget/spend/", json.dumps(body), content_type="application/json", headers=with_token)
        status = client.get(f"/budget/campaigns/{campaign.pk}/status/", headers=with_token)
    assert answer.status_code == 201, answer.content
    assert status.json()["data"]["status"] == "PAUSED_BUDGET"


def test_commands_write_into_the_ledger() -> None:
    called("seed_data", "--brands", "1", "--campaigns", "2", "--spend-days", "2", "--seed", "7", "--force")
    assert SpendRecord.objects.exists()
    assert json.loads(called("verify_summaries", "--format", "json")) is not None
    called("check_budgets")
    called("budget_report")
    called("seed_data", "--clear", "--force")
    assert not SpendRecord.objects.exists()


def test_every_table_and_function_lies_in_the_sites_schema() -> None:
    """There is no schema "public" in the ledger's database, so one name too few would have failed already."""
    if "NEWSROOM_POSTGRES" not in os.environ:
        assert connections["ledger"].vendor == "sqlite"
        return
    with connections["ledger"].cursor() as cursor:
        cursor.execute("SELECT DISTINCT schemaname FROM pg_tables WHERE tablename LIKE 'django_adbudget%'")
        assert cursor.fetchall() == [("ads",)]
        cursor.execute(
            "SELECT DISTINCT n.nspname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace "
            "WHERE p.proname LIKE '%adbudget%'"
        )
        assert cursor.fetchall() in ([("ads",)], [])
