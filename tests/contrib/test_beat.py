from __future__ import annotations

import io
import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from celery.schedules import BaseSchedule, crontab, schedule
from django.core.management import call_command
from django.core.management.base import CommandError
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask

pytestmark = pytest.mark.django_db


def sync(**options: Any) -> str:
    out = io.StringIO()
    call_command("adbudget_sync_schedules", stdout=out, **options)
    return out.getvalue()


def test_twice_around_an_operators_edit() -> None:
    assert sync().count("created") == 7
    assert sync().count("unchanged") == 7
    tick = PeriodicTask.objects.get(name="adbudget:check_campaign_dayparting")
    tick.interval = IntervalSchedule.objects.create(every=30, period="seconds")
    tick.save()
    PeriodicTask.objects.filter(name="adbudget:verify_summaries").update(enabled=False)
    said = sync()
    assert said.count("unchanged") == 5
    assert "adbudget:check_campaign_dayparting: kept as an operator left it" in said
    tick.refresh_from_db()
    assert tick.interval.every == 30
    assert not PeriodicTask.objects.get(name="adbudget:verify_summaries").enabled


def test_a_changed_setting_reaches_the_rows_that_are_ours(settings: Any) -> None:
    sync()
    PeriodicTask.objects.filter(name="adbudget:update_campaign_status").update(queue="mine")
    settings.ADBUDGET = {"QUEUE": "ads", "BEAT": {"verify_summaries": {"schedule": 3600}}}
    assert "would be updated" in sync(dry_run=True)
    assert not PeriodicTask.objects.filter(queue="ads").exists()
    assert sync().count("updated") == 6
    assert PeriodicTask.objects.filter(queue="ads").count() == 6
    assert PeriodicTask.objects.get(name="adbudget:verify_summaries").interval.every == 3600
    assert PeriodicTask.objects.get(name="adbudget:update_campaign_status").queue == "mine"


@pytest.mark.parametrize(
    ("schedule", "seconds"), [(schedule(30.0), 30), (timedelta(minutes=2), 120), (0.5, 1), (2.4, 2), (90_000, 90_000)]
)
def test_an_interval_in_any_form_is_a_row(settings: Any, schedule: Any, seconds: int) -> None:
    sync()
    settings.ADBUDGET = {"BEAT": {"verify_summaries": {"schedule": schedule}}}
    assert "adbudget:verify_summaries: updated" in sync()
    assert sync().count("unchanged") == 7
    row = PeriodicTask.objects.get(name="adbudget:verify_summaries")
    assert (row.interval.every, row.interval.period) == (seconds, "seconds")
    assert row.expire_seconds == min(seconds, 3600)


@pytest.mark.parametrize(
    ("given", "row"),
    [
        (crontab(minute=0, hour="3,15"), ["0", "3,15", "*", "*", "*"]),
        (
            crontab(minute=[30, 5], day_of_week="mon-fri", day_of_month=[1, 2]),
            ["5,30", "*", "1,2", "*", "mon-fri"],
        ),
    ],
)
def test_a_crontab_is_a_row(settings: Any, given: crontab, row: list[str]) -> None:
    sync()
    settings.ADBUDGET = {"BEAT": {"verify_summaries": {"schedule": given}}}
    assert "would be updated" in sync(dry_run=True)
    assert "adbudget:verify_summaries: updated" in sync()
    assert sync().count("unchanged") == 7
    task = PeriodicTask.objects.get(name="adbudget:verify_summaries")
    cron = task.crontab
    assert task.interval is None
    assert [cron.minute, cron.hour, cron.day_of_month, cron.month_of_year, cron.day_of_week] == row
    assert str(cron.timezone) == str(given.tz)
    assert (task.schedule.minute, task.schedule.day_of_week) == (vars(given)["minute"], vars(given)["day_of_week"])
    assert task.expire_seconds == 3600
    task.validate_unique()
    settings.ADBUDGET = {}
    assert "adbudget:verify_summaries: updated" in sync()
    assert PeriodicTask.objects.get(pk=task.pk, crontab=None).interval.every == 86400


