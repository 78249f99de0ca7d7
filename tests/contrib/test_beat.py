from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django_celery_beat.models import IntervalSchedule, PeriodicTask

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
