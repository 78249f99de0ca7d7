"""Recording under the gate: replays told from new records, totals incremented, what is touched evaluated."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from django.db import connections
from django.db.models import Exists, OuterRef, Q, Sum

from ..conf import app_settings
from ..exceptions import (
    Archived,
    BatchRejected,
    CorrectionTooLarge,
    CurrencyMismatch,
    IdempotencyMismatch,
    InvalidSpendTime,
)
from ..models import (
    ArchivedKey,
    BudgetSummary,
    Campaign,
    CampaignSummary,
    LedgerArchive,
    SpendRecord,
    StatusChange,
)
from ..models.archive import key_digest
from ..models.history import Cause
from ..models.ledger import Kind
from ..rules import from_micros, local_date, to_micros
from ..rules.status import period_start
from . import copying, enforcement, notices, opening, totals
from .chunks import chunks
from .facts import BRAND_PERIODS, CAMPAIGN_PERIODS
from .gate import Gate
from .postings import Posting
from .touched import Touched

_AHEAD = timedelta(minutes=5)
_KEYS_A_STATEMENT = 2_000
_FEW_KEYS = 20

#: (brand id, idempotency key)
BrandKey = tuple[int, str]


@dataclass(slots=True)
class Recorded:
    """The record of each posting, in their order, and whether it was there before."""

    records: list[SpendRecord]
    replayed: list[bool]
    status_changes: tuple[StatusChange, ...] = ()


@dataclass(slots=True)
class _Plan:
    """Which postings become new records. A key that comes twice shares its record (rule L8)."""

    records: list[SpendRecord] = field(default_factory=list)
    replayed: list[bool] = field(default_factory=list)
    new: list[SpendRecord] = field(default_factory=list)
    errors: dict[int, Exception] = field(default_factory=dict)


def record(gate: Gate, postings: Sequence[Posting], campaigns: Mapping[int, Campaign]) -> Recorded:
    """Record postings under the gate of all their brands. ``campaigns``: as read under it, by id.

    Raises ``BatchRejected`` with the error of each posting that is refused; nothing is written then.
    """
    plan = _plan(gate, postings, campaigns)
    if plan.errors:
        raise BatchRejected(plan.errors)
    changes: tuple[StatusChange, ...] = ()
    if plan.new:
        _insert(gate, plan.new)
        changes = evaluate_touched(gate, campaigns, *_count(gate, plan.new))
    notices.spend_recorded(gate, plan.new, sum(plan.replayed))
    return Recorded(plan.records, plan.replayed, changes)


def key_is_used(key: str) -> Q:
    """For a query of campaigns: whether their brand has a record under a key."""
    brand = OuterRef("brand_id")
    kept = SpendRecord._base_manager.filter(brand=brand, idempotency_key=key)
    archived = ArchivedKey._base_manager.filter(brand=brand, digest=key_digest(key))
    return Q(Exists(kept)) | Q(Exists(archived))


def _plan(gate: Gate, postings: Sequence[Posting], campaigns: Mapping[int, Campaign]) -> _Plan:
    keys = _keys(postings, campaigns)
    known = _known_records(gate, keys)
    archived = _archived(gate, keys, known)
    plan = _Plan()
    for index, posting in enumerate(postings):
        try:
            _place(gate, plan, posting, campaigns, known, archived)
        except (ValueError, Campaign.DoesNotExist) as error:
            plan.errors[index] = error
    return plan


def _place(
    gate: Gate,
    plan: _Plan,
    posting: Posting,
    campaigns: Mapping[int, Campaign],
    known: dict[BrandKey, SpendRecord],
    archived: Mapping[BrandKey, int],
) -> None:
    campaign = known_campaign(posting, campaigns)
    check_currency(gate, posting, campaign.brand_id)
    brand_key = (campaign.brand_id, posting.key)
    if brand_key in archived:
        raise Archived(
            f"idempotency_key {posting.key!r} was used before, by record {archived[brand_key]}, now archived"
        )
    record = known.get(brand_key)
    if record is not None:
        _check_same(posting, record)
    else:
        if posting.kind is Kind.CORRECTION:
            _check_correction(gate, posting)
        new = known[brand_key] = new_record(gate, posting, campaign.brand_id)
        new.campaign = campaign  # as read under the gate, for whoever wants to know what the spend has left unchanged
        plan.new.append(new)
    plan.records.append(known[brand_key])
    plan.replayed.append(record is not None)


def _keys(postings: Sequence[Posting], campaigns: Mapping[int, Campaign]) -> dict[int, set[str]]:
    """The keys that may have been used before, by brand; those made up for the caller are new."""
    keys: dict[int, set[str]] = defaultdict(set)
    for posting in postings:
        campaign = campaigns.get(posting.campaign_id)
        if posting.keyed and campaign is not None and getattr(campaign, "key_is_used", True):
            keys[campaign.brand_id].add(posting.key)
    return keys


def _known_records(gate: Gate, keys: Mapping[int, set[str]]) -> dict[BrandKey, SpendRecord]:
    """Records that bear one of the keys."""
    found: dict[BrandKey, SpendRecord] = {}
    # All brands' keys together, so that statements grow with the keys alone; what else they find is not used.
    for part in chunks(sorted(set().union(*keys.values())), _KEYS_A_STATEMENT):
        records = SpendRecord._base_manager.using(gate.alias).filter(brand__in=sorted(keys), idempotency_key__in=part)
        found.update({(record.brand_id, record.idempotency_key): record for record in records})
    return found


def _archived(gate: Gate, keys: Mapping[int, set[str]], known: Container[BrandKey]) -> dict[BrandKey, int]:
    """Keys whose record was archived, and the id that it had."""
    unknown = [(brand_id, key) for brand_id, mine in keys.items() for key in mine if (brand_id, key) not in known]
    rows = ArchivedKey._base_manager.using(gate.alias).filter(brand__in=sorted(keys))
    if len(unknown) > _FEW_KEYS and not rows.exists():
        return {}  # few brands have an archive, and digests of many keys take longer than this look
    digests = {(brand_id, key_digest(key)): key for brand_id, key in unknown}
    found: dict[BrandKey, int] = {}
    for part in chunks(sorted({digest for _, digest in digests}), _KEYS_A_STATEMENT):
        archived = rows.filter(digest__in=part)
        for brand_id, digest, record in archived.values_list("brand_id", "digest", "record"):
            if (brand_id, digest) in digests:
                found[brand_id, digests[brand_id, digest]] = record
    return found


def known_campaign(posting: Posting, campaigns: Mapping[int, Campaign]) -> Campaign:
    """The posting's campaign. Raises ``Campaign.DoesNotExist``."""
    campaign = campaigns.get(posting.campaign_id)
    if campaign is None:
        raise Campaign.DoesNotExist(f"campaign {posting.campaign_id} does not exist")
    return campaign


