"""The one way in for money: spend, batches, corrections, running totals (rules M1-M5, L2-L8)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar

from django.db.models import Sum

from ..clock import instant
from ..exceptions import BatchRejected, InvalidEntry, InvalidSpendTime
from ..models import Campaign, SpendRecord
from ..models.ledger import DESCRIPTION_LENGTH, SOURCE_LENGTH, Kind
from ..rules import as_zone, local_date, to_micros
from ..rules.calendar import day_start
from ..rules.money import record_micros, total_micros, within_record
from . import ledger, postings
from .chunks import chunks
from .gate import Gate, in_transaction, ledger_alias, lock
from .postings import Posting
from .results import BatchReceipt, SpendEntry, SpendReceipt

T = TypeVar("T")


def record_spend(
    campaign: Campaign | int,
    amount: Decimal | int | str,
    *,
    at: datetime | None = None,
    idempotency_key: str | None = None,
    source: str = "",
    description: str = "",
    currency: str | None = None,
    now: datetime | None = None,
) -> SpendReceipt:
    """Record money spent by a campaign, exactly once for each key, and pause what reached a budget (rules L2, L3).

    ``amount`` is in the brand's currency, greater than zero. ``at`` is when it was spent, None for now. Spend is
    recorded even when it passes a budget or the campaign is off (rule M4). Raises ``TypeError`` for a float,
    ``InvalidAmount``, ``InvalidSpendTime``, ``InvalidKey``, ``IdempotencyMismatch``, ``CurrencyMismatch``, or
    ``Campaign.DoesNotExist``; then nothing is recorded.
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
    return _record_one(postings.of_entry(entry), instant(now))


def record_spend_batch(
    entries: Iterable[SpendEntry | Mapping[str, Any]], *, now: datetime | None = None
) -> BatchReceipt:
    """Record many spends in one transaction, all or nothing (rule L8).

    Raises ``BatchRejected``, whose ``errors`` maps the index of each faulty entry to its exception.
    """
    at = instant(now)
    batch, errors = postings.of_entries(entries)
    if errors:
        raise BatchRejected(errors)
    if not batch:
        return BatchReceipt(0, 0)
    recorded = _under_gate(batch, at, lambda gate, campaigns: ledger.record(gate, batch, campaigns))
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


def set_spend_total(
    campaign: Campaign | int,
    date: date,
    total: Decimal | int | str,
    *,
    source: str,
    currency: str | None = None,
    now: datetime | None = None,
) -> SpendReceipt | None:
    """Take a platform's running total for a campaign and local day: the difference is recorded (rule L7).

    The difference is to what ``source`` has posted for that day as SPEND and RESTATEMENT. None if there is none.
    Raises ``InvalidAmount`` for a negative total, ``InvalidSpendTime`` for a day in the future, ``InvalidEntry``
    for a source that is blank.
    """
    campaign_id, brand_id = postings.campaign_ids("campaign", campaign)
    wanted, day = total_micros(total), _checked_day(date)
    name = postings.checked_text("source", source, SOURCE_LENGTH)
    if not name.strip():
        raise InvalidEntry("source must name the platform whose total this is")
    target = Posting(
        campaign_id=campaign_id,
        brand_id=brand_id,
        kind=Kind.RESTATEMENT,
        micros=wanted,
        at=None,
        day=day,
        key=postings.checked_key(None),
        keyed=False,
        source=name,
        description="",
        currency=currency,
    )
    return _under_gate([target], instant(now), lambda gate, campaigns: _restate(gate, target, campaigns))


def _record_one(posting: Posting, now: datetime) -> SpendReceipt:
    def work(gate: Gate, campaigns: Mapping[int, Campaign]) -> SpendReceipt:
        recorded = ledger.record(gate, [posting], campaigns)
        return SpendReceipt(recorded.records[0], recorded.replayed[0], recorded.status_changes)

    try:
        return _under_gate([posting], now, work)
    except BatchRejected as rejected:
        raise rejected.errors[0] from None


