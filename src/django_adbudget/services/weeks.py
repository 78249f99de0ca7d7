"""The windows of many campaigns, a week a row."""

from __future__ import annotations

import json
from datetime import time
from functools import lru_cache
from typing import Any

from django.db.models import Aggregate, Func, QuerySet, TextField
from django.db.models.functions import Cast

from ..models import DaypartingSchedule
from ..rules import WeeklyWindows, Window


def windows_by_campaign(windows: QuerySet[DaypartingSchedule]) -> dict[int, str]:
    """The active ones among windows, those of a campaign as one text: ``weekly()`` reads it.

    A week is told in a row, not in seven, and thousands of campaigns share one.
    """
    each = _Words(*(Cast(name, TextField()) for name in ("day_of_week", "start_time", "end_time")))
    rows = windows.filter(is_active=True).order_by().values_list("campaign_id").annotate(week=_Joined(each))
    return dict(rows)


class _Words(Func):
    """Texts with a space between; none may be null."""

    output_field = TextField()
    template = "%(expressions)s"
    arg_joiner = " || ' ' || "

    def as_mysql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        template = "CONCAT_WS(' ', %(expressions)s)"
        return self.as_sql(compiler, connection, template=template, arg_joiner=", ", **extra)


class _Joined(Aggregate):
    """The texts of a group in one: a JSON list, or parted by commas, as the database has it."""

    output_field = TextField()

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        return self.as_sql(compiler, connection, template="STRING_AGG(%(expressions)s, ',')", **extra)

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        return self.as_sql(compiler, connection, template="GROUP_CONCAT(%(expressions)s)", **extra)

    def as_mysql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        # GROUP_CONCAT cuts off what is longer than a setting of the server.
        return self.as_sql(compiler, connection, template="JSON_ARRAYAGG(%(expressions)s)", **extra)


@lru_cache(maxsize=16_384)
def weekly(week: str) -> WeeklyWindows:
    """The windows in a text of ``windows_by_campaign()``. Raises ``ValueError`` for one that rule T5 refuses."""
    texts: list[str] = json.loads(week) if week.startswith("[") else week.split(",") if week else []
    windows = (text.split(" ") for text in texts)
    return WeeklyWindows(
        Window(int(day), time.fromisoformat(start), time.fromisoformat(end)) for day, start, end in windows
    )
