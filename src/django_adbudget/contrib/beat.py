"""The default schedule as django-celery-beat rows (extra ``beat``).

A row's description holds the values last written here. A row that no longer equals them was changed by an operator
and is left alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import transaction
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from ..conf import app_settings
from ..schedules import beat_schedule

OWNED = "adbudget:"
_NOTE = "Written by adbudget_sync_schedules; edit this task and it is yours. "

Values = dict[str, Any]


@dataclass(slots=True)
class Synced:
    """Names of rows, by what was done with them."""

    created: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    pruned: list[str] = field(default_factory=list)
    orphaned: list[str] = field(default_factory=list)


def desired_schedule() -> dict[str, dict[str, Any]]:
    """The schedule as the settings ``BEAT`` and ``QUEUE`` have it."""
    return beat_schedule(overrides=app_settings.BEAT, queue=app_settings.QUEUE)


def sync_schedules(*, prune: bool = False, dry_run: bool = False) -> Synced:
    """Make the rows named ``adbudget:*`` what the settings say, those apart that an operator changed.

    ``prune`` deletes rows of tasks that are no longer in the schedule; ``dry_run`` writes nothing.
    """
    done = Synced()
    desired = {name: _values_of(entry) for name, entry in desired_schedule().items()}
    with transaction.atomic(using=PeriodicTask.objects.db):
        rows = {row.name: row for row in PeriodicTask.objects.filter(name__startswith=OWNED).select_related()}
        for name, values in desired.items():
            _sync_row(name, values, rows.get(name), done, dry_run)
        for name in sorted(rows.keys() - desired.keys()):
            _retire(rows[name], done, prune, dry_run)
    return done


def _sync_row(name: str, values: Values, row: PeriodicTask | None, done: Synced, dry_run: bool) -> None:
    if row is None:
        done.created.append(name)
        row = PeriodicTask(name=name)
    elif _values_in(row) == values == _last_written(row):
        done.unchanged.append(name)
        return
    elif _values_in(row) != _last_written(row):
        done.kept.append(name)
        return
    else:
        done.updated.append(name)
    if not dry_run:
        _write(row, values)


def _retire(row: PeriodicTask, done: Synced, prune: bool, dry_run: bool) -> None:
    if _values_in(row) != _last_written(row):
        done.kept.append(row.name)
    elif not prune:
        done.orphaned.append(row.name)
    else:
        done.pruned.append(row.name)
        if not dry_run:
            row.delete()


def _values_of(entry: Mapping[str, Any]) -> Values:
    schedule = entry["schedule"]
    seconds = schedule.total_seconds() if isinstance(schedule, timedelta) else float(schedule)
    options = entry["options"]
    return {
        "task": entry["task"],
        "seconds": max(round(seconds), 1),
        "queue": options.get("queue"),
        "expires": round(options["expires"]),
        "args": json.dumps(list(entry.get("args", ()))),
        "kwargs": json.dumps(dict(entry.get("kwargs", {}))),
        "enabled": True,
    }


def _values_in(row: PeriodicTask) -> Values:
    seconds = None
    if row.interval is not None:
        seconds = round(timedelta(**{row.interval.period: row.interval.every}).total_seconds())
    return {
        "task": row.task,
        "seconds": seconds,
        "queue": row.queue,
        "expires": row.expire_seconds,
        "args": row.args,
        "kwargs": row.kwargs,
        "enabled": row.enabled,
    }


def _last_written(row: PeriodicTask) -> Values | None:
    note = row.description
    if not note.startswith(_NOTE):
        return None
    try:
        values: Values = json.loads(note.removeprefix(_NOTE))
    except ValueError:
        return None
    return values


def _write(row: PeriodicTask, values: Values) -> None:
    row.interval, _ = IntervalSchedule.objects.get_or_create(every=values["seconds"], period=IntervalSchedule.SECONDS)
    row.task = values["task"]
    row.queue = values["queue"]
    row.expire_seconds = values["expires"]
    row.args, row.kwargs, row.enabled = values["args"], values["kwargs"], values["enabled"]
    row.description = _NOTE + json.dumps(values, sort_keys=True)
    row.save()
