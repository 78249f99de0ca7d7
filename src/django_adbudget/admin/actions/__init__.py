"""What the lists offer to do with the rows that are selected.

Each action goes through one service in one edit under the user's name, and says what happened to how many.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from ...models import Brand, Campaign
from ...rules import Level
from .budgets import SetBudget
from .copying import CopyDayparting
from .exporting import export_brands, export_campaigns
from .marks import opens_its_own_edit
from .switching import enforce, switch

if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[Any]
else:
    _ModelAdmin = admin.ModelAdmin


class BrandActionsMixin(_ModelAdmin):
    actions = ["activate", "pause", "set_budget", "enforce_now", "export_csv"]

    @admin.action(description=_("Switch on"), permissions=["change"])
    @opens_its_own_edit
    def activate(self, request: HttpRequest, brands: QuerySet[Brand]) -> None:
        switch(self, request, brands, Level.BRAND, is_active=True)

    @admin.action(description=_("Switch off"), permissions=["change"])
    @opens_its_own_edit
    def pause(self, request: HttpRequest, brands: QuerySet[Brand]) -> None:
        switch(self, request, brands, Level.BRAND, is_active=False)

    @admin.action(description=_("Set a budget …"), permissions=["change"])
    @opens_its_own_edit
    def set_budget(self, request: HttpRequest, brands: QuerySet[Brand]) -> Any:
        return SetBudget(self, request, brands, Level.BRAND).answer()

    @admin.action(description=_("Enforce budgets and hours now"), permissions=["change"])
    @opens_its_own_edit
    def enforce_now(self, request: HttpRequest, brands: QuerySet[Brand]) -> None:
        enforce(self, request, brands, Level.BRAND)

    @admin.action(description=_("Export as CSV"), permissions=["view"])
    @opens_its_own_edit
    def export_csv(self, request: HttpRequest, brands: QuerySet[Brand]) -> Any:
        return export_brands(brands)


class CampaignActionsMixin(_ModelAdmin):
    actions = ["activate", "pause", "set_budget", "copy_dayparting", "enforce_now", "export_csv"]

    @admin.action(description=_("Switch on"), permissions=["change"])
    @opens_its_own_edit
    def activate(self, request: HttpRequest, campaigns: QuerySet[Campaign]) -> None:
        switch(self, request, campaigns, Level.CAMPAIGN, is_active=True)

    @admin.action(description=_("Switch off"), permissions=["change"])
    @opens_its_own_edit
    def pause(self, request: HttpRequest, campaigns: QuerySet[Campaign]) -> None:
        switch(self, request, campaigns, Level.CAMPAIGN, is_active=False)

    @admin.action(description=_("Set a budget …"), permissions=["change"])
    @opens_its_own_edit
    def set_budget(self, request: HttpRequest, campaigns: QuerySet[Campaign]) -> Any:
        return SetBudget(self, request, campaigns, Level.CAMPAIGN).answer()

    @admin.action(description=_("Copy dayparting to these …"), permissions=["change"])
    @opens_its_own_edit
    def copy_dayparting(self, request: HttpRequest, campaigns: QuerySet[Campaign]) -> Any:
        return CopyDayparting(self, request, campaigns).answer()

    @admin.action(description=_("Enforce budgets and hours now"), permissions=["change"])
    @opens_its_own_edit
    def enforce_now(self, request: HttpRequest, campaigns: QuerySet[Campaign]) -> None:
        enforce(self, request, campaigns, Level.CAMPAIGN)

    @admin.action(description=_("Export as CSV"), permissions=["view"])
    @opens_its_own_edit
    def export_csv(self, request: HttpRequest, campaigns: QuerySet[Campaign]) -> Any:
        return export_campaigns(campaigns)
