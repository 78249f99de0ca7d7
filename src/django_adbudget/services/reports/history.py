"""What happened to a brand or campaign, newest first: reads of a few rows, however many there are."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from ...models import Brand, BudgetChange, Campaign, PlatformOrder, StatusChange
from ..gate import ledger_alias

LATEST = 10


def has_spend(owner: Brand | Campaign) -> bool:
    """Whether spend is recorded, which settles a brand's currency and a campaign's brand (rule M5)."""
    return owner.has_spend(ledger_alias())


def status_changes(owner: Brand | Campaign, limit: int = LATEST) -> list[StatusChange]:
    """The latest changes of status of a campaign, or of all campaigns of a brand; campaigns come along (rule S7)."""
    rows = StatusChange._base_manager.using(ledger_alias()).select_related("campaign")
    latest = rows.filter(campaign__in=_of(owner, limit)).order_by("-at", "-id")
    return list(latest[:limit])


def budget_changes(owner: Brand | Campaign, limit: int = LATEST) -> list[BudgetChange]:
    """The latest edits of budgets, switches and zones; those of its brand decide for a campaign too."""
    if isinstance(owner, Brand):
        which = Q(brand=owner.pk)
    else:
        which = Q(campaign=owner.pk) | Q(brand=owner.brand_id, campaign__isnull=True)
    rows = BudgetChange._base_manager.using(ledger_alias()).select_related("campaign").filter(which)
    return list(rows.order_by("-at", "-id")[:limit])


def platform_order(campaign: Campaign) -> PlatformOrder | None:
    """The newest order for a campaign's platform; None if there never was one (rule D1)."""
    return PlatformOrder._base_manager.using(ledger_alias()).filter(campaign=campaign.pk).first()


def _of(owner: Brand | Campaign, limit: int) -> list[Any]:
    """Campaigns that the latest changes can belong to: with each of them comes at least one change as late."""
    if isinstance(owner, Campaign):
        return [owner.pk]
    campaigns: QuerySet[Campaign] = Campaign._base_manager.using(ledger_alias()).filter(
        brand=owner.pk, status_changed_at__isnull=False
    )
    return list(campaigns.order_by("-status_changed_at", "-pk").values_list("pk", flat=True)[:limit])
