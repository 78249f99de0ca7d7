"""One page that shows what the budgets allow at this moment, and one word for health checks."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from django_adbudget.models import Brand, Campaign
from django_adbudget.services import Limit, brand_status, campaign_status

from .words import STATUS, local, money, why


@dataclass(frozen=True)
class BrandRow:
    brand: Brand
    clock: str
    limits: list[LimitRow]
    campaigns: list[CampaignRow]


@dataclass(frozen=True)
class LimitRow:
    words: str
    percent: int | None
    """Of the budget, as far as a bar can show it; None where there is none."""


@dataclass(frozen=True)
class CampaignRow:
    name: str
    status: str
    label: str
    reason: str
    until: str


def alive(_request: HttpRequest) -> HttpResponse:
    """200 while this process and its database answer. That beat and workers do is what ``GET api/health/`` tells."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return HttpResponse("The database does not answer.", content_type="text/plain", status=503)
    return HttpResponse("ok", content_type="text/plain")


def overview(request: HttpRequest) -> HttpResponse:
    brands = Brand.objects.prefetch_related("campaigns")
    return render(request, "agency/overview.html", {"rows": [_brand_row(brand) for brand in brands]})


def _brand_row(brand: Brand) -> BrandRow:
    status = brand_status(brand)
    limits = [_limit_row(limit, brand.currency) for limit in status.limits]
    campaigns = [_campaign_row(campaign, brand.timezone) for campaign in brand.campaigns.all()]
    return BrandRow(brand, local(timezone.now(), brand.timezone), limits, campaigns)


def _limit_row(limit: Limit, currency: str) -> LimitRow:
    words = f"{limit.period.lower()}: {money(limit.spent, currency)}"
    if limit.budget is None:
        return LimitRow(words, None)
    percent = min(int(100 * limit.spent / limit.budget), 100) if limit.budget else 100
    return LimitRow(f"{words} of {money(limit.budget, currency)}", percent)


def _campaign_row(campaign: Campaign, zone: str) -> CampaignRow:
    status = campaign_status(campaign)
    until = local(status.next_check_at, zone) if status.next_check_at else ""
    return CampaignRow(campaign.name, status.status, STATUS[status.status], why(status.reasons), until)
