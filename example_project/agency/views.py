"""One page that shows what the budgets allow at this moment."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from django_adbudget.models import Brand, Campaign
from django_adbudget.services import brand_status, campaign_status

from .words import local, money, why


@dataclass(frozen=True)
class BrandRow:
    brand: Brand
    clock: str
    limits: list[str]
    campaigns: list[CampaignRow]


@dataclass(frozen=True)
class CampaignRow:
    name: str
    status: str
    reason: str
    until: str


def overview(request: HttpRequest) -> HttpResponse:
    brands = Brand.objects.prefetch_related("campaigns")
    return render(request, "agency/overview.html", {"rows": [_brand_row(brand) for brand in brands]})


def _brand_row(brand: Brand) -> BrandRow:
    status = brand_status(brand)
    limits = [
        f"{limit.period.lower()}: {money(limit.spent, brand.currency)}"
        + (f" of {money(limit.budget, brand.currency)}" if limit.budget is not None else "")
        for limit in status.limits
    ]
    campaigns = [_campaign_row(campaign, brand.timezone) for campaign in brand.campaigns.all()]
    return BrandRow(brand, local(timezone.now(), brand.timezone), limits, campaigns)


def _campaign_row(campaign: Campaign, zone: str) -> CampaignRow:
    status = campaign_status(campaign)
    until = local(status.next_check_at, zone) if status.next_check_at else ""
    return CampaignRow(campaign.name, status.status, why(status.reasons), until)
