from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from typing import Any

import pytest
from celery import current_app
from celery.schedules import crontab, schedule

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


@pytest.mark.parametrize(
    ("schedule", "expires"),
    [
        (0.5, 0.5),
        (90, 90),
        (timedelta(minutes=2), 120),
        (schedule(30.0), 30),
        (schedule(timedelta(days=1)), 3600),
        (crontab(minute="*/5"), 3600),
    ],
)
def test_forms_of_a_schedule(schedule: Any, expires: float) -> None:
    entry = beat_schedule(overrides={"verify_summaries": {"schedule": schedule}})["adbudget:verify_summaries"]
    assert entry["schedule"] is schedule
    assert entry["options"] == {"expires": expires}


def test_all_keys_of_an_entry() -> None:
    task = "adbudget.update_campaign_status"
    change = {"task": task, "kwargs": {"brands": [7]}, "args": (), "relative": True, "options": {"expires": 9}}
    entry = beat_schedule(overrides={task: change})["adbudget:update_campaign_status"]
    assert entry == {**change, "schedule": timedelta(minutes=5)}


def _each(key: str, wrong: list[Any]) -> list[tuple[Any, str]]:
    return [({key: value}, f"the {key} of") for value in wrong]


WRONG_ENTRIES: list[tuple[Any, str]] = [
    (None, "is a dict such as"),
    (False, "is a dict such as"),
    ([], "is a dict such as"),
    (60, "is a dict such as"),
    ({"schedul": 5}, "has no 'schedul'; did you mean 'schedule'"),
    ({5: 5}, "has no 5"),
    ({"task": "os.system"}, "cannot run 'os.system'"),
    ({"task": None}, "the task of"),
    *_each("schedule", ["x", None, 0, -5, True, [], float("nan"), 10**400, timedelta(0)]),
    *_each("schedule", [schedule(None), schedule(-5), crontab]),
    *_each("args", [5, "x", [object()]]),
    *_each("kwargs", [None, [], {"brands": {7}}]),
    *_each("options", [None, [], {5: 1}, {"queue": 5}]),
    *_each("options", [{"expires": wrong} for wrong in (None, 0, -1, "x", timedelta(seconds=9))]),
    ({"relative": 1}, "the relative of"),
]


@pytest.mark.parametrize(("entry", "words"), WRONG_ENTRIES)
def test_an_entry_that_beat_could_not_run_is_refused(entry: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words) as refused:
        beat_schedule(overrides={"verify_summaries": entry})
    assert "verify_summaries" in str(refused.value)


@pytest.mark.parametrize("options", [{"overrides": []}, {"overrides": {5: {}}}, {"queue": 5}, {"queue": True}])
def test_what_is_of_a_wrong_type_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"\[\]|5|True"):
        beat_schedule(**options)


def test_a_settings_file_can_import_it() -> None:
    """Without settings, models, Celery or Django."""
    code = (
        "import sys; from django_adbudget.schedules import beat_schedule; beat_schedule(); "
        "sys.exit('django' in sys.modules or 'celery' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={})
