"""Posts what a report adds up to through the services, whole brands at a time where they fit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby

from django.db import DatabaseError

from ..exceptions import AdBudgetError, BatchRejected
from ..models import Campaign, SpendRecord, StatusChange
from ..rules import from_micros
from ..services import SpendEntry, SpendTotal, record_spend_batch, set_spend_totals
from ..services.chunks import chunks
from ..services.gate import ledger_alias
from ..services.spending import keys
from ..services.spending.postings import of_entry
from .campaigns import Advertiser
from .faults import Fault, Faults
from .posted import posted
from .settling import instant_of
from .spool import Sum

#: Totals in one transaction: many enough to be quick, few enough that spend of the same brand does not wait for long.
MOST_WRITTEN = 2_000
#: A preview decides more of a brand together, so that what its totals pause together is seen; it holds the gate, too.
MOST_PREVIEWED = 10_000
_CHANGES_KEPT = 1_000


class ImportStopped(AdBudgetError):
    """A service refused what had looked right, after earlier parts were imported. They stay, and count once."""


@dataclass(frozen=True, slots=True)
class Restated:
    """A total that differs from what its source has posted for that day, in micro-units."""

    campaign_id: int
    day: date
    before: int
    after: int


@dataclass(slots=True)
class Posted:
    """What came of it, or would come of it."""

    recorded: int = 0
    unchanged: int = 0
    status_changes: list[StatusChange] = field(default_factory=list)
    restated: list[Restated] = field(default_factory=list)
    """The first ones, of a preview."""


@dataclass(slots=True)
class Poster:
    """``ids``: of the campaigns that were made, by the negative ones that stood for them."""

    source: str
    now: datetime
    advertisers: Mapping[int, Advertiser]
    ids: Mapping[int, int] = field(default_factory=dict)
    as_events: bool = False
    dry_run: bool = False
    posted: Posted = field(default_factory=Posted)

    def check(self, sums: Iterable[Sum], faults: Faults) -> None:
        """Find events that the ledger has already with other contents. Those of campaigns to be made are new."""
        known = (row for row in sums if row.micros and row.campaign > 0)
        for part in chunks(known, MOST_WRITTEN):
            of_key = {(row.brand, self._key(row)): row for row in part}
            for used, record in keys.of_records(list(of_key), ledger_alias()).items():
                others = of_entry(self._event(of_key[used])).differences(record)
                if others:
                    faults.add(of_key[used].line, f"{_was_used(used)}, with another {', '.join(others)}")
            for used, pk in keys.of_archived(list(of_key), ledger_alias()).items():
                faults.add(of_key[used].line, f"{_was_used(used)}, by record {pk}, now archived")

    def run(self, sums: Iterable[Sum], advance: Callable[[int], object]) -> Posted:
        post = self._preview if self.dry_run else self._write
        for part in _parts(sums, MOST_PREVIEWED if self.dry_run else MOST_WRITTEN):
            try:
                post(part)
            except BatchRejected as rejected:
                raise ImportStopped(f"{self._faults(part, rejected)}; {self._kept()}") from rejected
            except DatabaseError as error:
                raise ImportStopped(f"the database refused: {error}; {self._kept()}") from error
            advance(len(part))
        _with_campaigns(self.posted.status_changes)
        return self.posted

    def _write(self, part: list[Sum]) -> None:
        if self.as_events:
            self._write_events(part)
            return
        receipt = set_spend_totals(map(self._total, part), source=self.source, now=self.now)
        self._count(receipt.recorded, receipt.unchanged, receipt.status_changes)

    def _write_events(self, part: list[Sum]) -> None:
        events = [row for row in part if row.micros]
        receipt = record_spend_batch(map(self._event, events), now=self.now)
        self._count(receipt.recorded, receipt.replayed + len(part) - len(events), receipt.status_changes)

    def _preview(self, part: list[Sum]) -> None:
        """Campaigns that are yet to be made have nothing to be compared with."""
        known = [row for row in part if row.campaign > 0]
        new = sum(1 for row in part if row.campaign < 0 and row.micros)
        self._count(new, len(part) - len(known) - new, ())
        if self.as_events:
            self._preview_events(known)
            return
        receipt = set_spend_totals(map(self._total, known), source=self.source, now=self.now, dry_run=True)
        self._count(receipt.recorded, receipt.unchanged, receipt.status_changes)
        self._note_restated(known)

    def _preview_events(self, part: list[Sum]) -> None:
        wanted = {self._key(row) for row in part if row.micros}
        ledger = SpendRecord._base_manager.using(ledger_alias()).filter(brand__in={row.brand for row in part})
        there = sum(ledger.filter(idempotency_key__in=some).count() for some in chunks(sorted(wanted), 900))
        self._count(len(wanted) - there, len(part) - len(wanted) + there, ())

    def _note_restated(self, part: list[Sum]) -> None:
        if len(self.posted.restated) >= _CHANGES_KEPT:
            return
        before = posted(self.source, part)
        compared = (Restated(row.campaign, date.fromordinal(row.at), _before(before, row), row.micros) for row in part)
        differing = [total for total in compared if total.before != total.after]
        self.posted.restated += differing[: _CHANGES_KEPT - len(self.posted.restated)]

    def _total(self, row: Sum) -> SpendTotal:
        return SpendTotal(
            self.ids.get(row.campaign, row.campaign),
            date.fromordinal(row.at),
            from_micros(row.micros),
            self.advertisers[row.brand].currency,
        )

    def _event(self, row: Sum) -> SpendEntry:
        return SpendEntry(
            campaign=self.ids.get(row.campaign, row.campaign),
            amount=from_micros(row.micros),
            at=instant_of(row.at),
            idempotency_key=self._key(row),
            source=self.source,
            currency=self.advertisers[row.brand].currency,
        )

    def _key(self, row: Sum) -> str:
        """The same for the same hour of a campaign in every file."""
        return f"{self.source}:{self.ids.get(row.campaign, row.campaign)}:{instant_of(row.at):%Y-%m-%dT%H:%MZ}"

    def _count(self, recorded: int, unchanged: int, changes: Iterable[StatusChange]) -> None:
        self.posted.recorded += recorded
        self.posted.unchanged += unchanged
        self.posted.status_changes.extend(changes)

    def _faults(self, part: list[Sum], rejected: BatchRejected) -> str:
        rows = [row for row in part if row.micros or not self.as_events]
        lines = sorted(Fault(rows[index].line, str(error)) for index, error in rejected.errors.items())
        return f"{lines[0]} (and {len(lines) - 1} more)" if len(lines) > 1 else str(lines[0])

    def _kept(self) -> str:
        done = 0 if self.dry_run else self.posted.recorded + self.posted.unchanged
        if done:
            return f"{done} before it stay, and count once if they come again"
        return "no spend was imported, the new campaigns stay" if self.ids else "nothing was imported"


def _was_used(key: keys.BrandKey) -> str:
    return f"idempotency_key {key[1]!r} was used before"


def _before(before: Mapping[tuple[int, int], int], row: Sum) -> int:
    return before.get((row.campaign, row.at), 0)


def _parts(sums: Iterable[Sum], most: int) -> Iterator[list[Sum]]:
    """Sums of whole brands together, ``most`` at a time; only a brand that has more is parted, in order of time.

    A brand's totals rise and fall in one transaction, so that it is not paused for a moment in between.
    """
    part: list[Sum] = []
    for _, of_brand in groupby(sums, lambda row: row.brand):
        for piece in chunks(of_brand, most):
            if part and len(part) + len(piece) > most:
                yield part
                part = []
            part += piece
    if part:
        yield part


def _with_campaigns(changes: list[StatusChange]) -> None:
    """Each change with its campaign and brand, in a few queries."""
    rows = Campaign._base_manager.using(ledger_alias()).select_related("brand")
    for part in chunks(changes, 900):
        campaigns = rows.in_bulk([change.campaign_id for change in part])
        for change in part:
            change.campaign = campaigns[change.campaign_id]
