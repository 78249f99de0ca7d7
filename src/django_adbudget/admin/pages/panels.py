"""What stands around the form: composed reads, put into words. Nothing here writes or decides."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils import formats
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext

from ... import wording
from ...clock import instant
from ...exceptions import UnknownTimezone
from ...models import Brand, Campaign
from ...rules import CampaignFacts, Decision, Level, LimitFacts, Status, as_zone, decide, local_date, to_micros
from ...rules.forecast import next_flip
from ...rules.status import period_start
from ...services import BrandStatus, Limit, brand_status, campaign_status
from ...services.gate import ledger_alias
from ...services.reports.history import budget_changes, platform_order, status_changes
from ...services.reports.series import spend_by_day, spend_by_hour
from ..explaining import OF_BRAND, Question, explain
from ..lists.bars import bar
from ..lists.changelists import ShownBrand
from ..lists.columns import campaign_counts, is_known
from ..lists.columns import campaign_status as status_cell
from . import plots, told

Panels = dict[str, Any]


def of_campaign(pk: int, now: datetime | None = None) -> Panels:
    """The panels of a campaign's page; without those that need to know what day it is, if nobody does (rule T7).

    By id, since the instance on the page may hold what a refused form would have made of it.
    """
    at = instant(now)
    campaign = Campaign._base_manager.using(ledger_alias()).select_related("brand").get(pk=pk)
    brand = campaign.brand
    panels = _always(campaign, brand) | _of_day(campaign, brand, campaign.daily_budget, at)
    panels["order"] = told.order(platform_order(campaign), campaign, brand.timezone)
    panels["in_sync"] = campaign.in_sync
    try:
        status = campaign_status(campaign, now=at)
    except UnknownTimezone:
        unknown = brand.timezone if not is_known(brand.timezone) else campaign.timezone
        return panels | {"status": status_cell(campaign, None), "unknown_zone": unknown}
    question = Question(status.facts, status.reasons, brand.currency, at)
    return panels | {
        "status": status_cell(campaign, status),
        "limits": _limits(_ordered(status.limits), brand.currency),
        "decision": explain(question),
    }


def of_brand(pk: int, now: datetime | None = None, *, campaigns_at: str = "") -> Panels:
    """The panels of a brand's page. Its campaigns are counted for readers who may list them at ``campaigns_at``."""
    at = instant(now)
    brand = Brand._base_manager.using(ledger_alias()).get(pk=pk)
    panels = _always(brand, brand) | _of_day(brand, brand, brand.daily_budget, at)
    try:
        status = brand_status(brand, now=at)
    except UnknownTimezone:
        return panels | {"unknown_zone": brand.timezone}
    facts = _facts_of_brand(brand, status)
    decision = decide(facts, at)
    return panels | {
        "status": _brand_blocks(facts, decision, at),
        "limits": _limits(status.limits, brand.currency),
        "decision": explain(Question(facts, decision.reasons, brand.currency, at), OF_BRAND),
        "counts": _counts(brand, status, campaigns_at) if campaigns_at else "",
    }


def _always(owner: Brand | Campaign, brand: Brand) -> Panels:
    zone, currency = brand.timezone, brand.currency
    return {
        "brand": brand,
        "is_campaign": isinstance(owner, Campaign),
        "status_changes": told.changes(status_changes(owner), zone, currency),
        "budget_changes": told.edits(budget_changes(owner), zone, currency),
    }


def _of_day(owner: Brand | Campaign, brand: Brand, daily_budget: Decimal | None, now: datetime) -> Panels:
    """Today and this month; nothing where nobody knows what day it is (rule T7)."""
    if not is_known(brand.timezone):
        return {}
    today = local_date(now, brand.timezone)
    yesterday = date.fromordinal(today.toordinal() - 1)
    last = plots.month_end(today)
    before, this_day = spend_by_hour(owner, (yesterday, today), brand.timezone)
    days = spend_by_day(owner, today.replace(day=1), last)
    return {
        "local_time": _local_time(now, brand.timezone),
        "hours": plots.hours(before, this_day, brand.currency, now),
        "days": plots.days(days, today, last, daily_budget, brand.currency),
    }


def _local_time(now: datetime, zone: str) -> str:
    local = now.astimezone(as_zone(zone))
    return gettext("%(date)s, %(time)s in %(city)s (%(zone)s, UTC%(offset)s)") % {
        "date": formats.date_format(local.date(), "DATE_FORMAT"),
        "time": wording.clock(local),
        "city": wording.city(zone),
        "zone": zone,
        "offset": f"{local:%z}"[:3] + ":" + f"{local:%z}"[3:5],
    }


def _ordered(limits: tuple[Limit, ...]) -> list[Limit]:
    """The campaign's own first."""
    return sorted(limits, key=lambda limit: limit.level is Level.BRAND)


def _limits(limits: Any, currency: str) -> list[tuple[str, SafeString, str]]:
    """Label, bar and what is left of each budget; negative once overspent (rule M4)."""
    return [
        (
            (label := capfirst(str(wording.BUDGETS[limit.level, limit.period]))),
            bar(limit, currency, label),
            _left(limit, currency),
        )
        for limit in limits
    ]


def _left(limit: Limit, currency: str) -> str:
    if limit.remaining is None:
        return ""
    return gettext("Remaining: %(amount)s") % {"amount": wording.money(limit.remaining, currency)}


def _facts_of_brand(brand: Brand, status: BrandStatus) -> CampaignFacts:
    """What of the brand decides for its campaigns, to be asked of the one decision (rule S3)."""
    return CampaignFacts(
        zone=as_zone(brand.timezone),
        brand_is_active=brand.is_active,
        limits=tuple(_limit_facts(limit, status.date) for limit in status.limits),
    )


def _brand_blocks(facts: CampaignFacts, decision: Decision, now: datetime) -> SafeString | str:
    """What keeps all its campaigns from running; empty if nothing does."""
    if decision.runs:
        return ""
    words = wording.status(decision.status, decision.reasons, facts.zone.key, now, next_flip(facts, now))
    return format_html('<span class="ab-status ab-warn">{}</span>', words)


def _counts(brand: Brand, status: BrandStatus, campaigns_at: str) -> SafeString | str:
    counts = {each.value: status.campaign_counts[each.value.lower()] for each in Status}
    shown = ShownBrand(status.at, status.limits, {each: n for each, n in counts.items() if n})
    return campaign_counts(brand, shown, campaigns_at)


def _limit_facts(limit: Limit, today: date) -> LimitFacts:
    budget = None if limit.budget is None else to_micros(limit.budget)
    return LimitFacts(limit.level, limit.period, budget, {period_start(limit.period, today): to_micros(limit.spent)})
