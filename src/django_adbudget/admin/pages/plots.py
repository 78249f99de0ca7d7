"""Spend as plots: geometry, and the same in words and as a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from django.utils import formats
from django.utils.translation import gettext, ngettext

from ... import wording
from ...services.reports.series import DaySpend, HourSpend
from ..charts import Chart, Column, bar_chart, decimal_places

_NOTHING, _PER_CENT = Decimal(0), Decimal(100)
_LABELED_HOURS = 3
_LABELED_DAYS = 5

#: The clock's time at which an hour begins, and whether it is the second of its kind that day.
Clock = tuple[time, int]


@dataclass(frozen=True, slots=True)
class Plot:
    """A chart with what it says: ``summary`` in sentences, ``legend`` of CSS class and words, and the table."""

    key: str
    heading: str
    summary: tuple[str, ...]
    legend: tuple[tuple[str, str], ...]
    chart: Chart
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    @property
    def description(self) -> str:
        return " ".join(self.summary)


def hours(yesterday: DaySpend, today: DaySpend, currency: str, now: datetime) -> Plot:
    """Today's spend by the hour against yesterday's. Hours to come have no bar."""
    begun = {_clock(hour): hour for hour in today.hours if hour.start <= now}
    before = {_clock(hour): hour for hour in yesterday.hours}
    clocks = sorted({_clock(hour) for hour in today.hours} | before.keys())
    columns = [_hour_column(clock, before.get(clock), begun.get(clock), currency) for clock in clocks]
    return Plot(
        key="hours",
        heading=gettext("Today by the hour"),
        summary=tuple(_of_hours(yesterday, today, currency, now)),
        legend=(("ab-before", gettext("yesterday")), ("ab-now", gettext("today"))),
        chart=bar_chart(columns, ("ab-before", "ab-now"), _tick_labels, now=_position(clocks, begun, now)),
        header=(gettext("Hour"), gettext("Yesterday"), gettext("Today")),
        rows=tuple(_hour_row(clock, before.get(clock), begun.get(clock), currency) for clock in clocks)
        + tuple(_rest_rows(yesterday, today, currency)),
    )


def days(spent: Mapping[date, Decimal], today: date, last: date, budget: Decimal | None, currency: str) -> Plot:
    """The spend of the month in which ``today`` lies, to ``last``; days ahead are empty. The line is today's budget."""
    dates = [today.replace(day=n) for n in range(1, last.day + 1)]
    so_far = {day: spent.get(day, _NOTHING) for day in dates if day <= today}
    columns = [_day_column(day, so_far.get(day), budget, currency) for day in dates]
    chart = bar_chart(columns, ("ab-now",), _tick_labels, limit=budget)
    legend = [("ab-now", gettext("spent"))]
    if any("ab-reached" in bar.css for bar in chart.bars):
        legend.append(("ab-reached", gettext("spent, at or over the budget")))
    if chart.line is not None:
        legend.append(("ab-line", gettext("today's daily budget, %(budget)s") % {"budget": _money(budget, currency)}))
    return Plot(
        key="days",
        heading=gettext("This month by the day"),
        summary=tuple(_of_days(so_far, budget, currency, chart)),
        legend=tuple(legend),
        chart=chart,
        header=(gettext("Day"), gettext("Spent")),
        rows=tuple((wording.day(day, today), _money(so_far.get(day), currency)) for day in dates),
    )


def _money(amount: Decimal | None, currency: str) -> str:
    return wording.money(amount, currency)


def _tick_labels(ticks: Sequence[Decimal]) -> list[str]:
    places = decimal_places(ticks)
    return [wording.number(tick, places) for tick in ticks]


def _clock(hour: HourSpend) -> Clock:
    return hour.local.time(), hour.local.fold


def _spent(hour: HourSpend | None) -> Decimal | None:
    return None if hour is None else hour.spent


def _told(clock: Clock) -> str:
    shown = wording.clock(clock[0])
    return gettext("%(time)s (second time)") % {"time": shown} if clock[1] else shown


def _hour_column(clock: Clock, before: HourSpend | None, now: HourSpend | None, currency: str) -> Column:
    at, is_second = clock
    is_labeled = not is_second and at.minute == 0 and at.hour % _LABELED_HOURS == 0
    told = _told(clock)
    tips = [
        gettext("Yesterday %(time)s: %(amount)s") % {"time": told, "amount": _money(_spent(before), currency)},
        gettext("Today %(time)s: %(amount)s") % {"time": told, "amount": _money(_spent(now), currency)},
    ]
    return Column(told if is_labeled else "", (_spent(before), _spent(now)), tuple(tips))


def _hour_row(clock: Clock, before: HourSpend | None, now: HourSpend | None, currency: str) -> tuple[str, ...]:
    return _told(clock), _money(_spent(before), currency), _money(_spent(now), currency)


