"""What a source has posted already, for reports that say how they differ from it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.db.models import Sum as SumOf

from ..models import SpendRecord
from ..models.ledger import Kind
from ..rules import to_micros
from ..services.chunks import chunks
from ..services.gate import ledger_alias
from .spool import Sum


def posted(source: str, sums: Sequence[Sum]) -> dict[tuple[int, int], int]:
    """Micro-units by campaign and the ordinal of the day, people's corrections apart (rule L7)."""
    found: dict[tuple[int, int], int] = {}
    if not sums:
        return found
    days = [row.at for row in sums]
    rows = SpendRecord._base_manager.using(ledger_alias()).filter(
        source=source,
        spend_date__gte=date.fromordinal(min(days)),
        spend_date__lte=date.fromordinal(max(days)),
    )
    for part in chunks(sorted({row.campaign for row in sums})):
        of_campaigns = rows.filter(campaign__in=part).exclude(kind=Kind.CORRECTION).order_by()
        for campaign, day, total in of_campaigns.values_list("campaign_id", "spend_date").annotate(sum=SumOf("amount")):
            found[campaign, day.toordinal()] = to_micros(total)
    return found
