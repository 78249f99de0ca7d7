"""The lists of brands and campaigns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from .. import wording
from ..models import Campaign

if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[Any]
else:
    _ModelAdmin = admin.ModelAdmin


class BrandListMixin(_ModelAdmin):
    list_display = ["name", "timezone", "currency", "daily_budget", "monthly_budget", "is_active"]
    list_filter = ["is_active", "currency"]
    search_fields = ["name", "external_id"]


class CampaignListMixin(_ModelAdmin):
    list_display = ["name", "brand", "status", "why", "daily_budget", "next_check_at", "is_active"]
    list_filter = ["status", "is_active", "dayparting"]
    list_select_related = ["brand"]
    search_fields = ["name", "external_id", "brand__name"]

    @admin.display(description=_("why"))
    def why(self, campaign: Campaign) -> str:
        return wording.reasons(campaign.status_reasons)
