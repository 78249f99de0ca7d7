"""The tables of docs/migrate.md: nothing of the five systems is left out, and all that is ours exists."""

from __future__ import annotations

import re

import pytest
from django.apps import apps
from django.core.management import get_commands

from django_adbudget import services, tasks
from django_adbudget.models import Brand, BudgetSummary, Campaign, CampaignSummary, DaypartingSchedule, SpendRecord
from django_adbudget.rules import Reason, Status
from django_adbudget.schedules import INTERVALS
from tests.pages import DOCS

PAGE = (DOCS / "migrate.md").read_text()
SECTIONS = dict(re.findall(r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE))
THEIRS = {
    "Models and fields": """Brand Campaign DaypartingSchedule SpendRecord SpendLog Spend BudgetSummary name description
        daily_budget monthly_budget timezone is_active current_daily_spend current_monthly_spend last_daily_reset
        last_monthly_reset status daily_spend monthly_spend start_date end_date is_dayparting_enabled day_of_week
        start_hour end_hour start_time end_time priority amount spend_datetime timestamp spend_date date record_type
        reference_id metadata daily_remaining monthly_remaining created_at updated_at total_spend_today""",
    "Statuses": """ACTIVE PAUSED_BUDGET PAUSED_DAYPART INACTIVE PAUSED_BY_SYSTEM PAUSED_BY_USER active paused completed
        draft archived is_active""",
    "Tasks": """update_campaign_status check_all_campaign_budgets check_campaign_budgets enforce_budgets
        check_and_update_campaign_status update_campaign_statuses check_campaign_dayparting enforce_dayparting
        enforce_dayparting_for_all_campaigns reset_daily_budgets reset_monthly_budgets reset_daily_spends
        reset_monthly_spends reset_daily_monthly_spends reactivate_daily_campaigns reactivate_monthly_campaigns
        activate_eligible_campaigns record_spend add_campaign_spend process_spend_record generate_spend_report
        cleanup_old_spend_records""",
    "Commands": """check_budgets enforce_dayparting reset_daily_spends reset_monthly_spends reset_budgets seed_data
        budget_report""",
    "Services and methods": "record_spend get_brand_summary should_campaign_be_active update_campaign_status",
    "REST": "spend status toggle brands campaigns",
    "Environment": """SECRET_KEY DEBUG ALLOWED_HOSTS DATABASE_URL POSTGRES_DB POSTGRES_USER POSTGRES_PASSWORD
        POSTGRES_HOST POSTGRES_PORT REDIS_URL CELERY_BROKER_URL CELERY_RESULT_BACKEND""",
    "Containers": "web postgres db redis worker beat flower 8000 5432 6379 5555",
}


def column(section: str, number: int) -> str:
    """All cells of a column of the section's tables, from the left."""
    rows = [line.split("|")[1:-1] for line in SECTIONS[section].splitlines() if line.startswith("| ")]
    return "\n".join(row[number] for row in rows if not set(row[0]) <= set("- "))


@pytest.mark.parametrize("section", THEIRS)
def test_nothing_of_theirs_is_left_out(section: str) -> None:
    words = set(re.findall(r"\w+", column(section, 0) + (column(section, 3) if section == "Containers" else "")))
    assert [name for name in THEIRS[section].split() if name not in words] == []


def test_every_task_of_ours_exists() -> None:
    named = set(re.findall(r"`adbudget\.(\w+)`", SECTIONS["Tasks"]))
    assert [name for name in named if not hasattr(tasks, name)] == []
    assert {name.removeprefix("adbudget.") for name in INTERVALS} <= named


def test_every_command_of_ours_exists() -> None:
    ours = {name for name, app in get_commands().items() if app == "django_adbudget"}
    named = set(re.findall(r"`((?:adbudget_)?[a-z]+_[a-z_]+)[ `\[]", column("Commands", 0) + column("Commands", 2)))
    assert named <= ours
    assert all(f"adbudget_{name}" in ours for name in named if not name.startswith("adbudget_"))


def test_every_field_service_and_reason_of_ours_exists() -> None:
    assert apps.is_installed("django_adbudget")
    models = {m.__name__: m for m in (Brand, BudgetSummary, Campaign, CampaignSummary, DaypartingSchedule, SpendRecord)}
    for model, name in re.findall(r"`(\w+)\.(\w+)`", column("Models and fields", 2)):
        assert hasattr(models[model], name) or any(f.name == name for f in models[model]._meta.get_fields()), name
    functions = re.findall(r"`(?:\w+ = )?([a-z_]+)\(", column("Services and methods", 2))
    assert [name for name in functions if not hasattr(services, name)] == []
    known = {*Reason.__members__, *Status.__members__}
    assert set(re.findall(r"[A-Z]+_[A-Z_]+", column("Statuses", 3))) - {"PAUSED_BY_SYSTEM", "PAUSED_BY_USER"} <= known
