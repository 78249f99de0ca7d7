"""What must hold after any storm, checked without the code that made it so."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise

from django_adbudget.models import BudgetSummary, Campaign, CampaignSummary, PlatformOrder, SpendRecord, StatusChange
from django_adbudget.services import campaign_status, verify_summaries

Totals = dict[tuple[int, str, date], Decimal]


def check_books(now: datetime) -> None:
    """Totals are the ledger's, every status is the derived one, and history tells how it came about."""
    check_totals()
    for campaign in Campaign.objects.select_related("platform_order"):
        check_projection(campaign, now)
        check_history(campaign)
    for change in StatusChange.objects.iterator():
        check_figures(change)


def check_totals() -> None:
    """Rule L5, by ``verify`` and by a sum in Python that knows nothing of it."""
    assert verify_summaries() == []
    brands: Totals = defaultdict(Decimal)
    campaigns: Totals = defaultdict(Decimal)
    for record in SpendRecord.objects.iterator():
        day = record.spend_date
        for period, start in (("DAY", day), ("MONTH", day.replace(day=1))):
            brands[record.brand_id, period, start] += record.amount
            campaigns[record.campaign_id, period, start] += record.amount
        campaigns[record.campaign_id, "TOTAL", date(1970, 1, 1)] += record.amount
    of_brands = BudgetSummary.objects.values_list("brand_id", "period", "start", "spend")
    assert _not_zero(brands) == _not_zero({(o, p, s): spend for o, p, s, spend in of_brands})
    of_campaigns = CampaignSummary.objects.values_list("campaign_id", "period", "start", "spend")
    assert _not_zero(campaigns) == _not_zero({(o, p, s): spend for o, p, s, spend in of_campaigns})


def _not_zero(totals: Totals) -> Totals:
    return {key: spend for key, spend in totals.items() if spend}


def check_projection(campaign: Campaign, now: datetime) -> None:
    """Rules S1 and S6: what is stored is what the facts say."""
    derived = campaign_status(campaign, now=now)
    assert (campaign.status, campaign.status_reasons) == (derived.status, derived.reasons), campaign
    assert campaign.next_check_at == derived.next_check_at, campaign


def check_history(campaign: Campaign) -> None:
    """Rule S7: each change goes on from the one before. Rule D1: an order for each flip between RUN and STOP."""
    changes = list(StatusChange.objects.filter(campaign=campaign).order_by("pk"))
    steps = [change.from_status for change in changes] + [campaign.status]
    assert steps[0] == "INACTIVE"
    assert steps[1:] == [change.to_status for change in changes]
    assert all(before != after for before, after in pairwise(steps)), steps
    flips = sum((before == "ACTIVE") != (after == "ACTIVE") for before, after in pairwise(steps))
    assert campaign.desired_generation == flips
    if flips:
        check_order(campaign.platform_order, campaign)


def check_order(order: PlatformOrder, campaign: Campaign) -> None:
    assert order.generation == campaign.desired_generation
    assert order.action == ("RUN" if campaign.status == "ACTIVE" else "STOP")
    assert campaign.acked_generation <= order.generation
    assert (order.state == "DONE") == (campaign.acked_generation == order.generation)


def check_figures(change: StatusChange) -> None:
    """The figures beside a change are those that decided: spend at or over a budget, and a reason, go together."""
    for limit in change.figures["limits"]:
        name = f"{limit['level']}_{limit['period'].replace('DAY', 'DAILY').replace('MONTH', 'MONTHLY')}_BUDGET"
        budget = Decimal(limit["budget"])
        assert (not budget or Decimal(limit["spent"]) >= budget) == (name in change.reasons), change.figures
