"""The decision, line by line: for each reason of rule S2 whether it holds, its figures, and until when.

Whether a reason holds is what the one decision said; nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from django.utils import dates
from django.utils.text import capfirst
from django.utils.translation import gettext, pgettext

from .. import wording
from ..currencies import DECIMALS
from ..rules import CampaignFacts, Dayparting, LimitFacts, Reason, as_zone, from_micros, local_date
from ..rules.calendar import starts_after
from ..rules.dayparting import MINUTES_PER_DAY, MINUTES_PER_WEEK

_NEAR = timedelta(days=6)
#: The reasons that a brand alone is asked about.
OF_BRAND = (Reason.BRAND_OFF, Reason.BRAND_MONTHLY_BUDGET, Reason.BRAND_DAILY_BUDGET)


@dataclass(frozen=True, slots=True)
class Line:
    """One reason: what it is about, its figures, and what follows. ``decides`` is the one that gives the status."""

    reason: Reason
    holds: bool
    decides: bool
    subject: str
    figures: str
    effect: str


@dataclass(frozen=True, slots=True)
class Question:
    """What is explained: the facts, the reasons that were found in them, and the instant."""

    facts: CampaignFacts
    reasons: tuple[Reason, ...]
    currency: str
    now: datetime

    @property
    def today(self) -> date:
        return local_date(self.now, self.facts.zone)

    @property
    def zone(self) -> str:
        return self.facts.zone.key

    @property
    def window_zone(self) -> str:
        return (self.facts.window_zone or self.facts.zone).key


def explain(question: Question, among: Collection[Reason] = tuple(Reason)) -> list[Line]:
    """A line for each reason of ``among``, in the order of rule S2."""
    limits = {limit.reason: limit for limit in question.facts.limits}
    lines = []
    for reason in Reason:
        if reason not in among:
            continue
        if reason in limits:
            lines.append(_line(question, reason, *_budget(question, limits[reason])))
        elif reason in _SAYING:
            lines.append(_line(question, reason, *_SAYING[reason](question)))
    return lines


#: Subject, figures, and what ends it: words, an instant, or both.
_Said = tuple[str, str, "datetime | str"]


def _line(question: Question, reason: Reason, subject: str, figures: str, end: datetime | str) -> Line:
    holds = reason in question.reasons
    effect = _effect(question, reason, end) if holds else gettext("does not block")
    decides = holds and reason is question.reasons[0]
    return Line(reason, holds, decides, subject, figures, effect)


def _effect(question: Question, reason: Reason, end: datetime | str) -> str:
    if isinstance(end, str):
        return end
    zone = question.window_zone if reason is Reason.OUTSIDE_DAYPARTING else question.zone
    until = {"time": moment(end, zone, question.now), "duration": wording.duration(end - question.now)}
    return gettext("blocks until %(time)s, in %(duration)s") % until


def _switch(subject: str, is_on: bool) -> _Said:
    return subject, gettext("on") if is_on else gettext("off"), gettext("blocks until it is switched on")


def _campaign_switch(question: Question) -> _Said:
    return _switch(gettext("Campaign's switch"), question.facts.is_active)


def _brand_switch(question: Question) -> _Said:
    return _switch(gettext("Brand's switch"), question.facts.brand_is_active)


def _flight_end(question: Question) -> _Said:
    last = question.facts.end_date
    figures = _flight_day(question, last) if last else gettext("none: the flight has no end")
    return gettext("Last day"), figures, gettext("blocks until the flight is prolonged")


def _flight_start(question: Question) -> _Said:
    first = question.facts.start_date
    if not first:
        return gettext("First day"), gettext("none: the flight has begun"), ""
    return gettext("First day"), _flight_day(question, first), starts_after(question.now, first, question.facts.zone)


def _flight_day(question: Question, day: date) -> str:
    today = question.today
    return gettext("%(day)s; today is %(today)s in %(city)s") % {
        "day": wording.day(day, today),
        "today": wording.day(today, today),
        "city": wording.city(question.zone),
    }


def _budget(question: Question, limit: LimitFacts) -> _Said:
    subject = capfirst(str(wording.BUDGETS[limit.level, limit.period]))
    spent = from_micros(limit.spent_on(question.today))
    if limit.budget is None:
        return subject, gettext("none; %(spent)s spent") % {"spent": wording.money(spent, question.currency)}, ""
    budget = from_micros(limit.budget)
    figures = spent_of(spent, budget, question.currency)
    turn = limit.next_turn(question.today)
    if turn is None:
        return subject, figures, gettext("blocks until it is raised")
    return subject, figures, starts_after(question.now, turn, question.facts.zone)


def _hours(question: Question) -> _Said:
    facts, subject = question.facts, pgettext("dayparting", "Hours")
    if facts.dayparting is Dayparting.OFF:
        return subject, gettext("ignored: it runs at any hour"), ""
    if not facts.windows:
        if facts.dayparting is Dayparting.REQUIRED:
            return subject, gettext("none, and it runs in its hours only"), gettext("blocks until it has hours")
        return subject, gettext("none: it runs at any hour"), ""
    figures = gettext("%(hours)s %(city)s; now %(now)s") % {
        "hours": week(facts.windows.spans),
        "city": wording.city(question.window_zone),
        "now": _weekday_and_clock(question.now.astimezone(as_zone(question.window_zone))),
    }
    change = facts.windows.next_change(question.now, question.window_zone)
    return subject, figures, change or gettext("blocks until its hours are changed")


_SAYING: dict[Reason, Callable[[Question], _Said]] = {
    Reason.CAMPAIGN_OFF: _campaign_switch,
    Reason.BRAND_OFF: _brand_switch,
    Reason.ENDED: _flight_end,
    Reason.NOT_STARTED: _flight_start,
    Reason.OUTSIDE_DAYPARTING: _hours,
}


def spent_of(spent: Decimal, budget: Decimal, currency: str) -> str:
    """``80.00 of 100.00 EUR spent, 20.00 EUR left``."""
    values = {"figures": of_budget(spent, budget, currency), "left": wording.money(abs(budget - spent), currency)}
    if spent > budget:
        return gettext("%(figures)s spent, %(left)s over") % values
    return gettext("%(figures)s spent, %(left)s left") % values


def of_budget(spent: Decimal, budget: Decimal, currency: str) -> str:
    """``80.00 of 100.00 EUR``."""
    values = {"spent": wording.number(spent, DECIMALS.get(currency, 2)), "budget": wording.money(budget, currency)}
    return gettext("%(spent)s of %(budget)s") % values


def moment(at: datetime, zone: str, now: datetime) -> str:
    """``18:00 Berlin`` today, ``Mon 09:00 Berlin`` within the week, with its date beyond."""
    local = at.astimezone(as_zone(zone))
    is_today = local.date() == local_date(now, zone)
    if is_today or not timedelta(0) <= at - now < _NEAR:
        return wording.local_time(at, zone, now)
    words = {"time": _weekday_and_clock(local), "city": wording.city(zone)}
    return pgettext("time and city", "%(time)s %(city)s") % words


def _weekday_and_clock(local: datetime) -> str:
    return f"{dates.WEEKDAYS_ABBR[local.weekday()]} {wording.clock(local)}"


def week(spans: Iterable[tuple[int, int]]) -> str:
    """``Mon-Fri 09:00-18:00, Sat 10:00-14:00``: open minutes since Monday 00:00 (``WeeklyWindows.spans``) in words.

    A night that is no longer than a day is told of the evening on which it begins.
    """
    stretches = _whole_nights(list(spans))
    if stretches == [(0, MINUTES_PER_WEEK)]:
        return gettext("at any hour")
    by_day: list[list[str]] = [[] for _ in range(7)]
    for start, end in stretches:
        for first, last in _of_one_day(start, end):
            by_day[first // MINUTES_PER_DAY % 7].append(_hours_of_day(first, last))
    told = [", ".join(hours) for hours in by_day]
    return "; ".join(f"{days} {told[first]}" for first, days in _runs(told) if told[first])


def _whole_nights(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The night from Sunday to Monday, which the week's end has cut, as one."""
    if len(spans) > 1 and spans[0][0] == 0 and spans[-1][1] == MINUTES_PER_WEEK:
        return [*spans[1:-1], (spans[-1][0], MINUTES_PER_WEEK + spans[0][1])]
    return spans


