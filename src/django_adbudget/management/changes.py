"""Changes of status, told to people and to scripts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Max

from ..models import Brand, StatusChange
from ..rules import as_zone
from ..services.gate import ledger_alias
from .base import counted

_SHOWN = 20


def newest() -> int:
    """The id of the newest change; what comes after it is new."""
    found: int | None = StatusChange._base_manager.using(ledger_alias()).aggregate(newest=Max("pk"))["newest"]
    return found or 0


def since(seen: int, brands: Sequence[Brand] | None, at: datetime | None = None) -> list[StatusChange]:
    """Changes newer than ``seen``, in order; only those of the instant ``at``, if it is given."""
    # What was written a moment ago is read where it was written, not from a replica (rule H1).
    changes = StatusChange._base_manager.using(ledger_alias()).filter(pk__gt=seen)
    if brands is not None:
        changes = changes.filter(campaign__brand__in=brands)
    if at is not None:
        changes = changes.filter(at=at)
    return list(changes.select_related("campaign__brand").order_by("pk"))


def in_words(change: StatusChange) -> str:
    campaign = change.campaign
    reasons = f" ({', '.join(change.reasons)})" if change.reasons else ""
    return f"{campaign.brand} / {campaign}: {change.from_status} -> {change.to_status}{reasons}"


def with_local_time(change: StatusChange) -> str:
    zone = change.campaign.brand.timezone
    return f"{change.at.astimezone(as_zone(zone)):%Y-%m-%d %H:%M} {zone}  {in_words(change)}"


def some_in_words(changes: Sequence[StatusChange]) -> Iterator[str]:
    """No more than fit on a page."""
    for change in changes[:_SHOWN]:
        yield f"  {in_words(change)}"
    if len(changes) > _SHOWN:
        yield f"  ... and {counted(len(changes) - _SHOWN, 'more change')}"


def as_data(change: StatusChange) -> dict[str, Any]:
    return {
        "at": change.at.isoformat(),
        "brand_id": change.campaign.brand_id,
        "campaign_id": change.campaign_id,
        "campaign": change.campaign.name,
        "from_status": change.from_status,
        "to_status": change.to_status,
        "reasons": list(change.reasons),
        "cause": change.cause,
    }