def _rest_rows(yesterday: DaySpend, today: DaySpend, currency: str) -> Iterator[tuple[str, ...]]:
    if yesterday.whole_day or today.whole_day:
        amounts = (_money(day.whole_day, currency) for day in (yesterday, today))
        yield gettext("reported for the whole day"), *amounts
    if yesterday.elsewhere or today.elsewhere:
        amounts = (_money(day.elsewhere, currency) for day in (yesterday, today))
        yield gettext("recorded in another time zone"), *amounts
    yield gettext("whole day"), _money(yesterday.total, currency), _money(today.total, currency)


def _position(clocks: list[Clock], begun: Mapping[Clock, HourSpend], now: datetime) -> float | None:
    """How many columns are over, the present one by its part."""
    for clock, hour in begun.items():
        if hour.start <= now < hour.end:
            return clocks.index(clock) + (now - hour.start) / (hour.end - hour.start)
    return None


def _of_hours(yesterday: DaySpend, today: DaySpend, currency: str, now: datetime) -> Iterator[str]:
    totals = {"today": _money(today.total, currency), "yesterday": _money(yesterday.total, currency)}
    yield gettext("%(today)s today so far; %(yesterday)s on the whole of yesterday.") % totals
    peak = max(today.hours, key=lambda hour: hour.spent, default=None)
    if peak and peak.spent > 0:
        values = {"time": _told(_clock(peak)), "amount": _money(peak.spent, currency)}
        yield gettext("Most in the hour from %(time)s: %(amount)s.") % values
    yield from _compared(yesterday, today, currency, now)
    if today.whole_day or yesterday.whole_day:
        values = {k: _money(day.whole_day, currency) for k, day in (("today", today), ("yesterday", yesterday))}
        yield gettext("Reported for the whole day, at no hour: %(today)s today, %(yesterday)s yesterday.") % values
    if today.elsewhere or yesterday.elsewhere:
        amount = _money(today.elsewhere + yesterday.elsewhere, currency)
        yield gettext("Recorded in another time zone, at no hour of these days: %(amount)s.") % {"amount": amount}


def _compared(yesterday: DaySpend, today: DaySpend, currency: str, now: datetime) -> Iterator[str]:
    """Hours that are over against the same hours of yesterday."""
    over = [hour for hour in today.hours if hour.end <= now]
    if not over:
        return
    last = _clock(over[-1])
    mine = sum((hour.spent for hour in over), _NOTHING)
    theirs = sum((hour.spent for hour in yesterday.hours if _clock(hour) <= last), _NOTHING)
    if not theirs:
        return
    values = {
        "time": wording.clock(over[-1].end.astimezone(over[-1].local.tzinfo)),
        "yesterday": _money(theirs, currency),
        "today": _money(mine, currency),
        "share": wording.percent(abs(mine - theirs) / theirs * _PER_CENT),
    }
    if mine >= theirs:
        yield gettext("Until %(time)s: %(today)s against %(yesterday)s yesterday, %(share)s more.") % values
    else:
        yield gettext("Until %(time)s: %(today)s against %(yesterday)s yesterday, %(share)s less.") % values


def _day_column(day: date, spent: Decimal | None, budget: Decimal | None, currency: str) -> Column:
    is_labeled = day.day == 1 or day.day % _LABELED_DAYS == 0
    reached = spent is not None and budget is not None and spent >= budget
    tip = gettext("%(day)s: %(amount)s") % {"day": wording.day(day, day), "amount": _money(spent, currency)}
    label = formats.date_format(day, "j") if is_labeled else ""
    return Column(label, (spent,), (tip,), ("ab-reached" if reached else "",))


def _of_days(so_far: Mapping[date, Decimal], budget: Decimal | None, currency: str, chart: Chart) -> Iterator[str]:
    total = sum(so_far.values(), _NOTHING)
    yield gettext("%(amount)s this month so far.") % {"amount": _money(total, currency)}
    peak = max(so_far, key=lambda day: so_far[day])
    if so_far[peak] > 0:
        values = {"day": wording.day(peak, peak), "amount": _money(so_far[peak], currency)}
        yield gettext("Most on %(day)s: %(amount)s.") % values
    if budget is None:
        yield gettext("There is no daily budget.")
        return
    reached = sum(spent >= budget for spent in so_far.values())
    words = ngettext(
        "%(n)d day reached today's daily budget of %(budget)s.",
        "%(n)d days reached today's daily budget of %(budget)s.",
        reached,
    )
    yield words % {"n": reached, "budget": _money(budget, currency)}
    if chart.line is None:
        yield gettext("The budget lies far above what is drawn.")


def month_end(today: date) -> date:
    return (today.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