def _restate(gate: Gate, target: Posting, campaigns: Mapping[int, Campaign]) -> SpendReceipt | None:
    campaign = campaigns.get(target.campaign_id)
    if campaign is None:
        raise Campaign.DoesNotExist(f"campaign {target.campaign_id} does not exist")
    zone = as_zone(gate.brands[campaign.brand_id].timezone)
    day = target.day
    assert day is not None  # a total is of a day
    if day > local_date(gate.now, zone):
        raise InvalidSpendTime(f"date {day} lies in the future of {zone.key}")
    difference = target.micros - _posted(gate, target, day)
    if not difference:
        return None
    posting = replace(target, micros=within_record(difference), at=day_start(day, zone))
    recorded = ledger.record(gate, [posting], campaigns)
    return SpendReceipt(recorded.records[0], False, recorded.status_changes)


def _posted(gate: Gate, target: Posting, day: date) -> int:
    """Micro-units that a source has posted for a campaign and local day, people's corrections apart."""
    posted = (
        SpendRecord._base_manager.using(gate.alias)
        .filter(campaign=target.campaign_id, spend_date=day, source=target.source)
        .exclude(kind=Kind.CORRECTION)
        .aggregate(sum=Sum("amount"))["sum"]
    )
    return to_micros(posted or 0)


def _under_gate(batch: Sequence[Posting], now: datetime, work: Callable[[Gate, Mapping[int, Campaign]], T]) -> T:
    """Run ``work`` with the brands of all postings locked and their campaigns read under that lock (rule L4)."""
    alias = ledger_alias()
    ids = {posting.campaign_id for posting in batch}
    hints = {posting.brand_id for posting in batch if posting.brand_id is not None}
    if any(posting.brand_id is None for posting in batch):
        hints |= _brand_ids(ids, alias)

    def attempt() -> T | _Moved:
        gate = lock(hints, now, alias)
        campaigns = _read_campaigns(batch, ids, alias)
        missing = {campaign.brand_id for campaign in campaigns.values()} - gate.brands.keys()
        return _Moved(missing) if missing else work(gate, campaigns)

    while True:
        outcome = in_transaction(attempt, alias)
        if not isinstance(outcome, _Moved):
            return outcome
        hints |= outcome.brand_ids


class _Moved:
    """A campaign belongs to another brand than its instance said: the locks are taken again, in order."""

    def __init__(self, brand_ids: set[int]) -> None:
        self.brand_ids = brand_ids


def _brand_ids(campaign_ids: set[int], alias: str) -> set[int]:
    rows = Campaign._base_manager.using(alias).values_list("brand_id", flat=True).order_by().distinct()
    return {brand_id for part in chunks(sorted(campaign_ids)) for brand_id in rows.filter(pk__in=part)}


def _read_campaigns(batch: Sequence[Posting], campaign_ids: set[int], alias: str) -> dict[int, Campaign]:
    """The campaigns as they are; for a single posting they say, too, whether its key is new."""
    rows = Campaign._base_manager.using(alias).all()
    if len(batch) == 1:
        rows = rows.annotate(key_is_used=ledger.key_is_used(batch[0].key))
    return {row.pk: row for part in chunks(sorted(campaign_ids)) for row in rows.filter(pk__in=part)}


def _original(record: SpendRecord | int) -> SpendRecord:
    pk = record.pk if isinstance(record, SpendRecord) else record
    original = SpendRecord._base_manager.using(ledger_alias()).get(pk=pk)
    if original.kind != Kind.SPEND:
        raise InvalidEntry(f"record {pk} is a {original.get_kind_display().lower()}; only a spend can be corrected")
    return original


def _checked_day(day: object) -> date:
    if isinstance(day, datetime) or not isinstance(day, date):
        raise InvalidSpendTime(f"date must be a datetime.date, not {day!r}")
    return day
