"""The one way in for money: spend, batches and corrections (rules M1-M5, L2-L6, L8)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from ... import telemetry
from ...clock import instant
from ...exceptions import BatchRejected, InvalidEntry
from ...models import Campaign, SpendRecord
from ...models.ledger import DESCRIPTION_LENGTH, Kind
from ...rules.money import record_micros
from ..gate import Gate, ledger_alias
from ..results import BatchReceipt, SpendEntry, SpendReceipt
from . import ledger, postings, single
from .admission import under_gate
from .ledger import Recorded
from .postings import Posting
from .touched import Spender


def record_spend(
    campaign: Campaign | int,
    amount: Decimal | int | str,
    *,
    at: datetime | None = None,
    idempotency_key: str | None = None,
    source: str = "",
    description: str = "",
    currency: str | None = None,
    brand_id: int | None = None,
    max_age_days: int | None = None,
    now: datetime | None = None,
) -> SpendReceipt:
    """Record money spent by a campaign, exactly once for each key, and pause what reached a budget (rules L2, L3).

    ``amount`` is in the brand's currency, greater than zero. ``at`` is when it was spent, None for now. Spend is
    recorded even when it passes a budget or the campaign is off (rule M4). ``brand_id`` is whose campaign the caller
    takes it for. ``max_age_days`` is a door's own limit,
    which a replay does not meet. Raises ``TypeError`` for a float,
    ``InvalidAmount``, ``InvalidSpendTime``, ``InvalidKey``, ``IdempotencyMismatch``, ``CurrencyMismatch``,
    ``BrandMismatch``, or ``Campaign.DoesNotExist``; then nothing is recorded.
    """
    entry = SpendEntry(
        campaign=campaign,
        amount=amount,
        at=at,
        idempotency_key=idempotency_key,
        source=source,
        description=description,
        currency=currency,
    )
    with telemetry.timed(telemetry.RECORD_SPEND):
        return _record_one(postings.of_entry(entry, max_age_days, brand_id), instant(now))


def record_spend_batch(
    entries: Iterable[SpendEntry | Mapping[str, Any]],
    *,
    max_age_days: int | None = None,
    now: datetime | None = None,
) -> BatchReceipt:
    """Record many spends in one transaction, all or nothing (rule L8).

    Raises ``BatchRejected``, whose ``errors`` maps the index of each faulty entry to its exception.
    """
    at = instant(now)
    batch, errors = postings.of_entries(entries, max_age_days)
    if errors:
        raise BatchRejected(errors)
    if not batch:
        return BatchReceipt(0, 0)
    with telemetry.timed(telemetry.RECORD_BATCH):
        recorded = under_gate(batch, at, lambda gate, campaigns: ledger.record(gate, batch, campaigns))
    replayed = sum(recorded.replayed)
    return BatchReceipt(len(batch) - replayed, replayed, recorded.status_changes)


def correct_spend(
    record: SpendRecord | int,
    amount: Decimal | int | str,
    *,
    idempotency_key: str | None = None,
    description: str = "",
    now: datetime | None = None,
) -> SpendReceipt:
    """Take back ``amount`` (> 0) of a recorded spend by a record of the opposite sign (rule L6).

    It takes the instant, local date and source of the original. Raises ``CorrectionTooLarge`` if it would take back
    more than is left, ``InvalidEntry`` if the record is no SPEND, and what ``record_spend`` raises.
    """
    original = _original(record)
    taken = record_micros(amount)
    posting = Posting(
        campaign_id=original.campaign_id,
        brand_id=original.brand_id,
        kind=Kind.CORRECTION,
        micros=-taken,
        at=original.spend_datetime,
        day=original.spend_date,
        key=postings.checked_key(idempotency_key),
        keyed=idempotency_key is not None,
        source=original.source,
        description=postings.checked_text("description", description, DESCRIPTION_LENGTH),
        corrects_id=original.pk,
    )
    return _record_one(posting, instant(now))


def _record_one(posting: Posting, now: datetime) -> SpendReceipt:
    def at_once(gate: Gate) -> Recorded | Campaign | None:
        return single.record(gate, posting)

    def work(gate: Gate, campaigns: Mapping[int, Spender]) -> Recorded:
        return ledger.record(gate, [posting], campaigns)

    try:
        recorded = under_gate([posting], now, work, at_once=at_once)
    except BatchRejected as rejected:
        raise rejected.errors[0] from None
    return SpendReceipt(recorded.records[0], recorded.replayed[0], recorded.status_changes)


def _original(record: SpendRecord | int) -> SpendRecord:
    pk = record.pk if isinstance(record, SpendRecord) else record
    original = SpendRecord._base_manager.using(ledger_alias()).get(pk=pk)
    if original.kind != Kind.SPEND:
        raise InvalidEntry(f"record {pk} is a {original.get_kind_display().lower()}; only a spend can be corrected")
    return original
