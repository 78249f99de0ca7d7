"""Many brands, campaigns and windows at once, evaluated once, at the end."""

from __future__ import annotations

from collections.abc import Sequence

from ..models import Brand, Campaign, DaypartingSchedule
from .gate import in_transaction, ledger_alias


def plant(brand: Brand, campaigns: Sequence[Campaign], windows: Sequence[DaypartingSchedule]) -> None:
    """Save a new brand with its new campaigns and their windows; the instances get their ids.

    The campaigns are due at once: the next spend, tick or ``reconcile()`` evaluates them (rule S4). Brand and
    campaigns need external ids.
    """
    alias = ledger_alias()

    def work() -> None:
        Brand._base_manager.using(alias).bulk_create([brand])
        _take_ids(alias, [brand], Brand)
        for campaign in campaigns:
            campaign.brand_id = brand.pk
        Campaign._base_manager.using(alias).bulk_create(campaigns)
        _take_ids(alias, campaigns, Campaign)
        for window in windows:
            window.campaign_id = window.campaign.pk
        DaypartingSchedule._base_manager.using(alias).bulk_create(windows)

    in_transaction(work, alias)


def _take_ids(alias: str, rows: Sequence[Brand] | Sequence[Campaign], model: type[Brand] | type[Campaign]) -> None:
    """MySQL returns no ids."""
    if all(row.pk is not None for row in rows):
        return
    among = model._base_manager.using(alias).filter(external_id__in=[row.external_id for row in rows])
    if isinstance(rows[0], Campaign):
        among = among.filter(brand=rows[0].brand_id)
    ids = dict(among.values_list("external_id", "pk"))
    for row in rows:
        row.pk = ids[row.external_id]
