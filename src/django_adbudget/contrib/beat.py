"""The default schedule as django-celery-beat rows (extra ``beat``).

A row's description holds the values last written here. A row that no longer equals them was changed by an operator
and is left alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from celery.schedules import crontab
from django.db import transaction
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask

from ..conf import app_settings
from ..schedules import beat_schedule, interval_of

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

    ``prune`` deletes rows of tasks that are no longer in the schedule; ``dry_run`` writes nothing. Raises
    ``ValueError`` for an entry of which no row can be made.
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
    options = entry["options"]
    return {
        "task": entry["task"],
        **_schedule_of(entry),
        "queue": options.get("queue"),
        "expires": max(round(options["expires"]), 1),
        "args": json.dumps(list(entry.get("args", ()))),
        "kwargs": json.dumps(dict(entry.get("kwargs", {}))),
        "enabled": True,
    }


def _schedule_of(entry: Mapping[str, Any]) -> Values:
    """``crontab``, the columns of its row, or ``seconds``: a row written before there were crontabs knows no other."""
    schedule = entry["schedule"]
    seconds = interval_of(schedule)
    if seconds is not None:
        return {"seconds": max(round(seconds), 1)}
    if isinstance(schedule, crontab):
        fields = {name: _cron_field(getattr(schedule, f"_orig_{name}")) for name in _CRON_FIELDS}
        return {"crontab": {**fields, "timezone": str(schedule.tz)}}
    raise ValueError(f"{entry['task']!r}: no row can be made of the schedule {schedule!r}")


_CRON_FIELDS = ("minute", "hour", "day_of_month", "month_of_year", "day_of_week")


def _cron_field(given: int | str | Iterable[int]) -> str:
    return str(given) if isinstance(given, int | str) else ",".join(str(number) for number in sorted(given))


def _schedule_in(row: PeriodicTask) -> Values:
    if row.crontab is not None:
        names = (*_CRON_FIELDS, "timezone")
        return {"crontab": {name: str(getattr(row.crontab, name)) for name in names}}
    if row.interval is None:
        return {"seconds": None}
    return {"seconds": round(timedelta(**{row.interval.period: row.interval.every}).total_seconds())}


def _values_in(row: PeriodicTask) -> Values:
    return {
        "task": row.task,
        **_schedule_in(row),
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
    row.interval = row.crontab = None
    if "crontab" in values:
        row.crontab = _one_of(CrontabSchedule, **values["crontab"])
    else:
        row.interval = _one_of(IntervalSchedule, every=values["seconds"], period=IntervalSchedule.SECONDS)
    row.task = values["task"]
    row.queue = values["queue"]
    row.expire_seconds = values["expires"]
    row.args, row.kwargs, row.enabled = values["args"], values["kwargs"], values["enabled"]
    row.description = _NOTE + json.dumps(values, sort_keys=True)
    row.save()


def _one_of(model: Any, **columns: Any) -> Any:
    """Nothing keeps an operator from making the same schedule twice."""
    return model.objects.filter(**columns).order_by("pk").first() or model.objects.create(**columns)
