"""Takes postings through the gate: the brands of all of them locked, their campaigns read under that lock (rule L4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from django.db import transaction

from ..exceptions import BrandMismatch
from ..models import Campaign
from . import keys
from .chunks import among, chunks
from .facts import BUDGET_FIELDS, micros
from .gate import Gate, in_transaction, ledger_alias, lock, lock_owner
from .postings import Posting
from .touched import Spender

T = TypeVar("T")


def under_gate(
    batch: Sequence[Posting],
    now: datetime,
    work: Callable[[Gate, Mapping[int, Spender]], T],
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
        campaigns = {done.pk: Spender.of(done)} if done else _read_campaigns(batch, ids, alias)
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


def _check_brands(batch: Sequence[Posting], campaigns: Mapping[int, Spender]) -> None:
    for posting in batch:
        campaign = None if posting.of_brand is None else campaigns.get(posting.campaign_id)
        if campaign is not None and campaign.brand_id != posting.of_brand:
            raise BrandMismatch(f"campaign {campaign.pk} is of brand {campaign.brand_id}, not of {posting.of_brand}")


class _Moved:
    """A campaign belongs to another brand than its instance said: the locks are taken again, in order."""

    def __init__(self, brand_ids: set[int]) -> None:
        self.brand_ids = brand_ids


def _brand_ids(campaign_ids: set[int], alias: str) -> set[int]:
    rows = Campaign._base_manager.using(alias).order_by().values_list("brand_id", flat=True).distinct()
    return {pk for part in chunks(sorted(campaign_ids)) for pk in rows.filter(pk__in=among(part, alias))}


def _read_campaigns(batch: Sequence[Posting], campaign_ids: set[int], alias: str) -> dict[int, Spender]:
    """The campaigns as they are; that of a single posting as a whole, and whether the key is new."""
    rows = Campaign._base_manager.using(alias).order_by()
    if len(batch) == 1:
        whole = rows.annotate(key_is_used=keys.is_used(batch[0].key)).filter(pk__in=campaign_ids)
        return {row.pk: Spender.of(row) for row in whole}
    columns = rows.values_list("pk", "brand_id", "next_check_at", *map(micros, BUDGET_FIELDS.values()))
    return {
        pk: Spender(pk, brand_id, dict(zip(BUDGET_FIELDS, budgets, strict=True)), next_check_at)
        for part in chunks(sorted(campaign_ids))
        for pk, brand_id, next_check_at, *budgets in columns.filter(pk__in=among(part, alias))
    }
