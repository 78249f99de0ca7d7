"""Many brands, campaigns and windows at once, evaluated once, at the end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet

from ...models import Brand, Campaign, DaypartingSchedule
from ..gate import in_transaction, ledger_alias


def plant(brand: Brand, campaigns: Sequence[Campaign], windows: Sequence[DaypartingSchedule]) -> None:
    """Save a new brand with its new campaigns and their windows; the instances get their ids.

    The campaigns are due at once: the next spend, tick or ``reconcile()`` evaluates them (rule S4). Brand and
    campaigns need external ids.
    """
    alias = ledger_alias()

    def work() -> None:
        Brand._base_manager.using(alias).bulk_create([brand])
        _take_ids([brand], Brand._base_manager.using(alias))
        for campaign in campaigns:
            campaign.brand_id = brand.pk
        Campaign._base_manager.using(alias).bulk_create(campaigns)
        _take_ids(campaigns, Campaign._base_manager.using(alias).filter(brand=brand.pk))
        for window in windows:
            window.campaign_id = window.campaign.pk
        DaypartingSchedule._base_manager.using(alias).bulk_create(windows)

    in_transaction(work, alias)


def _take_ids(rows: Sequence[Brand] | Sequence[Campaign], saved: QuerySet[Any]) -> None:
    """MySQL returns no ids."""
    if any(row.pk is None for row in rows):
        ids = dict(saved.filter(external_id__in=[row.external_id for row in rows]).values_list("external_id", "pk"))
        for row in rows:
            row.pk = ids[row.external_id]
