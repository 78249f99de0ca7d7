"""The rules once more, plain and slow: every record is kept, and every answer is worked out from all of them.

Nothing here is shared with the code under test, and nothing is clever: no micro-units, no totals kept up to date, no
next check. Records are filed by what they count towards, so that not all are looked at for each sum.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from tests.rules.oracle import MINUTE, is_open

from .shapes import (
    AUDITED,
    BUDGETS,
    EPOCH,
    LIMITS,
    NOTHING,
    RECORDED,
    REPLAYED,
    STATUS_BY_REASON,
    THRESHOLDS,
    Alert,
    Brand,
    Campaign,
    Change,
    Record,
    Sent,
    Total,
)


@cache
def first_minute(day: date, zone: str) -> datetime:
    """The first minute that bears a local date: look at each."""
    minute = datetime.combine(day, time(), UTC) - timedelta(hours=26)
    while minute.astimezone(ZoneInfo(zone)).date() < day:
        minute += MINUTE
    return minute


@cache
def start_of(period: str, day: date) -> date:
    return {"DAY": day, "MONTH": day.replace(day=1), "TOTAL": EPOCH}[period]


#: What a sum is of: (level, owner, period, start).
Account = tuple[str, str, str, date]


def accounts(record: Record) -> set[Account]:
    """All sums that a record is part of."""
    owners = {"BRAND": record.brand, "CAMPAIGN": record.campaign}
    return {(level, owners[level], period, start_of(period, record.day)) for level, period, _ in LIMITS}


class Reference:
    def __init__(self) -> None:
        self.brands: dict[str, Brand] = {}
        self.campaigns: dict[str, Campaign] = {}
        self.records: list[Record] = []
        self.alerts: list[Alert] = []
        self.changes: list[Change] = []
        self._filed: defaultdict[Account, list[Record]] = defaultdict(list)
        self._sums: dict[Account, Decimal] = {}
        self._first: dict[tuple[str, str], Record] = {}
        self._told: defaultdict[tuple[str, str, date, Decimal], list[int]] = defaultdict(list)

    # Time and totals

    def today(self, brand: str, now: datetime) -> date:
        return now.astimezone(ZoneInfo(self.brands[brand].timezone)).date()

    def spent(self, level: str, owner: str, period: str, day: date) -> Decimal:
        """The sum over all its records; it is remembered until there is another one."""
        wanted = (level, owner, period, start_of(period, day))
        if wanted not in self._sums:
            self._sums[wanted] = sum((r.amount for r in self._filed.get(wanted, ())), Decimal(0))
        return self._sums[wanted]

    def _file(self, record: Record) -> None:
        self.records.append(record)
        for account in accounts(record):
            self._filed[account].append(record)
            self._sums.pop(account, None)
        if record.key is not None:
            self._first.setdefault((record.brand, record.key), record)

    def totals(self) -> dict[Account, Decimal]:
        """All totals that are not zero, from all records afresh: what is filed is not believed here."""
        found: defaultdict[Account, Decimal] = defaultdict(Decimal)
        for record in self.records:
            for account in accounts(record):
                found[account] += record.amount
        return {account: spent for account, spent in found.items() if spent}

    # Status

    def limits(self, name: str, now: datetime) -> Iterator[tuple[str, str, Decimal, Decimal | None]]:
        """(level, period, spent, budget) of a campaign and its brand."""
        campaign = self.campaigns[name]
        brand = self.brands[campaign.brand]
        today = self.today(brand.name, now)
        for level, period, budget in LIMITS:
            owner: Brand | Campaign = brand if level == "BRAND" else campaign
            yield level, period, self.spent(level, owner.name, period, today), getattr(owner, budget)

    def status(self, name: str, now: datetime) -> tuple[str, tuple[str, ...]]:
        """Status and reasons (rule S2)."""
        true = set(self._true_reasons(self.campaigns[name], now))
        reasons = tuple(reason for reason in STATUS_BY_REASON if reason in true)
        return (STATUS_BY_REASON[reasons[0]] if reasons else "ACTIVE"), reasons

    def _true_reasons(self, campaign: Campaign, now: datetime) -> Iterator[str]:
        today = self.today(campaign.brand, now)
        if not campaign.is_active:
            yield "CAMPAIGN_OFF"
        if not self.brands[campaign.brand].is_active:
            yield "BRAND_OFF"
        if campaign.end_date is not None and today > campaign.end_date:
            yield "ENDED"
        if campaign.start_date is not None and today < campaign.start_date:
            yield "NOT_STARTED"
        words = {"DAY": "DAILY", "MONTH": "MONTHLY", "TOTAL": "TOTAL"}
        for level, period, spent, budget in self.limits(campaign.name, now):
            if budget is not None and (budget == 0 or spent >= budget):
                yield f"{level}_{words[period]}_BUDGET"
        if not self.is_within_hours(campaign, now):
            yield "OUTSIDE_DAYPARTING"

    def is_within_hours(self, campaign: Campaign, now: datetime) -> bool:
        windows = [window.raw for window in campaign.windows.values() if window.is_active]
        if campaign.dayparting == "OFF" or (campaign.dayparting == "AUTO" and not windows):
            return True
        wall = now.astimezone(ZoneInfo(campaign.timezone or self.brands[campaign.brand].timezone))
        return any(is_open(raw, wall.weekday(), time(wall.hour, wall.minute)) for raw in windows)

    # Money

    def post(self, batch: Sequence[Sent], now: datetime) -> list[str]:
        """What becomes of each entry: recorded, replayed, or the name of its error; then none is recorded."""
        faults = [fault_of(sent) for sent in batch]
        if any(faults):
            return [fault or NOTHING for fault in faults]
        fresh: list[Record] = []
        verdicts = [self._judge(sent, now, fresh) for sent in batch]
        if set(verdicts) <= {RECORDED, REPLAYED}:
            self._add(fresh, now)
        return verdicts

    def correct(self, record: Record, amount: Any, now: datetime, key: str | None = None, description: str = "") -> str:
        if record.kind != "SPEND":
            return "InvalidEntry"
        sent = Sent(
            record.campaign,
            -amount,
            at=record.instant,
            key=key,
            source=record.source,
            description=description,
            kind="CORRECTION",
            corrects=record,
            day=record.day,
        )
        return self.post([sent], now)[0]

    def set_totals(self, totals: Sequence[Total], source: str, now: datetime, *, dry_run: bool = False) -> list[str]:
        """What becomes of each running total of a platform; if one is refused, none is posted."""
        faults = ["InvalidEntry" if not source.strip() else "InvalidAmount" if t.total < 0 else "" for t in totals]
        if any(faults):
            return faults
        missing = [self._missing(total, source) for total in totals]
        verdicts = [RECORDED if amount else NOTHING for amount in missing]
        for number, total in enumerate(totals):
            if (total.campaign, total.day) in [(t.campaign, t.day) for t in totals[:number]]:
                verdicts[number] = "InvalidEntry"
            elif total.day > self.today(self.campaigns[total.campaign].brand, now):
                verdicts[number] = "InvalidSpendTime"
        if set(verdicts) <= {RECORDED, NOTHING} and not dry_run:
            batch = [self._restatement(t, amount, source) for t, amount in zip(totals, missing, strict=True) if amount]
            assert set(self.post(batch, now)) <= {RECORDED}
        return verdicts

    def _missing(self, total: Total, source: str) -> Decimal:
        mine = [r for r in self.records if (r.campaign, r.day, r.source) == (total.campaign, total.day, source)]
        return total.total - sum((r.amount for r in mine if r.kind != "CORRECTION"), Decimal(0))

    def _restatement(self, total: Total, amount: Decimal, source: str) -> Sent:
        zone = self.brands[self.campaigns[total.campaign].brand].timezone
        at = first_minute(total.day, zone)
        return Sent(total.campaign, amount, at=at, source=source, kind="RESTATEMENT", day=total.day)

    def first_record(self, brand: str, key: str, among: Sequence[Record] = ()) -> Record | None:
        same = [r for r in among if r.brand == brand and r.key == key]
        return self._first.get((brand, key)) or next(iter(same), None)

    def _judge(self, sent: Sent, now: datetime, fresh: list[Record]) -> str:
        if sent.campaign not in self.campaigns:
            return "DoesNotExist"
        brand = self.brands[self.campaigns[sent.campaign].brand]
        if sent.currency not in (None, brand.currency):
            return "CurrencyMismatch"
        instant = now if sent.at is None else sent.at
        record = Record(
            brand=brand.name,
            campaign=sent.campaign,
            kind=sent.kind,
            amount=Decimal(sent.amount),
            instant=instant,
            given=sent.at,
            day=sent.day or self.today(brand.name, instant),
            key=sent.key,
            source=sent.source,
            description=sent.description,
            corrects=sent.corrects,
        )
        first = None if sent.key is None else self.first_record(brand.name, sent.key, fresh)
        if first is not None:
            return REPLAYED if _content(first) == _content(record) else "IdempotencyMismatch"
        if sent.kind == "CORRECTION":
            if self._left(record.corrects) + record.amount < 0:
                return "CorrectionTooLarge"
        elif instant > now + timedelta(minutes=5):
            return "InvalidSpendTime"
        fresh.append(record)
        return RECORDED

    def _left(self, record: Record | None) -> Decimal:
        assert record is not None
        return record.amount + sum((r.amount for r in self.records if r.corrects is record), Decimal(0))

    def _add(self, fresh: list[Record], now: datetime) -> None:
        grown = sorted({account for record in fresh for account in accounts(record)})
        before = [self.spent(*account) for account in grown]
        for record in fresh:
            self._file(record)
        for (level, owner, period, start), was in zip(grown, before, strict=True):
            if start >= start_of(period, self.today(self._brand_of(level, owner), now)):
                name = next(name for a, b, name in LIMITS if (a, b) == (level, period))
                self._cross(level, owner, name, start, was, self.spent(level, owner, period, start))

    # Edits

    def note(self, owner: str, values: dict[str, Any], actor: str) -> set[tuple[str, str]]:
        """Set fields of a brand or campaign; gives the budgets that differ now, to be alerted once all is edited."""
        row: Brand | Campaign = self.brands[owner] if owner in self.brands else self.campaigns[owner]
        edited = set()
        for name, after in values.items():
            before = getattr(row, name)
            setattr(row, name, after)
            if before != after and name in AUDITED:
                self.changes.append(Change(owner, name, before, after, actor))
                edited |= {(owner, name)} & {(owner, budget) for budget in BUDGETS}
        return edited

    def alert_edits(self, edited: set[tuple[str, str]], now: datetime) -> None:
        """An edit of a budget counts as a crossing (rule D4)."""
        for owner, name in sorted(edited):
            level = "BRAND" if owner in self.brands else "CAMPAIGN"
            period = next(period for a, period, b in LIMITS if (a, b) == (level, name))
            today = self.today(self._brand_of(level, owner), now)
            spent = self.spent(level, owner, period, today)
            self._cross(level, owner, name, start_of(period, today), None, spent)

    def has_spend(self, campaign: str) -> bool:
        return any(r.campaign == campaign for r in self.records)

    def _brand_of(self, level: str, owner: str) -> str:
        return owner if level == "BRAND" else self.campaigns[owner].brand

    def _cross(self, level: str, owner: str, name: str, start: date, was: Decimal | None, spent: Decimal) -> None:
        limit: Decimal | None = getattr(self.brands[owner] if level == "BRAND" else self.campaigns[owner], name)
        if not limit:
            return
        marks = [(t, limit * t / 100) for t in THRESHOLDS]
        crossed = [t for t, mark in marks if spent >= mark and (was is None or was < mark)]
        threshold = max(crossed, default=0)
        told = self._told[owner, name, start, limit]
        if threshold > max(told, default=0):
            told.append(threshold)
            self.alerts.append(Alert(owner, name, start, limit, threshold))


def _content(record: Record) -> tuple[Any, ...]:
    """What must be the same under the same key (rule L2)."""
    return (
        record.campaign,
        record.kind,
        record.amount,
        record.given,
        record.source,
        record.description,
        record.corrects,
    )


def fault_of(sent: Sent) -> str | None:
    """What is wrong with an entry by itself."""
    if isinstance(sent.amount, float):
        return "TypeError"
    amount = Decimal(sent.amount)
    if amount == 0 or abs(amount) > Decimal("999999999.999999") or amount != round(amount, 6):
        return "InvalidAmount"
    if amount < 0 and sent.kind == "SPEND":
        return "InvalidAmount"
    if sent.at is not None and sent.at.tzinfo is None:
        return "InvalidSpendTime"
    if sent.key is not None and (not 1 <= len(sent.key) <= 255 or any(not " " <= c <= "~" for c in sent.key)):
        return "InvalidKey"
    return None
