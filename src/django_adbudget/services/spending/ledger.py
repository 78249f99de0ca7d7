"""Recording under the gate: replays told from new records, totals incremented, what is touched evaluated."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Sum

from ...conf import app_settings
from ...exceptions import (
    Archived,
    BatchRejected,
    CorrectionTooLarge,
    CurrencyMismatch,
    IdempotencyMismatch,
    InvalidSpendTime,
)
from ...models import BudgetSummary, Campaign, CampaignSummary, LedgerArchive, SpendRecord, StatusChange
from ...models.history import Cause
from ...models.ledger import Kind
from ...rules import Period, from_micros, local_date
from ...rules.status import period_start
from .. import copying, notices, totals
from ..copying import NewRecord
from ..enforcement import evaluating
from ..facts import BRAND_PERIODS, CAMPAIGN_PERIODS
from ..gate import Gate
from . import keys, opening
from .postings import Posting
from .touched import Spender, Touched

_AHEAD = timedelta(minutes=5)
_DAY = timedelta(days=1)


@dataclass(slots=True)
class Recorded:
    """For each posting whether its record was there before; ``records`` for whoever looks at them.

    These are the record of a single posting, and new ones that a receiver hears of; a batch is counted only.
    """

    records: list[SpendRecord]
    replayed: list[bool]
    status_changes: tuple[StatusChange, ...] = ()


def record(gate: Gate, postings: Sequence[Posting], campaigns: Mapping[int, Spender]) -> Recorded:
    """Record postings under the gate of all their brands. ``campaigns``: as read under it, by id.

    Raises ``BatchRejected`` with the error of each posting that is refused; nothing is written then.
    """
    plan = _Plan(gate, postings, campaigns)
    if plan.errors:
        raise BatchRejected(plan.errors)
    new = list(plan.new.values())
    records, changes = list(plan.known.values()), tuple[StatusChange, ...]()
    if new:
        records = _insert(gate, new, wanted=len(postings) == 1 or notices.spend_is_heard())
        for made in records:
            made.brand = gate.brands[made.brand_id]
            if (campaign := campaigns[made.campaign_id].campaign) is not None:
                made.campaign = campaign
        changes = evaluate_touched(gate, campaigns, *_count(gate, new))
        notices.tell_spend(gate, records)
    notices.count_spend(gate, ((row.kind, row.brand_id, row.amount) for row in new), sum(plan.replayed))
    return Recorded(records, plan.replayed, changes)


class _Plan:
    """Which postings become new records, by key: one that comes twice shares its record (rule L8)."""

    def __init__(self, gate: Gate, postings: Sequence[Posting], campaigns: Mapping[int, Spender]) -> None:
        self._gate, self._campaigns, self._dating = gate, campaigns, Dating(gate)
        used = _perhaps_used(postings, campaigns)
        self.known = keys.of_records(used, gate.alias) if used else {}
        self._archived = keys.of_archived([key for key in used if key not in self.known], gate.alias) if used else {}
        self.new: dict[keys.BrandKey, NewRecord] = {}
        self.replayed: list[bool] = []
        self.errors: dict[int, Exception] = {}
        for index, posting in enumerate(postings):
            try:
                self._place(posting)
            except (ValueError, Campaign.DoesNotExist) as error:
                self.errors[index] = error

    def _place(self, posting: Posting) -> None:
        brand_id = known_campaign(posting, self._campaigns).brand_id
        check_currency(self._gate, posting, brand_id)
        brand_key = (brand_id, posting.key)
        if brand_key in self._archived:
            raise Archived(
                f"idempotency_key {posting.key!r} was used before, by record {self._archived[brand_key]}, now archived"
            )
        is_replay = brand_key in self.known or brand_key in self.new
        if is_replay:
            _check_same(posting, self.known.get(brand_key) or self.new[brand_key].instance())
        else:
            if posting.kind is Kind.CORRECTION:
                _check_correction(self._gate, posting)
            self.new[brand_key] = self._dating.new(posting, brand_id)
        self.replayed.append(is_replay)


def _perhaps_used(postings: Sequence[Posting], campaigns: Mapping[int, Spender]) -> list[keys.BrandKey]:
    """The keys that may have been used before; those made up for the caller are new."""
    used = dict[keys.BrandKey, None]()
    for posting in postings:
        campaign = campaigns.get(posting.campaign_id)
        if posting.keyed and campaign is not None and campaign.key_is_used:
            used[campaign.brand_id, posting.key] = None
    return list(used)


def known_campaign(posting: Posting, campaigns: Mapping[int, Spender]) -> Spender:
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
    return Dating(gate).new(posting, brand_id).instance()


class Dating:
    """Gives postings their local date (rule T1). What those of a batch share is found once."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._dates: dict[tuple[str, datetime], date] = {}

    def new(self, posting: Posting, brand_id: int) -> NewRecord:
        """Raises ``InvalidSpendTime`` (rule T4)."""
        at = posting.at or self._gate.now
        day = posting.day or self._date(at, self._gate.brands[brand_id].timezone)
        if posting.at is not None and posting.kind is not Kind.CORRECTION:
            _check_time(posting.at, self._gate.now, posting.max_age_days)
        return NewRecord(
            brand_id,
            posting.campaign_id,
            posting.micros,
            posting.kind.value,
            at,
            day,
            posting.at is not None,
            posting.key,
            posting.source,
            posting.description,
            posting.corrects_id,
            self._gate.now,
        )

    def _date(self, at: datetime, zone: str) -> date:
        day = self._dates.get((zone, at))
        if day is None:
            try:
                day = self._dates[zone, at] = local_date(at, zone)
            except OverflowError as error:
                raise _outside(at) from error
        return day


