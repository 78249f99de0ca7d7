"""An alert in words: what happened, with what figures, and what comes of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from .. import wording
from ..models import BudgetAlert
from ..models.history import AlertKind
from ..rules import day_bounds, known_zones, month_bounds
from . import Digest

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

_BUDGETS: dict[str, _StrPromise] = {
    "daily_budget": gettext_lazy("daily budget"),
    "monthly_budget": gettext_lazy("monthly budget"),
    "total_budget": gettext_lazy("total budget"),
}
_ENDS = {"daily_budget": day_bounds, "monthly_budget": month_bounds}
_REACHED = 100


@dataclass(frozen=True, slots=True)
class Told:
    """One alert as a reader sees it. ``share`` is the spend in per cent, at most 100, for a bar."""

    owner: str
    headline: str
    figures: str
    at: str
    outlook: str
    url: str
    share: int
    is_reached: bool


@dataclass(frozen=True, slots=True)
class Letter:
    """A digest as a reader sees it, the gravest first."""

    brand: str
    subject: str
    at: str
    told: tuple[Told, ...]


def letter(digest: Digest, base_url: str = "") -> Letter:
    """A digest in the language that is active. Of several alerts of one budget only the gravest is told of.

    ``base_url``: where the admin is reached, for links to it.
    """
    alerts = sorted(_telling(digest.alerts), key=_gravity)
    writer = _Writer(digest, base_url)
    told = tuple(writer.told(alert) for alert in alerts)
    at = wording.local_time(digest.at, _zone(digest.brand.timezone))
    return Letter(one_line(digest.brand.name), _subject(digest, told), at, told)


def one_line(text: str) -> str:
    """Text without line breaks, control characters and runs of blanks: a name cannot forge a header, or a line."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _telling(alerts: Iterable[BudgetAlert]) -> list[BudgetAlert]:
    """The gravest of each budget and period, at the value that the budget had last."""
    groups: dict[tuple[int | None, str, date], list[BudgetAlert]] = defaultdict(list)
    for alert in sorted(alerts, key=lambda a: (a.at, a.pk)):
        groups[alert.campaign_id, alert.budget, alert.period_start].append(alert)
    return [min((a for a in group if a.limit == group[-1].limit), key=_gravity) for group in groups.values()]


def _gravity(alert: BudgetAlert) -> tuple[bool, bool, bool, int, datetime]:
    """Reached before foretold before the rest, the brand's before its campaigns', the highest first."""
    threshold = alert.threshold or 0
    return (
        threshold < _REACHED,
        alert.kind != AlertKind.FORECAST,
        alert.campaign_id is not None,
        -threshold,
        alert.at,
    )


def _subject(digest: Digest, told: tuple[Told, ...]) -> str:
    brand, first = one_line(digest.brand.name), told[0]
    owner = brand if first.owner == brand else f"{brand}, {first.owner}"
    words = _("%(owner)s: %(headline)s") % {"owner": owner, "headline": first.headline}
    more = len(told) - 1
    if more:
        words += ngettext(", and %(n)d more alert", ", and %(n)d more alerts", more) % {"n": more}
    return one_line(words)


class _Writer:
    def __init__(self, digest: Digest, base_url: str) -> None:
        self._digest, self._base_url = digest, base_url.rstrip("/")
        self._zone = _zone(digest.brand.timezone)

    def told(self, alert: BudgetAlert) -> Told:
        campaign = alert.campaign
        share = alert.spend * 100 / alert.limit
        return Told(
            owner=one_line(self._digest.brand.name if campaign is None else campaign.name),
            headline=_headline(alert),
            figures=self._figures(alert, share),
            at=self.time(alert.at),
            outlook=self._outlook(alert),
            url=self._url(alert),
            share=max(0, min(100, int(share))),
            is_reached=(alert.threshold or 0) >= _REACHED,
        )

    def time(self, at: datetime) -> str:
        return wording.local_time(at, self._zone, self._digest.at)

    def _money(self, amount: Decimal) -> str:
        return wording.money(amount, self._digest.brand.currency)

    def _figures(self, alert: BudgetAlert, share: Decimal) -> str:
        words = _("%(spend)s of %(limit)s spent (%(share)s)") % {
            "spend": self._money(alert.spend),
            "limit": self._money(alert.limit),
            "share": wording.percent(share),
        }
        left = alert.limit - alert.spend
        if left > 0:
            words = _("%(figures)s, %(left)s left") % {"figures": words, "left": self._money(left)}
        return words

    def _outlook(self, alert: BudgetAlert) -> str:
        if alert.exhausted_at is not None and alert.rate_per_hour is not None:
            return _("At %(rate)s an hour it is reached at %(time)s, in %(duration)s.") % {
                "rate": self._money(alert.rate_per_hour.quantize(Decimal("0.01"))),
                "time": self.time(alert.exhausted_at),
                "duration": wording.duration(alert.exhausted_at - alert.at),
            }
        if (alert.threshold or 0) < _REACHED:
            return ""
        who = _("All its ads stop") if alert.campaign is None else _("Its ads stop")
        end = _end(alert, self._zone)
        if end is None:
            return _("%(ads_stop)s unless the budget is raised.") % {"ads_stop": who}
        if end <= self._digest.at:
            return ""
        return _("%(ads_stop)s until %(time)s, unless the budget is raised.") % {
            "ads_stop": who,
            "time": self.time(end),
        }

    def _url(self, alert: BudgetAlert) -> str:
        """The page of the brand or campaign in the admin, if that has one."""
        name, pk = ("brand", alert.brand_id) if alert.campaign_id is None else ("campaign", alert.campaign_id)
        try:
            path = reverse(f"admin:django_adbudget_{name}_change", args=[pk])
        except NoReverseMatch:
            return ""
        return f"{self._base_url}{path}" if self._base_url else ""


def _headline(alert: BudgetAlert) -> str:
    budget = _BUDGETS.get(alert.budget, alert.budget)
    if alert.kind == AlertKind.FORECAST:
        return _("%(budget)s about to be reached") % {"budget": budget}
    if alert.threshold == _REACHED:
        return _("%(budget)s reached") % {"budget": budget}
    return _("%(threshold)s %% of the %(budget)s spent") % {"threshold": alert.threshold, "budget": budget}


def _end(alert: BudgetAlert, zone: str) -> datetime | None:
    """When the budget's period ends; None for a total."""
    bounds = _ENDS.get(alert.budget)
    return bounds(alert.period_start, zone)[1] if bounds else None


def _zone(name: str) -> str:
    """A brand whose zone has become unknown is told of in UTC (rule T7)."""
    return name if name in known_zones() else "UTC"
