"""Money, time and status as people read them, in the reader's language."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from django.utils import formats
from django.utils.translation import gettext, gettext_lazy, ngettext, pgettext

from .currencies import DECIMALS
from .rules import Level, Period, Reason, Status, as_zone

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.utils.functional import _StrPromise

NOTHING = "–"  # noqa: RUF001  an en dash, for what is not there
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400

REASONS: dict[Reason, _StrPromise] = {
    Reason.CAMPAIGN_OFF: gettext_lazy("switched off"),
    Reason.BRAND_OFF: gettext_lazy("brand switched off"),
    Reason.ENDED: gettext_lazy("flight has ended"),
    Reason.NOT_STARTED: gettext_lazy("flight has not begun"),
    Reason.BRAND_MONTHLY_BUDGET: gettext_lazy("brand's monthly budget reached"),
    Reason.CAMPAIGN_MONTHLY_BUDGET: gettext_lazy("campaign's monthly budget reached"),
    Reason.CAMPAIGN_TOTAL_BUDGET: gettext_lazy("campaign's total budget reached"),
    Reason.BRAND_DAILY_BUDGET: gettext_lazy("brand's daily budget reached"),
    Reason.CAMPAIGN_DAILY_BUDGET: gettext_lazy("campaign's daily budget reached"),
    Reason.OUTSIDE_DAYPARTING: gettext_lazy("outside its hours"),
}
#: A status in one word; the reasons say the rest.
STATUSES: dict[Status, _StrPromise] = {
    Status.ACTIVE: gettext_lazy("Running"),
    Status.PAUSED_BUDGET: gettext_lazy("Paused"),
    Status.PAUSED_DAYPART: gettext_lazy("Paused"),
    Status.INACTIVE: gettext_lazy("Inactive"),
}
BUDGETS: dict[tuple[Level, Period], _StrPromise] = {
    (Level.BRAND, Period.DAY): gettext_lazy("brand's daily budget"),
    (Level.BRAND, Period.MONTH): gettext_lazy("brand's monthly budget"),
    (Level.CAMPAIGN, Period.DAY): gettext_lazy("campaign's daily budget"),
    (Level.CAMPAIGN, Period.MONTH): gettext_lazy("campaign's monthly budget"),
    (Level.CAMPAIGN, Period.TOTAL): gettext_lazy("campaign's total budget"),
}


def money(amount: Decimal | None, currency: str) -> str:
    """``1,234.50 EUR``: with the places that the currency is shown with, or more where the amount has more.

    Nothing is rounded, so that 99.996 spent of 100 never reads as reached. A dash for None.
    """
    if amount is None:
        return NOTHING
    # A no-break space, so that the amount stays beside its currency.
    return f"{number(amount, DECIMALS.get(currency, 2))}\N{NO-BREAK SPACE}{currency}"


def number(amount: Decimal, places: int) -> str:
    """An amount in the reader's locale with at least ``places`` decimals, grouped."""
    fraction = f"{amount:f}".partition(".")[2].rstrip("0")
    return formats.number_format(amount, max(places, len(fraction)), use_l10n=True, force_grouping=True)


def percent(share: Decimal | None) -> str:
    """A share given in per cent, cut off after one place: 99.99 is not shown as 100."""
    if share is None:
        return NOTHING
    cut = share.quantize(Decimal("0.1"), "ROUND_DOWN")
    return gettext("%(number)s %%") % {"number": formats.number_format(cut, 1, use_l10n=True, force_grouping=True)}


def duration(length: timedelta) -> str:
    """``3 h 12 min``: the two largest units, minutes rounded up, so that nothing comes earlier than it says."""
    minutes = -(-max(int(length.total_seconds()), 0) // _MINUTE)
    days, rest = divmod(minutes, _DAY // _MINUTE)
    hours, minutes = divmod(rest, _HOUR // _MINUTE)
    if days:
        parts = [ngettext("%(n)d day", "%(n)d days", days) % {"n": days}]
        return " ".join([*parts, gettext("%(n)d h") % {"n": hours}] if hours else parts)
    if hours:
        parts = [gettext("%(n)d h") % {"n": hours}]
        return " ".join([*parts, gettext("%(n)d min") % {"n": minutes}] if minutes else parts)
    return gettext("%(n)d min") % {"n": minutes}


def city(zone: str) -> str:
    """The part of a zone's name that people say: ``Tokyo`` for ``Asia/Tokyo``."""
    return zone.rpartition("/")[2].replace("_", " ")


def clock(at: time | datetime) -> str:
    return f"{at:%H:%M}"


def day(on: date, today: date | None = None) -> str:
    """A date; without its year if that is the year of ``today``."""
    same_year = today is not None and today.year == on.year
    return formats.date_format(on, "MONTH_DAY_FORMAT" if same_year else "DATE_FORMAT", use_l10n=True)


def local_time(at: datetime, zone: str, now: datetime | None = None) -> str:
    """``00:00 Tokyo``, with the date in front unless ``now`` is on it: an instant as the clocks of a zone show it."""
    local = at.astimezone(as_zone(zone))
    time_there = pgettext("time and city", "%(time)s %(city)s") % {"time": clock(local), "city": city(zone)}
    today = now.astimezone(as_zone(zone)).date() if now else None
    if today == local.date():
        return time_there
    return pgettext("date and time", "%(date)s, %(time)s") % {"date": day(local.date(), today), "time": time_there}


def returns(at: datetime, zone: str, now: datetime) -> str:
    """``back at 00:00 Tokyo, in 3 h 12 min``; a midnight that begins tomorrow needs no date."""
    zone_info = as_zone(zone)
    local, today = at.astimezone(zone_info), now.astimezone(zone_info).date()
    is_near = local.date() <= today + timedelta(days=1) and at - now < timedelta(days=1)
    shown = local_time(at, zone, at if is_near else now)
    return gettext("back at %(time)s, in %(duration)s") % {"time": shown, "duration": duration(at - now)}


def begins(at: datetime, zone: str, now: datetime) -> str:
    """``from December 1, 00:00 Tokyo, in 10 days``: of a flight, which was never there to come back."""
    return gettext("from %(time)s, in %(duration)s") % {
        "time": local_time(at, zone, now),
        "duration": duration(at - now),
    }


def reasons(given: Iterable[Reason | str]) -> str:
    """Reasons in words, joined; one that this release does not know stays as it is."""
    return ", ".join(str(REASONS[Reason(r)]) if r in set(Reason) else str(r) for r in given)


def status(decided: Status, why: Iterable[Reason], zone: str, now: datetime, flips_at: datetime | None = None) -> str:
    """``Paused: brand's daily budget reached, back at 00:00 Tokyo, in 3 h 12 min``.

    ``flips_at`` is when time alone next starts or stops the campaign; None: never.
    """
    words = str(STATUSES[decided])
    why = tuple(why)
    because = reasons(why)
    if because:
        words = gettext("%(status)s: %(reasons)s") % {"status": words, "reasons": because}
    if flips_at is None:
        return words
    if Reason.NOT_STARTED in why:
        return f"{words}, {begins(flips_at, zone, now)}"
    if decided is not Status.ACTIVE:
        return f"{words}, {returns(flips_at, zone, now)}"
    until = local_time(flips_at, zone, now)
    return gettext("%(status)s until %(time)s") % {"status": words, "time": until}
