"""The lists of brands and campaigns: what was spent of which budget, who runs, and why not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import F
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ...fields import money_value
from ...models import Brand, Campaign
from ...rules import Level, Period, from_micros
from ...rules.money import MAX_TOTAL_MICROS
from ..filters import BrandFilter
from . import columns
from .changelists import BrandChangeList, CampaignChangeList, shown_brand, shown_campaign
from .filters import BrandZoneFilter, CampaignZoneFilter, ReasonFilter, SyncFilter

if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[Any]
else:
    _ModelAdmin = admin.ModelAdmin

_PER_PAGE = 50


def _by(budget: str) -> Coalesce:
    """Order by a budget; no limit is more than any."""
    return Coalesce(F(budget), money_value(from_micros(MAX_TOTAL_MICROS)))


class _ListMixin(_ModelAdmin):
    list_per_page = _PER_PAGE

    class Media:
        css = {"all": [f"django_adbudget/{name}.css" for name in ("base", "ledger", "lists")]}


class BrandListMixin(_ListMixin):
    """Brands with today's and this month's spend against budget, and how many of their campaigns run."""

    change_list_template = "admin/django_adbudget/brand/change_list.html"
    list_display = ["name", "today", "this_month", "campaigns_by_status", "local_time", "is_active"]
    list_filter = ["is_active", BrandZoneFilter, "currency"]
    search_fields = ["name", "external_id"]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[BrandChangeList]:
        return BrandChangeList

    @admin.display(description=_("today"), ordering=_by("daily_budget"))
    def today(self, brand: Brand) -> str:
        return self._bar(brand, Period.DAY, gettext("Spent today"))

    @admin.display(description=_("this month"), ordering=_by("monthly_budget"))
    def this_month(self, brand: Brand) -> str:
        return self._bar(brand, Period.MONTH, gettext("Spent this month"))

    @admin.display(description=_("campaigns"))
    def campaigns_by_status(self, brand: Brand) -> str:
        try:
            url = reverse("admin:django_adbudget_campaign_changelist", current_app=self.admin_site.name)
        except NoReverseMatch:  # a host that has no list of campaigns
            url = ""
        return columns.campaign_counts(brand, shown_brand(brand), url)

    @admin.display(description=_("local time"), ordering="timezone")
    def local_time(self, brand: Brand) -> str:
        return columns.local_time(brand, shown_brand(brand))

    def _bar(self, brand: Brand, period: Period, label: str) -> str:
        return columns.limit_bar(shown_brand(brand).limits, Level.BRAND, period, brand.currency, label)


class CampaignListMixin(_ListMixin):
    """Campaigns with their spend against budget, and the status derived at this moment with its reason (rule S6)."""

    change_list_template = "admin/django_adbudget/campaign/change_list.html"
    list_display = ["name", "brand", "why", "today", "this_month"]
    list_filter = [
        "status",
        ReasonFilter,
        BrandFilter,
        CampaignZoneFilter,
        "is_active",
        SyncFilter,
    ]
    list_select_related = ["brand"]
    search_fields = ["name", "external_id", "brand__name"]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[CampaignChangeList]:
        return CampaignChangeList

    @admin.display(description=_("status"), ordering="status")
    def why(self, campaign: Campaign) -> str:
        return columns.campaign_status(campaign, shown_campaign(campaign))

    @admin.display(description=_("today"), ordering=_by("daily_budget"))
    def today(self, campaign: Campaign) -> str:
        return self._bar(campaign, Period.DAY, gettext("Spent today"))

    @admin.display(description=_("this month"), ordering=_by("monthly_budget"))
    def this_month(self, campaign: Campaign) -> str:
        """And in total, where the campaign has a budget for that."""
        month = self._bar(campaign, Period.MONTH, gettext("Spent this month"))
        if campaign.total_budget is None:
            return month
        total = self._bar(campaign, Period.TOTAL, gettext("Spent in total"))
        return format_html('{}<span class="ab-quiet">{}</span>{}', month, gettext("in total"), total)

    def _bar(self, campaign: Campaign, period: Period, label: str) -> str:
        found = shown_campaign(campaign)
        return columns.limit_bar(
            found.limits if found else None, Level.CAMPAIGN, period, campaign.brand.currency, label
        )
