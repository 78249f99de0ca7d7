"""A file of an ad platform's costs into the ledger. All of it is checked before anything is written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import BinaryIO, Protocol

from ..models import Brand
from ..rules import from_micros, local_date
from .campaigns import Campaigns
from .faults import Faults
from .files import text_of
from .posting import MOST_PREVIEWED, Posted, Poster
from .reading import Read, Reader, Reading
from .settling import Settling, instant_of
from .spool import Spool


class Bars(Protocol):
    """Shows how far reading and posting are; each gives what hears of a step."""

    def reading(self) -> AbstractContextManager[Callable[[int], object]]: ...

    def posting(self, total: int) -> AbstractContextManager[Callable[[int], object]]: ...


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be done with a report. ``source``: whose totals they are; ``create`` needs ``brand``."""

    reading: Reading
    source: str
    brand: Brand | None = None
    create: bool = False
    activate: bool = False
    as_events: bool = False
    partial_days: str = "refuse"
    dry_run: bool = False


@dataclass(slots=True)
class Outcome:
    """What a report held and what came of it, or would come of it."""

    read: Read
    posted: Posted
    totals: int = 0
    campaigns: int = 0
    days: int = 0
    first: date | None = None
    last: date | None = None
    amounts: dict[str, Decimal] = field(default_factory=dict)
    created: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def import_report(file: BinaryIO, order: Order, now: datetime, bars: Bars) -> Outcome:
    """Import a report. Raises ``ReportRefused`` with lines, nothing being written then; or ``ImportStopped``."""
    campaigns = Campaigns(now, order.brand, order.create)
    faults = Faults()
    with Spool() as spool:
        with bars.reading() as advance, text_of(file, advance) as text:
            read = Reader(text, order.reading, campaigns, spool, faults).run()
        notes = _settle(spool, campaigns, order, read, now, faults)
        poster = Poster(order.source, now, campaigns.advertisers, as_events=order.as_events, dry_run=order.dry_run)
        if order.as_events:
            poster.check(spool.sums(), faults)
            faults.refuse()
        outcome = _described(spool, campaigns, order, read)
        outcome.notes += [*read.notes, *notes, *_not_foreseen(order, outcome, spool.most_of_a_brand())]
        with bars.posting(outcome.totals) as advance:
            if not order.dry_run:
                poster.ids = campaigns.make(activate=order.activate)
            outcome.posted = poster.run(spool.sums(), advance)
    return outcome


def _settle(spool: Spool, campaigns: Campaigns, order: Order, read: Read, now: datetime, faults: Faults) -> list[str]:
    if order.as_events and not read.hours:
        faults.add(0, "the report gives days, which are totals; only hours can be imported as events")
        faults.refuse()
    settling = Settling(
        spool=spool,
        advertisers=list(campaigns.advertisers.values()),
        source=order.source,
        now=now,
        faults=faults,
        zone=order.reading.zone,
        as_events=order.as_events,
        partial_days=order.partial_days,
    )
    settling.run(read)
    faults.refuse()
    return settling.notes


def _not_foreseen(order: Order, outcome: Outcome, most_of_a_brand: int) -> Iterator[str]:
    if not order.dry_run:
        return
    if order.as_events:
        yield "what events would pause is not foreseen"
        return
    if outcome.created:
        yield "what the spend of campaigns that would be made would pause is not foreseen"
    if most_of_a_brand > MOST_PREVIEWED:
        yield f"a brand's totals are tried {MOST_PREVIEWED:,} at a time; what they would pause together is not foreseen"


def _day_of(campaigns: Campaigns) -> Callable[[int, int], int]:
    zones = {advertiser.pk: advertiser.zone for advertiser in campaigns.advertisers.values()}
    return lambda brand, at: local_date(instant_of(at), zones[brand]).toordinal()


def _described(spool: Spool, campaigns: Campaigns, order: Order, read: Read) -> Outcome:
    outcome = Outcome(read, Posted(), totals=spool.count(), campaigns=spool.campaigns())
    outcome.days, first, last = spool.days(_day_of(campaigns) if order.as_events else None)
    if outcome.days:
        outcome.first, outcome.last = date.fromordinal(first), date.fromordinal(last)
    micros: dict[str, int] = defaultdict(int)
    for brand, sum_of_brand in spool.brands().items():
        micros[campaigns.advertisers[brand].currency] += sum_of_brand
    outcome.amounts = {currency: from_micros(total) for currency, total in micros.items()}
    outcome.created = list(campaigns.new.values())
    return outcome
