"""The default beat schedule. A settings file may import this: it needs neither settings nor models.

    CELERY_BEAT_SCHEDULE = {**beat_schedule(), "my-own-task": {...}}

Intervals only: a crontab at a fixed hour is missed for a day when beat is down at that hour.
"""

from __future__ import annotations

import json
import reprlib
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from difflib import get_close_matches
from typing import Any

#: Seconds between runs, by task name.
INTERVALS: Mapping[str, float] = {
    "adbudget.check_campaign_dayparting": 60.0,
    "adbudget.update_campaign_status": 5 * 60.0,
    "adbudget.reset_daily_budgets": 15 * 60.0,
    "adbudget.reset_monthly_budgets": 15 * 60.0,
    "adbudget.deliver_status_changes": 10.0,
    "adbudget.send_alerts": 60.0,
    "adbudget.verify_summaries": 24 * 3600.0,
}
_PREFIX = "adbudget."
_LONGEST_WAIT = 3600.0
#: Seconds: no row of django-celery-beat holds more.
_LONGEST = 2**31 - 1


def beat_schedule(
    *,
    only: Iterable[str] | None = None,
    overrides: Mapping[str, Mapping[str, Any]] | None = None,
    queue: str | None = None,
) -> dict[str, dict[str, Any]]:
    """Entries for ``beat_schedule``, named ``adbudget:<task>``.

    ``only`` keeps some tasks, ``overrides`` replaces keys of an entry such as ``{"adbudget.verify_summaries":
    {"schedule": 3600.0}}`` (``options`` are merged), ``queue`` routes them all. Tasks go by their full name, or by
    what follows ``adbudget.``. A schedule is a number of seconds, a ``timedelta`` or one of Celery's own. Raises
    ``ValueError`` for a name that is none of ours, and for what beat could not run.
    """
    if not isinstance(overrides, Mapping | None):
        raise ValueError(f"overrides are a dict by task name, not {reprlib.repr(overrides)}")  # noqa: TRY004  documented
    if not isinstance(queue, str | None):
        raise ValueError(f"the queue cannot be {reprlib.repr(queue)}")  # noqa: TRY004
    wanted = list(INTERVALS) if only is None else [_task_name(name) for name in only]
    changes = {_task_name(name): _change(name, change) for name, change in (overrides or {}).items()}
    return {entry_name(task): _entry(task, changes.get(task, {}), queue) for task in wanted}


def entry_name(task: str) -> str:
    return f"adbudget:{task.removeprefix(_PREFIX)}"


def interval_of(schedule: object) -> float | None:
    """Seconds between runs; None for a schedule that has no interval, such as a crontab."""
    every = getattr(schedule, "run_every", schedule)
    if isinstance(every, timedelta):
        return every.total_seconds()
    return every if isinstance(every, int | float) and not isinstance(every, bool) else None


def _entry(task: str, change: dict[str, Any], queue: str | None) -> dict[str, Any]:
    options = {"queue": queue} if queue else {}
    entry: dict[str, Any] = {"task": task, "schedule": timedelta(seconds=INTERVALS[task]), **change}
    entry["options"] = {"expires": _expiry(entry["schedule"]), **options, **change.get("options", {})}
    return entry


def _expiry(schedule: object) -> float:
    """A run that nobody fetched before the next is due is not worth keeping."""
    seconds = interval_of(schedule)
    return _LONGEST_WAIT if seconds is None else min(float(seconds), _LONGEST_WAIT)


def _change(name: str, change: object) -> dict[str, Any]:
    if not isinstance(change, Mapping):
        example = "{'schedule': 3600.0}"
        raise ValueError(f"the entry of {name!r} is a dict such as {example}, not {reprlib.repr(change)}")  # noqa: TRY004
    for key, value in change.items():
        if key not in _PARTS:
            raise ValueError(f"the entry of {name!r} has no {key!r}{_hint(key, _PARTS)}")
        is_good, words = _PARTS[key]
        if not is_good(value):
            raise ValueError(f"the {key} of {name!r} cannot be {reprlib.repr(value)}; it is {words}")
    if change.get("task", _task_name(name)) != _task_name(name):
        raise ValueError(f"the entry of {name!r} cannot run {change['task']!r}")
    return dict(change)


def _is_schedule(value: object) -> bool:
    seconds = interval_of(value)
    if seconds is not None:
        return 0 < seconds <= _LONGEST
    # Celery's own, by what they can do: a settings file need not import Celery.
    return callable(getattr(value, "is_due", None)) and not isinstance(value, type) and not hasattr(value, "run_every")


def _are_options(value: object) -> bool:
    if not isinstance(value, Mapping) or not all(isinstance(name, str) for name in value):
        return False
    expires = value.get("expires", _LONGEST_WAIT)
    # Not a timedelta, which Celery does not take here.
    return isinstance(expires, int | float) and _is_schedule(expires) and isinstance(value.get("queue"), str | None)


def _is_json(value: object) -> bool:
    try:
        json.dumps(value)
    except (TypeError, ValueError):
        return False
    return True


#: What an entry may hold.
_PARTS: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "task": (lambda value: isinstance(value, str), "the name of the task"),
    "schedule": (_is_schedule, "a number of seconds above 0, a timedelta or a schedule of Celery's"),
    "args": (lambda value: isinstance(value, list | tuple) and _is_json(value), "a list of what JSON can say"),
    "kwargs": (lambda value: isinstance(value, dict) and _is_json(value), "a dict of what JSON can say"),
    "options": (_are_options, "a dict, with a number of seconds above 0 under expires and a name under queue, if any"),
    "relative": (lambda value: isinstance(value, bool), "True or False"),
}


def _task_name(name: str) -> str:
    task = name if str(name).startswith(_PREFIX) else f"{_PREFIX}{name}"
    if task not in INTERVALS:
        raise ValueError(f"{name!r} is not a task that beat runs{_hint(task, INTERVALS)}")
    return task


def _hint(name: object, names: Iterable[str]) -> str:
    near = get_close_matches(str(name), names, n=1)
    return f"; did you mean {near[0]!r}?" if near else ""