def check_currency(gate: Gate, posting: Posting, brand_id: int) -> None:
    """Raise ``CurrencyMismatch`` where a caller named another currency than the brand's (rule M5)."""
    currency = gate.brands[brand_id].currency
    if posting.currency is not None and posting.currency != currency:
        raise CurrencyMismatch(
            f"currency {posting.currency!r} is not the brand's, {currency}; spend is refused, never converted"
        )


def _check_same(posting: Posting, record: SpendRecord) -> None:
    differences = posting.differences(record)
    if differences:
        raise IdempotencyMismatch(
            f"idempotency_key {posting.key!r} was used before, with another {', '.join(differences)}"
        )


def new_record(gate: Gate, posting: Posting, brand_id: int) -> SpendRecord:
    """The record that a posting becomes, not yet stored. Raises ``InvalidSpendTime`` (rule T4)."""
    at = gate.now if posting.at is None else posting.at
    day = posting.day or _spend_date(at, gate.brands[brand_id].timezone)
    if posting.kind is not Kind.CORRECTION:
        _check_time(at, gate.now, posting.max_age_days)
    return SpendRecord(
        brand_id=brand_id,
        campaign_id=posting.campaign_id,
        amount=from_micros(posting.micros),
        kind=posting.kind,
        spend_datetime=at.astimezone(UTC),
        spend_date=day,
        at_given=posting.at is not None,
        idempotency_key=posting.key,
        source=posting.source,
        description=posting.description,
        corrects_id=posting.corrects_id,
        created_at=gate.now,
    )


