"""The rows of a page with all that is shown beside them, loaded once for the page (rule S6)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.admin.views.main import ChangeList
from django.db.models import Count
from django.http import HttpRequest

from ...clock import instant
from ...models import Brand, Campaign
from ...services import CampaignStatus, Limit
from ...services.gate import ledger_alias
from ...services.reports.status import brand_limits, campaign_statuses

_SHOWN = "_adbudget_shown"


@dataclass(frozen=True, slots=True)
class ShownBrand:
    """A brand's limits, day before month (None: its zone is not known here), and its campaigns by stored status."""

    now: datetime
    limits: tuple[Limit, ...] | None
    counts: Mapping[str, int]


class BrandChangeList(ChangeList):
    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        show_brands(self.result_list)


class CampaignChangeList(ChangeList):
    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        show_campaigns(self.result_list)


def show_brands(brands: Iterable[Brand]) -> None:
    rows, now = list(brands), instant()
    limits, counts = brand_limits(rows, now=now), _counts(rows)
    for row in rows:
        setattr(row, _SHOWN, ShownBrand(now, limits.get(row.pk), counts[row.pk]))


def show_campaigns(campaigns: Iterable[Campaign]) -> None:
    rows = list(campaigns)
    statuses = campaign_statuses(rows)
    for row in rows:
        setattr(row, _SHOWN, statuses.get(row.pk))


def shown_brand(brand: Brand) -> ShownBrand:
    """What was loaded for the page; loaded now for a row that a host shows elsewhere."""
    found: ShownBrand = _shown(brand, show_brands)
    return found


def shown_campaign(campaign: Campaign) -> CampaignStatus | None:
    """The status derived for the page; None if a zone is not known here."""
    found: CampaignStatus | None = _shown(campaign, show_campaigns)
    return found


def _shown(row: Any, load: Any) -> Any:
    if not hasattr(row, _SHOWN):
        load([row])
    return getattr(row, _SHOWN)


def _counts(brands: list[Brand]) -> Mapping[int, Mapping[str, int]]:
    rows = Campaign._base_manager.using(ledger_alias()).filter(brand__in=[brand.pk for brand in brands])
    counts: dict[int, dict[str, int]] = defaultdict(dict)
    for brand_id, status, count in rows.order_by().values_list("brand_id", "status").annotate(n=Count("pk")):
        counts[brand_id][status] = count
    return counts
