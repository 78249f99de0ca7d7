"""Brands and campaigns, as people edit them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from .. import services
from ..models import Brand, Campaign, DaypartingSchedule
from ..rules import Reason

if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[Any]
    _BrandAdmin = admin.ModelAdmin[Brand]
    _CampaignAdmin = admin.ModelAdmin[Campaign]
    _WindowInline = admin.TabularInline[DaypartingSchedule, Campaign]
else:
    _ModelAdmin = _BrandAdmin = _CampaignAdmin = admin.ModelAdmin
    _WindowInline = admin.TabularInline

REASONS_IN_WORDS = {
    Reason.CAMPAIGN_OFF: _("switched off"),
    Reason.BRAND_OFF: _("brand switched off"),
    Reason.ENDED: _("ended"),
    Reason.NOT_STARTED: _("not started"),
    Reason.BRAND_MONTHLY_BUDGET: _("brand's monthly budget reached"),
    Reason.CAMPAIGN_MONTHLY_BUDGET: _("monthly budget reached"),
    Reason.CAMPAIGN_TOTAL_BUDGET: _("total budget reached"),
    Reason.BRAND_DAILY_BUDGET: _("brand's daily budget reached"),
    Reason.CAMPAIGN_DAILY_BUDGET: _("daily budget reached"),
    Reason.OUTSIDE_DAYPARTING: _("outside its hours"),
}


class EditingMixin(_ModelAdmin):
    """Saves a whole form, grid or deletion in one edit: evaluated once, under the name of whoever sent it (S4)."""

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return self._edit(request, super().changeform_view, *args, **kwargs)

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return self._edit(request, super().changelist_view, *args, **kwargs)

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return self._edit(request, super().delete_view, *args, **kwargs)

    def _edit(self, request: HttpRequest, view: Callable[..., HttpResponse], *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method != "POST":
            return view(request, *args, **kwargs)
        with services.editing(actor=request.user.get_username()):
            return view(request, *args, **kwargs)


@admin.register(Brand)
class BrandAdmin(EditingMixin, _BrandAdmin):
    list_display = ["name", "timezone", "currency", "daily_budget", "monthly_budget", "is_active"]
    list_filter = ["is_active", "currency"]
    search_fields = ["name", "external_id"]


class WindowInline(_WindowInline):
    model = DaypartingSchedule
    extra = 0


@admin.register(Campaign)
class CampaignAdmin(EditingMixin, _CampaignAdmin):
    list_display = ["name", "brand", "status", "why", "daily_budget", "next_check_at", "is_active"]
    list_filter = ["status", "is_active", "dayparting"]
    list_select_related = ["brand"]
    search_fields = ["name", "external_id", "brand__name"]
    autocomplete_fields = ["brand"]
    readonly_fields = ["status", "why", "status_changed_at", "next_check_at"]
    inlines = [WindowInline]

    @admin.display(description=_("why"))
    def why(self, campaign: Campaign) -> str:
        return ", ".join(str(REASONS_IN_WORDS.get(reason, reason)) for reason in campaign.status_reasons)