def _outside(at: datetime) -> InvalidSpendTime:
    return InvalidSpendTime(f"at={at.isoformat()} lies outside the calendar")


def _check_time(at: datetime, now: datetime, max_age_days: int | None) -> None:
    """Rule T4: the setting holds for every door, and a door may be stricter."""
    if at > now + _AHEAD:
        raise InvalidSpendTime(f"at={at.isoformat()} lies in the future; it is {now.isoformat()}")
    limits = [days for days in (max_age_days, app_settings.SPEND_MAX_AGE_DAYS) if days is not None]
    # In whole numbers: now less a great many days is before the calendar begins.
    if limits and -((at - now) // _DAY) > min(limits):
        raise InvalidSpendTime(f"at={at.isoformat()} is older than {min(limits)} days")


def _insert(gate: Gate, new: Sequence[NewRecord], *, wanted: bool) -> list[SpendRecord]:
    records = copying.insert(new, gate.alias, wanted=wanted)
    if wanted and len(new) == 1 and not records[0].pk:
        # MySQL returns no ids.
        records[0].pk = (
            SpendRecord._base_manager.using(gate.alias)
            .values_list("pk", flat=True)
            .get(brand=new[0].brand_id, idempotency_key=new[0].idempotency_key)
        )
    return records


def _count(gate: Gate, new: Iterable[NewRecord]) -> tuple[totals.Counted, totals.Counted]:
    """Add records to the totals of brands and of campaigns."""
    brands: dict[date, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    owners: dict[date, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for row in new:
        brands[row.spend_date][row.brand_id] += row.amount
        owners[row.spend_date][row.campaign_id] += row.amount
    of_brands, of_campaigns = _by_period(brands, BRAND_PERIODS), _by_period(owners, CAMPAIGN_PERIODS)
    return (
        totals.Counted(of_brands, totals.add(BudgetSummary, of_brands, gate.now, gate.alias)),
        totals.Counted(of_campaigns, totals.add(CampaignSummary, of_campaigns, gate.now, gate.alias)),
    )


def _by_period(days: Mapping[date, Mapping[int, int]], periods: Iterable[Period]) -> totals.Sums:
    """Sums of days put together to those of periods."""
    parts: dict[tuple[Period, date], list[Mapping[int, int]]] = defaultdict(list)
    for day, sums in days.items():
        for period in periods:
            parts[period, period_start(period, day)].append(sums)
    return {key: of[0] if len(of) == 1 else _together(of) for key, of in parts.items()}


def _together(parts: Iterable[Mapping[int, int]]) -> dict[int, int]:
    sums: dict[int, int] = defaultdict(int)
    for part in parts:
        for owner, micros in part.items():
            sums[owner] += micros
    return sums


def evaluate_touched(
    gate: Gate, campaigns: Mapping[int, Spender], of_brands: totals.Counted, of_campaigns: totals.Counted
) -> tuple[StatusChange, ...]:
    """Evaluate the campaigns for which a limit may have turned, raise alerts, and tell of periods that have begun."""
    opening.by_spend(gate, of_brands)
    touched = Touched(gate, campaigns)
    touched.brand_totals(of_brands)
    touched.campaign_totals(of_campaigns)
    touched.raise_alerts()
    return tuple(
        change for scope in touched.campaigns() for change in evaluating.evaluate(gate, scope, Cause.SPEND).changes
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
