"""Rows with their figures as CSV: numbers as a program reads them, instants in ISO form with their zone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import StreamingHttpResponse

from ...models import Brand, Campaign
from ...rules import Level, Period, Status, as_zone
from ...services import CampaignStatus, Limit
from ..csv_cells import Cell, streamed
from ..lists.changelists import show_brands, show_campaigns, shown_brand, shown_campaign

#: Rows in memory at a time.
_CHUNK = 500
_MONEY = ["daily_spent", "daily_budget", "monthly_spent", "monthly_budget"]
BRAND_HEADER = [
    "brand_id", "brand", "external_id", "currency", "timezone", "local_time", "is_active", *_MONEY,
    "campaigns", *(f"campaigns_{status.value.lower()}" for status in Status),
]  # fmt: skip
CAMPAIGN_HEADER = [
    "campaign_id", "campaign", "external_id", "brand_id", "brand", "currency", "timezone", "as_of", "is_active",
    "status", "reasons", "next_start_or_stop", "in_sync", "start_date", "end_date", "dayparting", "window_timezone",
    *_MONEY, "total_spent", "total_budget",
]  # fmt: skip


def export_brands(rows: QuerySet[Brand]) -> StreamingHttpResponse:
    return streamed("brands.csv", BRAND_HEADER, _lines(rows, show_brands, _brand))


def export_campaigns(rows: QuerySet[Campaign]) -> StreamingHttpResponse:
    rows = rows.select_related("brand")
    return streamed("campaigns.csv", CAMPAIGN_HEADER, _lines(rows, show_campaigns, _campaign))


def _lines(
    rows: QuerySet[Any], load: Callable[[list[Any]], None], line: Callable[[Any], list[Cell]]
) -> Iterator[list[Cell]]:
    """A chunk at a time by id: no cursor stays open between them, which a pooler could not keep (rule H1)."""
    rows, last = rows.order_by("pk"), 0
    while part := list(rows.filter(pk__gt=last)[:_CHUNK]):
        load(part)
        yield from map(line, part)
        last = part[-1].pk


def _brand(brand: Brand) -> list[Cell]:
    shown = shown_brand(brand)
    known = shown.limits is not None
    return [
        brand.pk, brand.name, brand.external_id, brand.currency, brand.timezone,
        shown.now.astimezone(as_zone(brand.timezone)).isoformat(timespec="seconds") if known else None,
        brand.is_active,
        *_spent_and_budget(shown.limits, Level.BRAND, (Period.DAY, Period.MONTH)),
        sum(shown.counts.values()), *(shown.counts.get(status, 0) for status in Status),
    ]  # fmt: skip


def _campaign(campaign: Campaign) -> list[Cell]:
    found, brand = shown_campaign(campaign), campaign.brand
    return [
        campaign.pk, campaign.name, campaign.external_id, brand.pk, brand.name, brand.currency, brand.timezone,
        *_decided(campaign, found),
        campaign.start_date, campaign.end_date, campaign.dayparting, campaign.timezone or brand.timezone,
        *_spent_and_budget(found.limits if found else None, Level.CAMPAIGN, tuple(Period)),
    ]  # fmt: skip


def _decided(campaign: Campaign, found: CampaignStatus | None) -> list[Cell]:
    """Derived at the moment of writing (rule S6); one that cannot be decided has its projection, and no moment."""
    if found is None:
        reasons = " ".join(campaign.status_reasons)
        return [None, campaign.is_active, campaign.status, reasons, None, campaign.in_sync]
    zone = found.facts.zone

    def local(at: datetime | None) -> str | None:
        return at.astimezone(zone).isoformat(timespec="seconds") if at else None

    reasons = " ".join(found.reasons)
    return [local(found.at), campaign.is_active, found.status, reasons, local(found.flips_at), found.in_sync]


def _spent_and_budget(limits: tuple[Limit, ...] | None, level: Level, periods: tuple[Period, ...]) -> Iterator[Cell]:
    found = {limit.period: limit for limit in limits or () if limit.level is level}
    for period in periods:
        limit = found.get(period)
        yield limit.spent if limit else None
        yield limit.budget if limit else None
