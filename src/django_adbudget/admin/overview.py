"""The overview ``Ad budgets``: what is paused and why, what pauses next, what is out of sync, who changed a budget."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.text import capfirst
from django.utils.timezone import localtime
from django.utils.translation import gettext, ngettext

from .. import wording
from ..clock import instant
from ..models import Brand, BudgetChange, Campaign, Heartbeat, PlatformOrder
from ..models.platform import Action
from ..rules import Status
from ..services.access.visibility import ruled_brands
from ..services.health import State, health_status
from ..services.reports import dashboard
from . import cells, words

if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[Any]
else:
    _ModelAdmin = admin.ModelAdmin

_SHOWN = 10
_ERROR_SHOWN = 160


class OverviewMixin(_ModelAdmin):
    """Adds the overview to an admin of brands, at ``overview/``, named ``django_adbudget_overview``."""

    overview_template = "admin/django_adbudget/overview/page.html"
    overview_parts_template = "admin/django_adbudget/overview/parts.html"
    #: Seconds after which the page asks for its parts again.
    overview_refreshes_every = 20

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.overview_view)
        return [path("overview/", view, name="django_adbudget_overview"), *super().get_urls()]

    def overview_view(self, request: HttpRequest) -> HttpResponse:
        """The page, or with ``?parts`` what it replaces of itself."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        request.current_app = self.admin_site.name
        context = {"now": instant(), "as_of": localtime(), **_Parts(self.admin_site, request, instant()).context()}
        if "parts" in request.GET:
            return TemplateResponse(request, self.overview_parts_template, context)
        page = {
            **self.admin_site.each_context(request),
            "title": gettext("Ad budgets"),
            "opts": self.opts,
            "every": self.overview_refreshes_every,
        }
        return TemplateResponse(request, self.overview_template, {**page, **context})


