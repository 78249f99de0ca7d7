"""The ways of systems like this one, as they are usually written."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import models, transaction
from django.db.models import F
from django.utils import timezone

from benchmarks.routers import Chosen
from django_adbudget.models import Brand, BudgetSummary, Campaign, CampaignSummary, DaypartingSchedule, SpendRecord
from django_adbudget.rules import as_zone


def record(campaign_id: int, amount: Decimal, key: str, now: datetime) -> None:
    """``create()``, ``F()`` and ``save()`` for the same record and the same five totals, then the checks."""
    with transaction.atomic():
        brand_id = Campaign.objects.values_list("brand_id", flat=True).get(pk=campaign_id)
        brand = Brand.objects.select_for_update(no_key=True).get(pk=brand_id)
        campaign = Campaign.objects.get(pk=campaign_id)
        if SpendRecord.objects.filter(brand=brand, idempotency_key=key).exists():
            return
        today = now.astimezone(as_zone(brand.timezone)).date()
        _create(brand, campaign, amount, key, now, today)
        spent = _add_to_totals(brand, campaign, amount, today)
        over = any(
            budget is not None and spent[total] >= budget
            for total, budget in (
                ("brand DAY", brand.daily_budget),
                ("brand MONTH", brand.monthly_budget),
                ("campaign DAY", campaign.daily_budget),
                ("campaign MONTH", campaign.monthly_budget),
                ("campaign TOTAL", campaign.total_budget),
            )
        )
        Campaign.objects.filter(pk=campaign.pk).update(status="PAUSED_BUDGET" if over else "ACTIVE")


def _create(brand: Brand, campaign: Campaign, amount: Decimal, key: str, now: datetime, today: date) -> None:
    record = SpendRecord(
        brand=brand,
        campaign=campaign,
        amount=amount,
        spend_datetime=now,
        spend_date=today,
        idempotency_key=key,
    )
    models.Model.save(record, force_insert=True)  # the ledger refuses save() of its own


def _add_to_totals(brand: Brand, campaign: Campaign, amount: Decimal, today: date) -> dict[str, Decimal]:
    first = today.replace(day=1)
    ever = date(1970, 1, 1)
    wanted: list[tuple[Any, dict[str, Any]]] = [
        (BudgetSummary, {"brand": brand, "period": "DAY", "start": today}),
        (BudgetSummary, {"brand": brand, "period": "MONTH", "start": first}),
        (CampaignSummary, {"campaign": campaign, "period": "DAY", "start": today}),
        (CampaignSummary, {"campaign": campaign, "period": "MONTH", "start": first}),
        (CampaignSummary, {"campaign": campaign, "period": "TOTAL", "start": ever}),
    ]
    spent = {}
    for model, of in wanted:
        total, _ = model.objects.get_or_create(**of)
        total.spend = F("spend") + amount
        total.save()
        total.refresh_from_db()
        spent[f"{'brand' if 'brand' in of else 'campaign'} {of['period']}"] = total.spend
    return spent


def check_dayparting(now: datetime) -> int:
    """One query over the windows of campaigns, one comparison each, nothing else: the fastest of its kind."""
    changed = 0
    rows = Campaign.objects.using(Chosen.alias).only("id", "name", "is_active", "status")
    local = timezone.localtime(now, as_zone("Europe/Berlin"))
    day, hour = local.weekday(), local.time()
    windows = DaypartingSchedule.objects.using(Chosen.alias).filter(day_of_week=day, is_active=True)
    open_now = {w.campaign_id for w in windows if w.start_time <= hour < w.end_time}
    for campaign in rows.iterator(chunk_size=2_000):
        should_run = campaign.is_active and campaign.pk in open_now
        if should_run != (campaign.status == "ACTIVE"):
            changed += 1
    return changed
