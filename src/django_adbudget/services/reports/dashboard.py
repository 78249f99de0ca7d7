"""What the overview shows, in a number of statements that does not grow with the campaigns.

``brands``: those that the reader may see, None for all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Case, Count, IntegerField, QuerySet, Value, When

from ...models import Brand, BudgetChange, Campaign, PlatformOrder
from ...models.campaign import CampaignQuerySet
from ...rules import Reason, Status
from ..access.visibility import within
from ..gate import ledger_alias
from ..results import CampaignStatus
from . import pacing
from .localdays import since_midnight
from .pacing import Pace
from .status import campaign_statuses

Brands = QuerySet[Brand] | None
#: Statuses of campaigns that would run, were it not for a budget or the hour.
_PAUSED = (Status.PAUSED_BUDGET, Status.PAUSED_DAYPART)


@dataclass(frozen=True, slots=True)
class Standing:
    """Campaigns counted by stored status, and by every reason that is stored for them, worst reason first."""

    statuses: Mapping[Status, int]
    reasons: Mapping[Reason, int]

    @property
    def paused(self) -> int:
        return sum(self.statuses[status] for status in _PAUSED)


@dataclass(frozen=True, slots=True)
class Paused:
    """A campaign, with its brand, and its status at this moment; None if that cannot be derived (rule T7)."""

    campaign: Campaign
    status: CampaignStatus | None


@dataclass(frozen=True, slots=True)
class Next:
    """A budget that will be reached, with its brand, and its campaign where it is one's own."""

    pace: Pace
    brand: Brand
    campaign: Campaign | None


@dataclass(frozen=True, slots=True)
class Unsynced:
    """A campaign whose platform has not yet done what it was told, and the order (rule D1)."""

    campaign: Campaign
    order: PlatformOrder | None


def standing(brands: Brands) -> Standing:
    """One statement; it reads what the reconciler stored, which is right within a tick."""
    rows = _campaigns(brands).values_list("status", "status_reasons").annotate(count=Count("pk")).order_by()
    statuses: Counter[Status] = Counter()
    reasons: Counter[Reason] = Counter()
    for status, why, count in rows:
        statuses[Status(status)] += count
        if status in _PAUSED:
            reasons.update({Reason(reason): count for reason in why if reason in set(Reason)})
    return Standing({status: statuses[status] for status in Status}, {r: reasons[r] for r in Reason if reasons[r]})


def paused(brands: Brands, now: datetime, limit: int) -> list[Paused]:
    """Paused campaigns, worst reason first, then those paused last; five statements."""
    rank = Case(
        *[When(status_reasons__startswith=reason.value, then=Value(n)) for n, reason in enumerate(Reason)],
        default=Value(len(Reason)),
        output_field=IntegerField(),
    )
    rows = _campaigns(brands).filter(status__in=_PAUSED).order_by(rank, "-status_changed_at", "pk")
    found = list(rows.select_related("brand")[:limit])
    statuses = campaign_statuses(found, now=now) if found else {}
    return [Paused(campaign, statuses.get(campaign.pk)) for campaign in found]


def pausing_next(brands: Brands, now: datetime, limit: int) -> list[Next]:
    """The budgets that are reached first at the present rate, soonest first."""
    alias = ledger_alias()
    # Named brands are found by an index, where all spend would have to be searched for that of the last hour.
    among = (Brand._base_manager.using(alias) if brands is None else brands).order_by().values_list("pk", flat=True)
    found = pacing.what_pauses_next(brands=list(among), limit=limit, now=now)
    owners = Brand._base_manager.using(alias).in_bulk({pace.brand_id for pace in found})
    campaigns = Campaign._base_manager.using(alias).in_bulk({p.campaign_id for p in found if p.campaign_id is not None})
    return [
        Next(pace, owners[pace.brand_id], None if pace.campaign_id is None else campaigns[pace.campaign_id])
        for pace in found
        if pace.brand_id in owners and (pace.campaign_id is None or pace.campaign_id in campaigns)
    ]


def out_of_sync(brands: Brands, limit: int) -> tuple[int, list[Unsynced]]:
    """How many platforms have not done what they were told, and the worst of them: tried most often, oldest first."""
    rows = _campaigns(brands).out_of_sync()
    worst = rows.select_related("brand", "platform_order").order_by(
        "-platform_order__attempts", "status_changed_at", "pk"
    )
    return rows.count(), [Unsynced(row, getattr(row, "platform_order", None)) for row in worst[:limit]]


def changed_today(brands: Brands, now: datetime, limit: int) -> list[BudgetChange]:
    """Budgets, switches and zones edited since midnight by the clocks of their brand, newest first."""
    alias = ledger_alias()
    today = since_midnight(Brand.objects.using(alias) if brands is None else brands, now, "at")
    rows = BudgetChange._base_manager.using(alias).filter(today, **within(brands))
    return list(rows.select_related("brand", "campaign").order_by("-pk")[:limit])


def _campaigns(brands: Brands) -> CampaignQuerySet:
    return Campaign.objects.using(ledger_alias()).filter(**within(brands))
