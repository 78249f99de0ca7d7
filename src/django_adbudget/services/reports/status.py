"""Composed reads: the status derived at the moment of asking, with the figures (rule S6)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime

from django.db.models import Q, QuerySet

from ...clock import instant
from ...models import Brand, BudgetSummary, Campaign
from ...rules import Level, Reason, Status, decide, from_micros, local_date
from ...rules.status import LimitFacts, period_start
from .. import facts
from ..facts import Loaded
from ..gate import Gate, ledger_alias
from ..results import BrandStatus, CampaignStatus, Limit


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
        facts=loaded.facts,
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
        limits=tuple(_limit(limit, today) for limit in _brand_limits(row, today, _brand_spend(alias, {row: today}))),
        campaign_counts=_counts(gate, Campaign._base_manager.using(alias).filter(brand=row)),
    )


def brand_limits(brands: Iterable[Brand], *, now: datetime | None = None) -> dict[int, tuple[Limit, ...]]:
    """The limits of many brands by id, day before month, in one statement; brands of unknown zones are left out.

    The budgets are those of the given instances, which have just been read.
    """
    at, alias = instant(now), ledger_alias()
    todays = {brand: today for brand in brands if (today := _today(brand, at))}
    spent = _brand_spend(alias, todays)
    return {
        brand.pk: tuple(_limit(limit, today) for limit in _brand_limits(brand, today, spent))
        for brand, today in todays.items()
    }


BrandSpend = dict[tuple[int, str, date], int]


def _today(brand: Brand, now: datetime) -> date | None:
    try:
        return local_date(now, brand.timezone)
    except ValueError:
        return None


def _brand_spend(alias: str, todays: Mapping[Brand, date]) -> BrandSpend:
    current = Q()
    for period in facts.BRAND_PERIODS:
        current |= Q(period=period, start__in={period_start(period, today) for today in todays.values()})
    totals = BudgetSummary._base_manager.using(alias).filter(current, brand__in=[brand.pk for brand in todays])
    rows = totals.values_list("brand_id", "period", "start", facts.micros("spend")) if todays else ()
    return {(owner, period, start): spend for owner, period, start, spend in rows}


def _brand_limits(brand: Brand, today: date, spent: BrandSpend) -> list[LimitFacts]:
    budgets = facts.budgets_of_brand(brand)
    starts = {period: period_start(period, today) for period in facts.BRAND_PERIODS}
    return [
        LimitFacts(Level.BRAND, period, budgets[period], {start: spent.get((brand.pk, period, start), 0)})
        for period, start in starts.items()
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
