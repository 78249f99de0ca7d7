"""What the endpoints answer, as plain values. Money stays ``Decimal``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import time
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from ..models import (
    Brand,
    BudgetSummary,
    Campaign,
    DaypartingSchedule,
    SpendRecord,
    StatusChange,
)
from ..models.campaign import Weekday
from ..rules import Level, Period, Status, as_zone
from ..services import BrandStatus, CampaignStatus, Limit

_NAMES = {Period.DAY: "daily", Period.MONTH: "monthly", Period.TOTAL: "total"}
_CENT = Decimal("0.01")


def spend(record: SpendRecord, currency: str, standing: Mapping[str, Any], paused: Iterable[int]) -> dict[str, Any]:
    return {
        "id": record.pk,
        "brand_id": record.brand_id,
        "campaign_id": record.campaign_id,
        "amount": record.amount,
        "currency": currency,
        "kind": record.kind,
        "spend_datetime": record.spend_datetime,
        "spend_date": record.spend_date,
        "idempotency_key": record.idempotency_key,
        "source": record.source,
        "description": record.description,
        **standing,
        "paused": list(paused),
    }


def standing(status: str, reasons: Iterable[str]) -> dict[str, Any]:
    return {"campaign_status": status, "reasons": list(reasons)}


def paused(changes: Iterable[StatusChange]) -> list[int]:
    """Campaigns that ran and do no longer."""
    return [change.campaign_id for change in changes if change.from_status == Status.ACTIVE]


def campaign_status(
    campaign: Campaign, status: CampaignStatus, windows: Iterable[DaypartingSchedule]
) -> dict[str, Any]:
    brand = campaign.brand
    return {
        "campaign_id": campaign.pk,
        "campaign_name": campaign.name,
        "brand_id": brand.pk,
        "brand_name": brand.name,
        "status": status.status,
        "reasons": list(status.reasons),
        "is_active": campaign.is_active,
        "can_run_now": status.can_run_now,
        "is_within_dayparting": status.is_within_dayparting,
        "next_check_at": status.next_check_at,
        "in_sync": status.in_sync,
        "brand_budget_status": budgets(brand.currency, _of(Level.BRAND, status.limits)),
        "campaign_budget_status": budgets(brand.currency, _of(Level.CAMPAIGN, status.limits)),
        "dayparting_schedules": [window(row) for row in windows],
    }


def budgets(currency: str, limits: Iterable[Limit]) -> dict[str, Any]:
    kept = list(limits)
    figures: dict[str, Any] = {"currency": currency, "has_budget_remaining": not any(map(_is_reached, kept))}
    for limit in kept:
        name = _NAMES[limit.period]
        figures |= {f"{name}_spent": limit.spent, f"{name}_budget": limit.budget, f"{name}_remaining": limit.remaining}
    return figures


def window(row: DaypartingSchedule) -> dict[str, Any]:
    """``end_hour`` 24 is midnight at the end of the day, which ``end_time`` writes 00:00 (rule T5)."""
    return {
        "day_of_week": row.day_of_week,
        "day_name": Weekday(row.day_of_week).name.title(),
        "start_time": row.start_time,
        "end_time": row.end_time,
        "start_hour": row.start_time.hour,
        "end_hour": 24 if row.end_time == time() else row.end_time.hour,
        "is_active": row.is_active,
    }


def brand_status(brand: Brand, status: BrandStatus) -> dict[str, Any]:
    figures = budgets(status.currency, status.limits)
    del figures["currency"]
    for limit in status.limits:
        figures[f"{_NAMES[limit.period]}_utilization_percent"] = _utilization(limit)
    return {
        "brand_id": brand.pk,
        "brand_name": brand.name,
        "timezone": brand.timezone,
        "local_time": status.at.astimezone(as_zone(brand.timezone)).isoformat(),
        "local_date": status.date,
        "currency": status.currency,
        "is_active": brand.is_active,
        "budget_status": figures,
        "campaign_counts": dict(status.campaign_counts),
    }


def brand_row(brand: Brand) -> dict[str, Any]:
    return {
        "id": brand.pk,
        "name": brand.name,
        "external_id": brand.external_id,
        "timezone": brand.timezone,
        "currency": brand.currency,
        "daily_budget": brand.daily_budget,
        "monthly_budget": brand.monthly_budget,
        "is_active": brand.is_active,
    }


def campaign_row(campaign: Campaign, derived: CampaignStatus | None) -> dict[str, Any]:
    """``status`` is derived now, ``stored_status`` is what filters go by; undecidable ones show what is stored."""
    return {
        "id": campaign.pk,
        "brand_id": campaign.brand_id,
        "name": campaign.name,
        "external_id": campaign.external_id,
        "is_active": campaign.is_active,
        "status": derived.status if derived else campaign.status,
        "reasons": list(derived.reasons if derived else campaign.status_reasons),
        "stored_status": campaign.status,
        "next_check_at": derived.next_check_at if derived else campaign.next_check_at,
        "daily_budget": campaign.daily_budget,
        "monthly_budget": campaign.monthly_budget,
        "total_budget": campaign.total_budget,
        "start_date": campaign.start_date,
        "end_date": campaign.end_date,
        "dayparting": campaign.dayparting,
        "timezone": campaign.timezone or campaign.brand.timezone,
        "in_sync": campaign.in_sync,
    }


def change_row(change: StatusChange) -> dict[str, Any]:
    return {
        "id": change.pk,
        "campaign_id": change.campaign_id,
        "from_status": change.from_status,
        "to_status": change.to_status,
        "reasons": list(change.reasons),
        "cause": change.cause,
        "actor": change.actor,
        "figures": change.figures,
        "at": change.at,
    }


def summary_row(summary: BudgetSummary) -> dict[str, Any]:
    """``budget`` is the one that holds at present."""
    return {
        "period": summary.period,
        "start": summary.start,
        "spend": summary.spend,
        "budget": summary.budget,
        "remaining": summary.remaining,
    }


def _of(level: Level, limits: Iterable[Limit]) -> list[Limit]:
    return [limit for limit in limits if limit.level is level]


def _is_reached(limit: Limit) -> bool:
    """Rules M3 and M4."""
    return limit.budget is not None and (limit.budget == 0 or limit.spent >= limit.budget)


def _utilization(limit: Limit) -> Decimal | None:
    if limit.budget is None:
        return None
    if limit.budget == 0:
        return Decimal(100)
    return (limit.spent * 100 / limit.budget).quantize(_CENT, ROUND_HALF_UP)
