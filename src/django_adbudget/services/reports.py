"""Composed reads: the status derived at the moment of asking, with the figures (rule S6)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime

from django.db.models import Q, QuerySet

from ..clock import instant
from ..models import Brand, BudgetSummary, Campaign
from ..rules import Level, Period, Reason, Status, decide, from_micros, local_date
from ..rules.status import LimitFacts, period_start
from . import facts
from .facts import Loaded
from .gate import Gate, ledger_alias
from .results import BrandStatus, CampaignStatus, Limit


def campaign_status(campaign: Campaign | int, *, now: datetime | None = None) -> CampaignStatus:
    """A campaign's status, reasons and limits, derived from the facts at ``now`` (rule S6).

    Raises ``Campaign.DoesNotExist``, and ``UnknownTimezone`` if its zone or its brand's is not known here (rule T7).
    """
    pk = campaign.pk if isinstance(campaign, Campaign) else campaign
    alias = ledger_alias()
    rows = Campaign._base_manager.using(alias).filter(pk=pk)
    brand = Brand._base_manager.using(alias).filter(campaigns__pk=pk).first()
    gate = Gate(alias, instant(now), {brand.pk: brand} if brand else {})
    loaded = facts.load(gate, rows, all_totals=True)
    if not loaded:
        raise Campaign.DoesNotExist(f"campaign {pk} does not exist")
    return status_of(loaded[0], gate.now)


def campaign_statuses(campaigns: Iterable[Campaign], *, now: datetime | None = None) -> dict[int, CampaignStatus]:
    """The same for many campaigns, by id, in four statements; those whose zone is not known here are left out."""
    alias, ids = ledger_alias(), {campaign.pk: campaign.brand_id for campaign in campaigns}
    brands = Brand._base_manager.using(alias).in_bulk(set(ids.values()))
    gate = Gate(alias, instant(now), brands)
    rows = Campaign._base_manager.using(alias).filter(pk__in=ids, brand__in=brands)
    return {
        row.stored.id: status_of(row, gate.now)
        for row in facts.load(gate, rows, all_totals=True)
        if row.facts is not None
    }


def status_of(loaded: Loaded, now: datetime) -> CampaignStatus:
    """The status of a campaign whose facts are loaded. Raises ``UnknownTimezone``."""
    if loaded.facts is None:
        assert loaded.error is not None
        raise loaded.error
    stored, decision = loaded.stored, decide(loaded.facts, now)
    today = local_date(now, loaded.facts.zone)
    return CampaignStatus(
        campaign_id=stored.id,
        at=now,
        status=decision.status,
        reasons=decision.reasons,
        can_run_now=decision.runs,
        is_within_dayparting=Reason.OUTSIDE_DAYPARTING not in decision.reasons,
        next_check_at=decision.next_check_at,
        stored_status=Status(stored.status),
        limits=tuple(_limit(limit, today) for limit in loaded.facts.limits),
        in_sync=stored.desired_generation == stored.acked_generation,
    )


def brand_status(brand: Brand | int, *, now: datetime | None = None) -> BrandStatus:
    """A brand's local date, limits, and campaigns counted by derived status.

    Campaigns that cannot be decided are counted by the status stored for them. Raises ``Brand.DoesNotExist``,
    and ``UnknownTimezone`` if the brand's zone is not known here.
    """
    alias = ledger_alias()
    row = Brand._base_manager.using(alias).get(pk=brand.pk if isinstance(brand, Brand) else brand)
    gate = Gate(alias, instant(now), {row.pk: row})
    today = local_date(gate.now, row.timezone)
    return BrandStatus(
        brand_id=row.pk,
        at=gate.now,
        date=today,
        month=today.replace(day=1),
        currency=row.currency,
        limits=tuple(_limit(limit, today) for limit in _brand_limits(gate, row, today)),
        campaign_counts=_counts(gate, Campaign._base_manager.using(alias).filter(brand=row)),
    )


def _brand_limits(gate: Gate, brand: Brand, today: date) -> list[LimitFacts]:
    starts = {period: period_start(period, today) for period in facts.BRAND_PERIODS}
    current = Q(period=Period.DAY, start=starts[Period.DAY]) | Q(period=Period.MONTH, start=starts[Period.MONTH])
    totals = BudgetSummary._base_manager.using(gate.alias).filter(current, brand=brand)
    spent = dict(totals.values_list("period", facts.micros("spend")))
    budgets = facts.budgets_of_brand(brand)
    return [
        LimitFacts(Level.BRAND, period, budgets[period], {starts[period]: spent.get(period, 0)})
        for period in facts.BRAND_PERIODS
    ]


def _counts(gate: Gate, campaigns: QuerySet[Campaign]) -> dict[str, int]:
    loaded = facts.load(gate, campaigns)
    counts = Counter(
        row.stored.status if row.facts is None else decide(row.facts, gate.now).status.value for row in loaded
    )
    return {"total": len(loaded), **{status.value.lower(): counts[status.value] for status in Status}}


def _limit(limit: LimitFacts, today: date) -> Limit:
    spent = from_micros(limit.spent_on(today))
    budget = None if limit.budget is None else from_micros(limit.budget)
    return Limit(limit.level, limit.period, spent, budget, None if budget is None else budget - spent)
