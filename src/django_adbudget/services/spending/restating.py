"""Running totals of platforms: the difference to what was posted becomes a record (rule L7)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Max, Sum

from ...clock import instant
from ...exceptions import Archived, BatchRejected, InvalidEntry, InvalidSpendTime
from ...models import Campaign, LedgerArchive, SpendRecord
from ...models.ledger import Kind
from ...rules import as_zone, local_date, to_micros
from ...rules.calendar import day_start
from ...rules.money import within_record
from ..chunks import chunks
from ..gate import Gate
from ..results import SpendReceipt, SpendTotal, TotalsReceipt
from . import ledger, postings
from .admission import under_gate
from .postings import Posting
from .touched import Spender

#: (campaign id, local date)
Day = tuple[int, date]


def set_spend_total(
    campaign: Campaign | int,
    date: date,
    total: Decimal | int | str,
    *,
    source: str,
    currency: str | None = None,
    max_age_days: int | None = None,
    now: datetime | None = None,
) -> SpendReceipt | None:
    """Take a platform's running total for a campaign and local day; None if there is nothing to post (rule L7).

    The difference to what ``source`` has posted for that day, as SPEND and RESTATEMENT, becomes one record. Raises
    ``InvalidAmount`` for a negative total, ``InvalidSpendTime`` for a day in the future, ``InvalidEntry`` for a
    source that is blank, ``CurrencyMismatch``, or ``Campaign.DoesNotExist``.
    """
    target = replace(postings.of_total(SpendTotal(campaign, date, total, currency), source), max_age_days=max_age_days)
    try:
        recorded = under_gate([target], instant(now), lambda gate, campaigns: _restate(gate, [target], campaigns))
    except BatchRejected as rejected:
        raise rejected.errors[0] from None
    return SpendReceipt(recorded.records[0], False, recorded.status_changes) if recorded.records else None


def set_spend_totals(
    totals: Iterable[SpendTotal | Mapping[str, Any]],
    *,
    source: str,
    now: datetime | None = None,
    dry_run: bool = False,
) -> TotalsReceipt:
    """Take many totals of one platform in one transaction, all or nothing (rules L7, L8).

    A dry run decides all, its pauses too, and writes nothing. Raises ``BatchRejected`` with errors by index; the
    same campaign and day twice is an error.
    """
    targets, errors = postings.of_totals(totals, source)
    if errors:
        raise BatchRejected(errors)
    if not targets:
        return TotalsReceipt(0, 0)
    recorded = under_gate(
        targets, instant(now), lambda gate, campaigns: _restate(gate, targets, campaigns), dry_run=dry_run
    )
    made = len(recorded.replayed)
    return TotalsReceipt(made, len(targets) - made, recorded.status_changes)


def _restate(gate: Gate, targets: Sequence[Posting], campaigns: Mapping[int, Spender]) -> ledger.Recorded:
    posted = _posted(gate, targets)
    kept = first_kept(gate.brands, gate.alias)
    batch: dict[int, Posting] = {}
    errors: dict[int, Exception] = {}
    seen: set[Day] = set()
    for index, target in enumerate(targets):
        try:
            difference = _difference(gate, target, campaigns, posted, seen, kept)
        except (ValueError, Campaign.DoesNotExist) as error:
            errors[index] = error
            continue
        if difference is not None:
            batch[index] = difference
    if errors:
        raise BatchRejected(errors)
    if not batch:
        return ledger.Recorded([], [])
    try:
        return ledger.record(gate, list(batch.values()), campaigns)
    except BatchRejected as rejected:
        indexes = list(batch)
        raise BatchRejected({indexes[n]: error for n, error in rejected.errors.items()}) from None


def _difference(
    gate: Gate,
    target: Posting,
    campaigns: Mapping[int, Spender],
    posted: Mapping[Day, int],
    seen: set[Day],
    kept: Mapping[int, date],
) -> Posting | None:
    campaign = ledger.known_campaign(target, campaigns)
    ledger.check_currency(gate, target, campaign.brand_id)
    day = _day(target)
    if (campaign.pk, day) in seen:
        raise InvalidEntry(f"campaign {campaign.pk} has a second total for {day}")
    seen.add((campaign.pk, day))
    zone = as_zone(gate.brands[campaign.brand_id].timezone)
    if day > local_date(gate.now, zone):
        raise InvalidSpendTime(f"date {day} lies in the future of {zone.key}")
    if day < kept.get(campaign.brand_id, day):
        raise Archived(f"date {day} is archived; what was posted for it is no longer known")
    difference = target.micros - posted.get((campaign.pk, day), 0)
    if not difference:
        return None
    return replace(target, micros=within_record(difference), at=day_start(day, zone))


def _posted(gate: Gate, targets: Sequence[Posting]) -> dict[Day, int]:
    """Micro-units that the source has posted for each campaign and local day, people's corrections apart."""
    days = [_day(target) for target in targets]
    ledger_rows = SpendRecord._base_manager.using(gate.alias).filter(
        source=targets[0].source, spend_date__gte=min(days), spend_date__lte=max(days)
    )
    sums: dict[Day, int] = {}
    for part in chunks(sorted({target.campaign_id for target in targets})):
        rows = ledger_rows.filter(campaign__in=part).exclude(kind=Kind.CORRECTION).order_by()
        for campaign_id, day, total in rows.values_list("campaign_id", "spend_date").annotate(sum=Sum("amount")):
            sums[campaign_id, day] = to_micros(total)
    return sums


def first_kept(brand_ids: Iterable[int], alias: str) -> dict[int, date]:
    """By brand, where its spend before a date is archived."""
    archives = LedgerArchive._base_manager.using(alias).order_by()
    kept: dict[int, date] = {}
    for part in chunks(brand_ids):
        rows = archives.filter(brand__in=part)
        kept.update(rows.values_list("brand_id").annotate(first_kept=Max("first_kept")))
    return kept


def _day(target: Posting) -> date:
    assert target.day is not None  # a total is of a day
    return target.day
