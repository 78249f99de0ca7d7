"""The week as the server draws it: the grid without JavaScript, and what grid.js starts from."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.utils import dates
from django.utils.formats import get_format

from ... import wording
from ...clock import instant
from ...exceptions import UnknownTimezone
from ...rules import Dayparting, Window, as_zone
from ...rules.week_grid import HOURS_PER_DAY, WHOLE_HOUR, Hour, minutes_a_week, week_hours
from . import words

if TYPE_CHECKING:
    from .forms import WindowFormSet


@dataclass(frozen=True)
class Cell:
    hour: int
    stretches: Hour
    is_now: bool

    @property
    def is_whole(self) -> bool:
        return self.stretches == WHOLE_HOUR

    @property
    def bars(self) -> list[tuple[int, int]]:
        """Start and length of what is open in an hour that is open in part."""
        return [] if self.is_whole else [(start, end - start) for start, end in self.stretches]


@dataclass(frozen=True)
class Day:
    number: int
    cells: list[Cell]

    @property
    def name(self) -> str:
        return str(dates.WEEKDAYS[self.number])

    @property
    def short(self) -> str:
        return str(dates.WEEKDAYS_ABBR[self.number])


class Week:
    """The windows of a formset, drawn: what is stored, or what was posted where that can be read."""

    hours = range(HOURS_PER_DAY)

    def __init__(self, formset: WindowFormSet) -> None:
        self._formset = formset
        self._campaign = formset.instance
        self.now = instant()

    @cached_property
    def windows(self) -> list[Window]:
        forms = self._formset.forms
        return [window for form in forms if (window := _window(form, self._formset.is_bound)) is not None]

    @cached_property
    def days(self) -> list[Day]:
        """In the order in which the reader's calendars show them."""
        first = (get_format("FIRST_DAY_OF_WEEK") - 1) % 7
        hours = week_hours(self.windows)
        local = self.local_now
        here = (local.weekday(), local.hour) if local else None
        return [
            Day(day, [Cell(hour, stretches, (day, hour) == here) for hour, stretches in enumerate(hours[day])])
            for day in ((first + n) % 7 for n in range(7))
        ]

    @property
    def length(self) -> str:
        return words.length(minutes_a_week(self.windows))

    @cached_property
    def zone(self) -> str:
        """The zone of the windows; empty as long as there is no brand to say it (rule T7)."""
        return str(self._campaign.timezone or self.brand_zone)

    @property
    def brand_zone(self) -> str:
        return str(self._campaign.brand.timezone) if self._campaign.brand_id else ""

    @property
    def clocks(self) -> str:
        """``By the clocks of Tokyo (Asia/Tokyo).``"""
        return words.zone(self.zone)

    @cached_property
    def local_now(self) -> datetime | None:
        try:
            return self.now.astimezone(as_zone(self.zone)) if self.zone else None
        except UnknownTimezone:
            return None

    @property
    def clock(self) -> str:
        """``It is Wednesday 14:47 there.``"""
        local = self.local_now
        if local is None:
            return ""
        return words.now(dates.WEEKDAYS[local.weekday()], wording.clock(local))

    @property
    def warning(self) -> str:
        """What the campaign does for want of hours, or in spite of them, unless an error says it already."""
        mode = self._campaign.dayparting
        if self._formset.asks:
            return ""
        return words.without_hours(mode) if mode == Dayparting.OFF or not self.windows else ""

    @property
    def script_data(self) -> str:
        """What grid.js needs, in JSON: its words, the moment, the zone and whether the campaign is held to hours."""
        return json.dumps(
            {
                "words": words.for_script(),
                "now": int(self.now.timestamp() * 1000),
                "zone": self.zone,
                "brandZone": self.brand_zone,
                "brand": self._campaign.brand_id,
                "mode": self._campaign.dayparting,
                "isHeld": self._formset.is_held,
                "asks": self._formset.asks,
            }
        )


def _window(form: Any, is_bound: bool) -> Window | None:
    """The active window of a row; None if there is none, or none that can be read."""
    values = form.cleaned_data if is_bound and hasattr(form, "cleaned_data") else form.initial
    if not values.get("is_active") or values.get("DELETE"):
        return None
    try:
        return Window(values["day_of_week"], values["start_time"], values["end_time"])
    except (KeyError, ValueError):
        return None