def _of_one_day(start: int, end: int) -> list[tuple[int, int]]:
    if end - start <= MINUTES_PER_DAY and start % MINUTES_PER_DAY:
        return [(start, end)]
    cuts = [start, *range((start // MINUTES_PER_DAY + 1) * MINUTES_PER_DAY, end, MINUTES_PER_DAY), end]
    return list(pairwise(cuts))


def _hours_of_day(start: int, end: int) -> str:
    if end - start == MINUTES_PER_DAY and start % MINUTES_PER_DAY == 0:
        return gettext("all day")
    return f"{_clock(start)}{wording.NOTHING}{_clock(end)}"


def _clock(minute: int) -> str:
    return "{:02}:{:02}".format(*divmod(minute % MINUTES_PER_DAY, 60))


def _runs(told: list[str]) -> list[tuple[int, str]]:
    """The first of each run of days that are alike, and the run's name: ``Mon-Fri``."""
    firsts = [day for day in range(7) if day == 0 or told[day] != told[day - 1]]
    ends = [*firsts[1:], 7]
    names = [str(dates.WEEKDAYS_ABBR[day]) for day in range(7)]
    return [
        (first, names[first] if end - first == 1 else f"{names[first]}{wording.NOTHING}{names[end - 1]}")
        for first, end in zip(firsts, ends, strict=True)
    ]
