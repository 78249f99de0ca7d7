from __future__ import annotations

import inspect
from collections.abc import Iterator

from celery import current_app

from django_adbudget import schedules, tasks

from .words import code, docstring, first_line, function, prose, table


def page() -> Iterator[str]:
    yield "# Tasks and schedule"
    yield ""
    yield from prose(
        """
        Shared tasks of `django_adbudget.tasks`, with arguments of JSON. Messages are hints: each may run twice,
        late or never, and harms nothing. No task names a queue; your `CELERY_TASK_ROUTES` do.
        """
    )
    yield from table(["task", "beat runs it", "arguments", "what it does"], _rows())
    yield docstring(tasks.record_spend.run).split("\n\n", 1)[1]
    yield ""
    yield "## The schedule"
    yield ""
    yield from prose(
        """
        `django_adbudget.schedules` can be imported by a settings file. `manage.py adbudget_sync_schedules` writes
        the same entries as rows of django-celery-beat, and never overwrites what you changed there. Intervals
        only: a crontab at a fixed hour is missed for a day when beat is down at that hour.
        """
    )
    yield from function("beat_schedule", schedules.beat_schedule)


def _rows() -> Iterator[list[str]]:
    for name, task in sorted(current_app.tasks.items()):
        if name.startswith("adbudget."):
            every = schedules.INTERVALS.get(name)
            arguments = inspect.signature(inspect.unwrap(task.run)).parameters
            named = ", ".join(code(each) for each in arguments)
            yield [code(name), f"every {_length(every)}" if every else "never", named, first_line(task.run)]


def _length(seconds: float) -> str:
    for unit, length in (("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds / length:g} {unit}"
    return f"{seconds:g} s"
