from __future__ import annotations

import subprocess
import sys
from datetime import timedelta

import pytest
from celery import current_app

from django_adbudget import tasks
from django_adbudget.schedules import beat_schedule

NAMES = {
    "adbudget.check_campaign_dayparting": 60,
    "adbudget.update_campaign_status": 300,
    "adbudget.reset_daily_budgets": 900,
    "adbudget.reset_monthly_budgets": 900,
    "adbudget.deliver_status_changes": 10,
    "adbudget.send_alerts": 60,
    "adbudget.verify_summaries": 86400,
}


def test_the_default_schedule_is_the_contract() -> None:
    entries = beat_schedule()
    assert {entry["task"]: entry["schedule"].total_seconds() for entry in entries.values()} == NAMES
    assert all(name == f"adbudget:{entry['task'].split('.')[1]}" for name, entry in entries.items())
    assert all(0 < entry["options"]["expires"] <= 3600 for entry in entries.values())
    assert tasks.__name__ == "django_adbudget.tasks"
    assert {*NAMES, "adbudget.record_spend"} <= set(current_app.tasks)


def test_only_overrides_and_queue() -> None:
    entries = beat_schedule(
        only=["adbudget.deliver_status_changes", "update_campaign_status"],
        overrides={"deliver_status_changes": {"schedule": timedelta(seconds=5), "options": {"priority": 9}}},
        queue="ads",
    )
    assert entries == {
        "adbudget:deliver_status_changes": {
            "task": "adbudget.deliver_status_changes",
            "schedule": timedelta(seconds=5),
            "options": {"expires": 5.0, "queue": "ads", "priority": 9},
        },
        "adbudget:update_campaign_status": {
            "task": "adbudget.update_campaign_status",
            "schedule": timedelta(seconds=300),
            "options": {"expires": 300.0, "queue": "ads"},
        },
    }


def test_a_name_that_is_none_of_ours_is_refused_with_the_nearest() -> None:
    with pytest.raises(ValueError, match=r"did you mean 'adbudget\.verify_summaries'"):
        beat_schedule(only=["verify_summary"])
    with pytest.raises(ValueError, match="record_spend"):
        beat_schedule(overrides={"adbudget.record_spend": {}})


def test_a_settings_file_can_import_it() -> None:
    """Without settings, models, Celery or Django."""
    code = (
        "import sys; from django_adbudget.schedules import beat_schedule; beat_schedule(); "
        "sys.exit('django' in sys.modules or 'celery' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={})