def test_an_operators_crontab_stays(settings: Any) -> None:
    sync()
    settings.ADBUDGET = {"BEAT": {"verify_summaries": {"schedule": crontab(minute=0)}}}
    sync()
    own = CrontabSchedule.objects.create(minute="7")
    PeriodicTask.objects.filter(name="adbudget:verify_summaries").update(crontab=own)
    assert "adbudget:verify_summaries: kept" in sync()


def test_a_schedule_that_an_operator_made_twice_is_no_obstacle() -> None:
    for _ in range(2):
        IntervalSchedule.objects.create(every=300, period="seconds")
    assert sync().count("created") == 7


class Odd(BaseSchedule):
    def is_due(self, last_run_at: datetime) -> Any:
        raise NotImplementedError


@pytest.mark.parametrize(
    "entry",
    [
        5,
        {"schedule": "x"},
        {"schedule": None},
        {"schedule": 0},
        {"schedule": -0.5},
        {"schedule": Odd()},
        {"schedule": schedule(0)},
        {"options": {"expires": None}},
        {"options": {"expires": 0}},
        {"kwargs": {"brands": object()}},
    ],
)
def test_an_entry_that_can_be_no_row_is_named(settings: Any, entry: Any) -> None:
    settings.ADBUDGET = {"BEAT": {"adbudget.verify_summaries": entry}}
    with pytest.raises(CommandError, match=r"'adbudget\.verify_summaries'"):
        sync()
    assert not PeriodicTask.objects.filter(name__startswith="adbudget:").exists()


@pytest.mark.parametrize("wrong", [{"BEAT": 5}, {"BEAT": ["x"]}, {"BEAT": {5: {}}}, {"QUEUE": 5}])
def test_settings_of_a_wrong_type_are_refused_in_a_sentence(settings: Any, wrong: Any) -> None:
    settings.ADBUDGET = wrong
    with pytest.raises(CommandError, match="ADBUDGET: "):
        sync()


def test_prune_takes_rows_that_nobody_wants_and_nobody_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    sync()
    PeriodicTask.objects.filter(name="adbudget:reset_daily_budgets").update(queue="mine")
    PeriodicTask.objects.create(
        name="ours:else", task="ours.else", interval=IntervalSchedule.objects.create(every=9, period="days")
    )
    from django_adbudget import schedules

    kept = {"adbudget.check_campaign_dayparting": 60.0}
    monkeypatch.setattr(schedules, "INTERVALS", kept)
    assert sync().count("--prune deletes it") == 5
    assert sync(prune=True, dry_run=True).count("would be deleted") == 5
    assert sync(prune=True).count("deleted") == 5
    names = set(PeriodicTask.objects.values_list("name", flat=True))
    assert names == {"adbudget:check_campaign_dayparting", "adbudget:reset_daily_budgets", "ours:else"}


def test_scripts_read_it_as_json() -> None:
    rehearsed = json.loads(sync(format="json", dry_run=True))
    assert rehearsed["dry_run"]
    assert not PeriodicTask.objects.filter(name__startswith="adbudget:").exists()
    done = json.loads(sync(format="json"))
    assert done == {**rehearsed, "dry_run": False}
    assert len(done["created"]) == 7
    assert json.loads(sync(format="json"))["unchanged"] == done["created"]


def test_a_row_somebody_made_by_hand_is_theirs() -> None:
    interval = IntervalSchedule.objects.create(every=7, period="minutes")
    PeriodicTask.objects.create(
        name="adbudget:verify_summaries", task="adbudget.verify_summaries", interval=interval, description="mine"
    )
    assert "adbudget:verify_summaries: kept" in sync()
    assert PeriodicTask.objects.get(name="adbudget:verify_summaries").interval.every == 7


def test_without_django_celery_beat_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.apps.apps.is_installed", lambda name: False)
    with pytest.raises(CommandError, match="pip install"):
        sync()
