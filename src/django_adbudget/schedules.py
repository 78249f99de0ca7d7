"""The default beat schedule. A settings file may import this: it needs neither settings nor models.

    CELERY_BEAT_SCHEDULE = {**beat_schedule(), "my-own-task": {...}}

Intervals only: a crontab at a fixed hour is missed for a day when beat is down at that hour.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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


def beat_schedule(
    *,
    only: Iterable[str] | None = None,
    overrides: Mapping[str, Mapping[str, Any]] | None = None,
    queue: str | None = None,
) -> dict[str, dict[str, Any]]:
    """Entries for ``beat_schedule``, named ``adbudget:<task>``.

    ``only`` keeps some tasks, ``overrides`` replaces keys of an entry such as ``{"adbudget.verify_summaries":
    {"schedule": 3600.0}}`` (``options`` are merged), ``queue`` routes them all. Tasks go by their full name, or by
    what follows ``adbudget.``. Raises ``ValueError`` for a name that is none of ours.
    """
    wanted = list(INTERVALS) if only is None else [_task_name(name) for name in only]
    changes = {_task_name(name): dict(change) for name, change in (overrides or {}).items()}
    return {entry_name(task): _entry(task, changes.get(task, {}), queue) for task in wanted}


def entry_name(task: str) -> str:
    return f"adbudget:{task.removeprefix(_PREFIX)}"


def _entry(task: str, change: dict[str, Any], queue: str | None) -> dict[str, Any]:
    options = {"queue": queue} if queue else {}
    entry: dict[str, Any] = {"task": task, "schedule": timedelta(seconds=INTERVALS[task]), **change}
    entry["options"] = {"expires": _expiry(entry["schedule"]), **options, **change.get("options", {})}
    return entry


def _expiry(schedule: Any) -> float:
    """A run that nobody fetched before the next is due is not worth keeping."""
    seconds = schedule.total_seconds() if isinstance(schedule, timedelta) else schedule
    return min(float(seconds), _LONGEST_WAIT) if isinstance(seconds, int | float) else _LONGEST_WAIT


def _task_name(name: str) -> str:
    task = name if name.startswith(_PREFIX) else f"{_PREFIX}{name}"
    if task not in INTERVALS:
        near = get_close_matches(task, INTERVALS, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise ValueError(f"{name!r} is not a task that beat runs{hint}")
    return task