def _spend_date(at: datetime, zone: str) -> date:
    try:
        return local_date(at, zone)
    except OverflowError as error:
        raise InvalidSpendTime(f"at={at.isoformat()} lies outside the calendar") from error


def _check_time(at: datetime, now: datetime, max_age_days: int | None) -> None:
    """Rule T4: the setting holds for every door, and a door may be stricter."""
    if at > now + _AHEAD:
        raise InvalidSpendTime(f"at={at.isoformat()} lies in the future; it is {now.isoformat()}")
    limits = [days for days in (max_age_days, app_settings.SPEND_MAX_AGE_DAYS) if days is not None]
    if limits and at < now - timedelta(days=min(limits)):
        raise InvalidSpendTime(f"at={at.isoformat()} is older than {min(limits)} days")


def _insert(gate: Gate, records: list[SpendRecord]) -> None:
    if copying.insert(records, gate.alias):
        return
    SpendRecord._base_manager.using(gate.alias).bulk_create(records)
    record = records[0]
    if len(records) == 1 and not connections[gate.alias].features.can_return_rows_from_bulk_insert:
        # MySQL returns no ids.
        record.pk = (
            SpendRecord._base_manager.using(gate.alias)
            .values_list("pk", flat=True)
            .get(brand=record.brand_id, idempotency_key=record.idempotency_key)
        )


def _count(gate: Gate, records: Iterable[SpendRecord]) -> tuple[totals.Counted, totals.Counted]:
    """Add records to the totals of brands and of campaigns."""
    brands: dict[totals.Key, int] = defaultdict(int)
    owners: dict[totals.Key, int] = defaultdict(int)
    for record in records:
        micros = to_micros(record.amount)
        for period in BRAND_PERIODS:
            brands[record.brand_id, period, period_start(period, record.spend_date)] += micros
        for period in CAMPAIGN_PERIODS:
            owners[record.campaign_id, period, period_start(period, record.spend_date)] += micros
    return (
        totals.Counted(brands, totals.add(BudgetSummary, brands, gate.now, gate.alias)),
        totals.Counted(owners, totals.add(CampaignSummary, owners, gate.now, gate.alias)),
    )


def evaluate_touched(
    gate: Gate, campaigns: Mapping[int, Campaign], of_brands: totals.Counted, of_campaigns: totals.Counted
) -> tuple[StatusChange, ...]:
    """Evaluate the campaigns for which a limit may have turned, raise alerts, and tell of periods that have begun."""
    opening.by_spend(gate, of_brands)
    touched = Touched(gate, campaigns)
    touched.brand_totals(of_brands.added, of_brands.after)
    touched.campaign_totals(of_campaigns.added, of_campaigns.after)
    touched.raise_alerts()
    return tuple(
        change for scope in touched.campaigns() for change in enforcement.evaluate(gate, scope, Cause.SPEND).changes
    )


def _check_correction(gate: Gate, posting: Posting) -> None:
    """Corrections of a record never come to exceed it (rule L6)."""
    ledger = SpendRecord._base_manager.using(gate.alias)
    assert posting.corrects_id is not None  # a correction names its record
    original = ledger.get(pk=posting.corrects_id)
    archives = LedgerArchive._base_manager.using(gate.alias).filter(brand=original.brand_id)
    if archives.filter(first_kept__gt=original.spend_date, last_record__gte=original.pk).exists():
        raise Archived(f"record {original.pk} is being archived and cannot be corrected any more")
    taken = ledger.filter(corrects=original).aggregate(sum=Sum("amount"))["sum"] or 0
    left, wanted = original.amount + taken, from_micros(-posting.micros)
    if wanted > left:
        raise CorrectionTooLarge(
            f"record {original.pk} has {left} left to take back, of {original.amount}; {wanted} is more"
        )
