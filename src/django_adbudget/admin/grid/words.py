"""What the grid says: on the page, and through grid.js, which has no words of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import dates
from django.utils.translation import gettext, gettext_lazy

from ... import wording
from ...rules import Dayparting
from ...rules.week_grid import MINUTES_PER_HOUR

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

_WITHOUT_HOURS: dict[str, _StrPromise] = {
    Dayparting.AUTO: gettext_lazy("Without hours this campaign runs at any hour."),
    Dayparting.REQUIRED: gettext_lazy("Without hours this campaign never runs."),
    Dayparting.OFF: gettext_lazy("Hours are ignored: this campaign runs at any hour."),
}
CONFIRM = gettext_lazy("Without hours this campaign runs at any hour. Tick to confirm.")


def without_hours(mode: str) -> str:
    """What a campaign without an active window does (rule T6)."""
    return str(_WITHOUT_HOURS.get(mode, ""))


def now(day: object, time: str) -> str:
    return gettext("It is %(day)s %(time)s there.") % {"day": day, "time": time}


def length(minutes: int) -> str:
    """``45 h a week``."""
    hours, rest = divmod(minutes, MINUTES_PER_HOUR)
    if rest:
        return gettext("%(h)s h %(min)s min a week") % {"h": hours, "min": rest}
    return gettext("%(h)s h a week") % {"h": hours}


def zone(name: str) -> str:
    """By which clocks the hours go; the brand's as long as no brand says which."""
    if not name:
        return gettext("By the clocks of the brand's time zone.")
    return gettext("By the clocks of %(city)s (%(zone)s).") % {"city": wording.city(name), "zone": name}


def for_script() -> dict[str, object]:
    return {
        "days": [str(dates.WEEKDAYS[day]) for day in range(7)],
        "zone": gettext("By the clocks of %(city)s (%(zone)s)."),
        "brandZone": zone(""),
        "now": gettext("It is %(day)s %(time)s there."),
        "hours": gettext("%(h)s h a week"),
        "minutes": gettext("%(h)s h %(min)s min a week"),
        "hour": gettext("%(day)s %(from)s to %(to)s"),
        "allDay": gettext("%(day)s, all day"),
        "everyDay": gettext("%(from)s to %(to)s on every day"),
        "range": gettext("%(first)s to %(last)s, %(from)s to %(to)s"),
        "partly": gettext("%(hour)s, %(min)s of 60 minutes"),
        "painted": gettext("%(what)s: on. %(length)s."),
        "erased": gettext("%(what)s: off. %(length)s."),
        "changed": gettext("%(what)s: %(length)s."),
        "withoutHours": {mode: str(text) for mode, text in _WITHOUT_HOURS.items()},
    }