@dataclass(frozen=True)
class _Parts:
    """What one reader sees at an instant. A part whose model they may not view is left out."""

    site: admin.AdminSite
    request: HttpRequest
    now: datetime

    def context(self) -> dict[str, Any]:
        brands = ruled_brands(self.request)
        found: dict[str, Any] = {}
        if self._may_view(Campaign):
            found |= self._standing(brands)
            found["paused"] = [self._paused(row) for row in dashboard.paused(brands, self.now, _SHOWN)]
            found["next"] = [self._next(row) for row in dashboard.pausing_next(brands, self.now, _SHOWN)]
        if self._may_view(PlatformOrder):
            count, rows = dashboard.out_of_sync(brands, _SHOWN)
            found |= {"unsynced_count": count, "unsynced": [self._unsynced(row) for row in rows]}
        if self._may_view(BudgetChange):
            found["changes"] = [self._change(row) for row in dashboard.changed_today(brands, self.now, _SHOWN)]
        if self._may_view(Heartbeat):
            found["health"] = self._health(details=brands is None)
        return found

    def _standing(self, brands: QuerySet[Brand] | None) -> dict[str, Any]:
        standing = dashboard.standing(brands)
        campaigns = self._list_of(Campaign)
        tiles = [
            ("good", gettext("Running"), Status.ACTIVE),
            ("bad", gettext("Paused by a budget"), Status.PAUSED_BUDGET),
            ("info", gettext("Outside their hours"), Status.PAUSED_DAYPART),
            ("off", gettext("Inactive"), Status.INACTIVE),
        ]
        return {
            "tiles": [
                (look, name, standing.statuses[status], f"{campaigns}?status__exact={status.value}")
                for look, name, status in tiles
            ],
            "reasons": [
                (capfirst(str(wording.REASONS[reason])), count, f"{campaigns}?reason={reason.value}")
                for reason, count in standing.reasons.items()
            ],
            "paused_count": standing.paused,
            "paused_says": ngettext("%(n)d campaign is paused.", "%(n)d campaigns are paused.", standing.paused)
            % {"n": standing.paused},
        }

    def _paused(self, row: dashboard.Paused) -> dict[str, Any]:
        campaign = row.campaign
        if row.status is None:
            why = wording.reasons(campaign.status_reasons)
        else:
            zone = campaign.brand.timezone
            why = wording.status(row.status.status, row.status.reasons, zone, self.now, row.status.flips_at)
        since = cells.local(campaign.status_changed_at, campaign.brand.timezone)
        return {**self._owner(campaign.brand, campaign), "why": why, "since": since}

    def _next(self, row: dashboard.Next) -> dict[str, Any]:
        pace, brand = row.pace, row.brand
        assert pace.exhausted_at is not None  # or it would not be reached
        share = pace.spent / pace.budget * 100 if pace.budget else None
        return {
            **self._owner(brand, row.campaign),
            "budget": capfirst(str(wording.BUDGETS[pace.level, pace.period])),
            "spent": gettext("%(spent)s of %(budget)s")
            % {
                "spent": wording.money(pace.spent, brand.currency),
                "budget": wording.money(pace.budget, brand.currency),
            },
            "share": wording.percent(share),
            "rate": wording.money(pace.rate_per_hour, brand.currency),
            "at": wording.local_time(pace.exhausted_at, brand.timezone, self.now),
            "left": wording.duration(pace.exhausted_at - self.now),
        }

    def _unsynced(self, row: dashboard.Unsynced) -> dict[str, Any]:
        campaign, order = row.campaign, row.order
        error = order.last_error if order else ""
        return {
            **self._owner(campaign.brand, campaign),
            "action": Action(order.action).label if order else wording.NOTHING,
            "since": cells.local(campaign.status_changed_at, campaign.brand.timezone),
            "age": self._age(campaign.status_changed_at),
            "attempts": order.attempts if order else 0,
            "error": error if len(error) <= _ERROR_SHOWN else f"{error[:_ERROR_SHOWN]}…",
        }

    def _change(self, change: BudgetChange) -> dict[str, Any]:
        return {
            **self._owner(change.brand, change.campaign),
            "what": words.field(change),
            "before": words.value(change, change.before),
            "after": words.value(change, change.after),
            "actor": change.actor or wording.NOTHING,
            "time": cells.local(change.at, change.brand.timezone),
        }

    def _health(self, *, details: bool) -> list[dict[str, Any]]:
        """Orders, alerts and zones are of all brands, so they are told to those alone who may see all."""
        looks = {State.OK: "good", State.LATE: "warn", State.NEVER: "bad", State.FAILED: "bad"}
        names = {
            State.OK: gettext("OK"),
            State.LATE: gettext("Late"),
            State.NEVER: gettext("Never ran"),
            State.FAILED: gettext("Failed"),
        }
        signs = health_status(details=details, now=self.now).signs
        return [{"look": looks[s.state], "state": names[s.state], "words": s.words} for s in signs]

    def _owner(self, brand: Brand, campaign: Campaign | None) -> dict[str, Any]:
        """Names and, for those who may open them, addresses."""
        return {
            "brand": brand,
            "brand_url": self._opens(brand),
            "campaign": campaign,
            "campaign_url": "" if campaign is None else self._opens(campaign),
        }

    def _opens(self, row: Model) -> str:
        return cells.address(self.site, row, self.request)

    def _list_of(self, model: type[Model]) -> str:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
        return reverse(name, current_app=self.site.name)

    def _may_view(self, model: type[Model]) -> bool:
        if not self.site.is_registered(model):
            return False
        return self.site.get_model_admin(model).has_view_or_change_permission(self.request)

    def _age(self, since: datetime | None) -> str:
        return wording.NOTHING if since is None else wording.duration(self.now - since)


def _of(spent: str, budget: str) -> str:
    return gettext("%(spent)s of %(budget)s") % {"spent": spent, "budget": budget}
