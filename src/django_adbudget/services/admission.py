"""Takes postings through the gate: the brands of all of them locked, their campaigns read under that lock (rule L4)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from django.db import transaction
from django.db.models import QuerySet

from ..exceptions import BrandMismatch
from ..models import Campaign
from . import ledger
from .chunks import chunks
from .gate import Gate, in_transaction, ledger_alias, lock, lock_owner
from .postings import Posting

T = TypeVar("T")


def under_gate(
    batch: Sequence[Posting],
    now: datetime,
    work: Callable[[Gate, Mapping[int, Campaign]], T],
    *,
    at_once: Callable[[Gate], T | Campaign | None] | None = None,
    dry_run: bool = False,
) -> T:
    """What ``work`` gives for the gate and the postings' campaigns by id; a dry run undoes what it wrote.

    ``at_once`` is asked first, before the campaigns are read. It gives the answer, or None; or, if all that it could
    do is read the one campaign, that.
    """
    alias = ledger_alias()
    ids = {posting.campaign_id for posting in batch}
    brand_ids = {posting.brand_id for posting in batch if posting.brand_id is not None}
    if len(ids) > 1 and any(posting.brand_id is None for posting in batch):
        brand_ids |= _brand_ids(ids, alias)

    def attempt() -> T | _Moved:
        is_known = brand_ids or len(ids) > 1
        gate = lock(brand_ids, now, alias) if is_known else lock_owner(batch[0].campaign_id, now, alias)
        done = at_once(gate) if at_once else None
        if done is not None and not isinstance(done, Campaign):
            return done
        campaigns = {done.pk: done} if done else _read_campaigns(batch, ids, alias)
        _check_brands(batch, campaigns)
        missing = {campaign.brand_id for campaign in campaigns.values()} - gate.brands.keys()
        if missing:
            return _Moved(missing)
        outcome = work(gate, campaigns)
        if dry_run:
            transaction.set_rollback(True, using=alias)
        return outcome

    while True:
        outcome = in_transaction(attempt, alias)
        if not isinstance(outcome, _Moved):
            return outcome
        brand_ids |= outcome.brand_ids


def _check_brands(batch: Sequence[Posting], campaigns: Mapping[int, Campaign]) -> None:
    for posting in batch:
        campaign = None if posting.of_brand is None else campaigns.get(posting.campaign_id)
        if campaign is not None and campaign.brand_id != posting.of_brand:
            raise BrandMismatch(f"campaign {campaign.pk} is of brand {campaign.brand_id}, not of {posting.of_brand}")


class _Moved:
    """A campaign belongs to another brand than its instance said: the locks are taken again, in order."""

    def __init__(self, brand_ids: set[int]) -> None:
        self.brand_ids = brand_ids


def _brand_ids(campaign_ids: set[int], alias: str) -> set[int]:
    return {brand_id for part in chunks(sorted(campaign_ids)) for brand_id in _owners(part, alias).distinct()}


def _owners(campaign_ids: Collection[int], alias: str) -> QuerySet[Campaign, int]:
    rows = Campaign._base_manager.using(alias).filter(pk__in=campaign_ids)
    return rows.order_by().values_list("brand_id", flat=True)


def _read_campaigns(batch: Sequence[Posting], campaign_ids: set[int], alias: str) -> dict[int, Campaign]:
    """The campaigns as they are; for a single posting they say, too, whether its key is new."""
    rows = Campaign._base_manager.using(alias).all()
    if len(batch) == 1:
        rows = rows.annotate(key_is_used=ledger.key_is_used(batch[0].key))
    return {row.pk: row for part in chunks(sorted(campaign_ids)) for row in rows.filter(pk__in=part)}
