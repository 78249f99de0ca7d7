"""What a report's hours and days come to in each brand's own zone, and what of it cannot be taken."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from ..conf import app_settings
from ..rules import as_zone, day_bounds, from_micros, local_date
from ..rules.money import MAX_RECORD, MAX_RECORD_MICROS
from ..services.gate import ledger_alias
from ..services.spending.restating import first_kept
from .campaigns import Advertiser
from .dates import UNSAID
from .faults import Faults
from .posted import posted
from .reading import Read
from .spool import Spool, Sum

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE, _HOUR = timedelta(minutes=1), timedelta(hours=1)
_AHEAD = timedelta(minutes=5)
PARTIAL_DAYS = ("refuse", "skip", "import")


@dataclass(slots=True)
class Settling:
    """``partial_days``: what to do with a day that hours cover in part, where the ledger has another amount of it.

    A total replaces what was there for its day. So hours from 02:00 would take away what was imported for the hours
    before them: whoever exports UTC days for a brand in Berlin meets this at each end of each file.
    """

    spool: Spool
    advertisers: Sequence[Advertiser]
    source: str
    now: datetime
    faults: Faults
    zone: ZoneInfo | None = None
    as_events: bool = False
    partial_days: str = "refuse"
    notes: list[str] = field(default_factory=list)

    def run(self, read: Read) -> None:
        """Leave in the spool what can be posted: sums by local day or, for events, by instant."""
        zone = self.zone or (as_zone(read.zone) if read.zone else None)
        if read.hours:
            self._settle_hours(zone)
        else:
            self.spool.settle(None)
            self._note_zones(zone)
        if not self.as_events:
            self._check_days()
        for row in self.spool.larger_than(MAX_RECORD_MICROS):
            self.faults.add(row.line, f"the campaign's rows of this day sum up to more than {MAX_RECORD:,f}")

    def _settle_hours(self, zone: ZoneInfo | None) -> None:
        zones = {advertiser.pk: advertiser.zone for advertiser in self.advertisers}
        self.spool.settle(_instants(zones, zone))
        self._check_instants()
        bounds = self.spool.bounds()
        if self.as_events or bounds is None:
            return
        self.spool.resettle(_days(zones))
        first, last = (instant_of(at) for at in bounds)
        for advertiser in self.advertisers:
            for row, why in self._doubtful(advertiser, zone, first, last + _HOUR):
                self._treat(row, why)
            self._note_late_start(advertiser, first)

    def _treat(self, row: Sum, why: str) -> None:
        if self.partial_days == "skip":
            self.spool.leave_out(row)
            self.notes.append(f"line {row.line}: left as it is: {why}")
        else:
            self.faults.add(row.line, f"{why}; export whole days, or say --partial-days skip or --partial-days import")

    def _doubtful(
        self, advertiser: Advertiser, zone: ZoneInfo | None, first: datetime, end: datetime
    ) -> Iterator[tuple[Sum, str]]:
        """Sums of days at the ends of the file that might replace more than they cover.

        A report in the brand's own zone begins with a whole day and ends with one or with this hour, unless it is
        cut: then less than before shows it.
        """
        if self.partial_days == "import" or self.faults.count:
            return  # where rows are missing for their faults, less than before shows nothing
        same = zone is None or zone.key == advertiser.zone.key
        head, tail = local_date(first, advertiser.zone), local_date(end - _HOUR, advertiser.zone)
        edges = []
        if day_bounds(head, advertiser.zone)[0] < first:
            edges.append((head, f"from {first.astimezone(advertiser.zone):%H:%M}", not same))
        over = day_bounds(tail, advertiser.zone)[1]
        if (min(over, self.now - _HOUR) if same else over) > end:
            edges.append((tail, f"until {end.astimezone(advertiser.zone):%H:%M}", False))
        for day, covered, strict in edges:
            rows = list(self.spool.of(advertiser.pk, day.toordinal()))
            before = posted(self.source, rows)
            for row in rows:
                there = before.get((row.campaign, row.at), 0)
                if row.micros < there or (strict and there and row.micros != there):
                    amounts = f"{from_micros(row.micros)}, where {from_micros(there)} has been imported"
                    yield row, f"the hours of {day} are given {covered} only, with {amounts}"

    def _note_late_start(self, advertiser: Advertiser, first: datetime) -> None:
        """A campaign that runs from eight on has no hours before; nor has a file that was cut there."""
        day = local_date(first, advertiser.zone)
        rows = list(self.spool.of(advertiser.pk, day.toordinal()))
        if day_bounds(day, advertiser.zone)[0] < first and any(posted(self.source, rows).values()):
            hour = f"{first.astimezone(advertiser.zone):%H:%M}"
            self.notes.append(
                f"the hours of {day} are given from {hour} only, and stand for all of that day of {advertiser.name}"
            )

    def _check_days(self) -> None:
        kept = first_kept((advertiser.pk for advertiser in self.advertisers), ledger_alias())
        for advertiser in self.advertisers:
            for row in self.spool.after(advertiser.pk, advertiser.today.toordinal()):
                day = date.fromordinal(row.at)
                self.faults.add(row.line, f"{day} lies in the future of {advertiser.zone.key}")
            for row in self.spool.before(advertiser.pk, self._first_day(advertiser.zone)):
                self.faults.add(row.line, f"{date.fromordinal(row.at)} {self._too_old()}")
            for row in self.spool.before(advertiser.pk, kept.get(advertiser.pk, date.min).toordinal()):
                day = date.fromordinal(row.at)
                self.faults.add(row.line, f"{day} is archived; what was posted for it is no longer known")

    def _check_instants(self) -> None:
        last = _minutes_of(self.now + _AHEAD)
        for advertiser in self.advertisers:
            for row in self.spool.after(advertiser.pk, last):
                hour = instant_of(row.at).astimezone(advertiser.zone)
                self.faults.add(row.line, f"{hour.isoformat(timespec='minutes')} lies in the future")
            if self.as_events:
                for row in self.spool.before(advertiser.pk, self._first_minute()):
                    self.faults.add(row.line, f"{instant_of(row.at):%Y-%m-%d %H:%M} UTC {self._too_old()}")

    def _oldest(self) -> int | None:
        """Days after which spend is too old; None if all that a file can hold, back to 1970, is young enough."""
        oldest = app_settings.SPEND_MAX_AGE_DAYS
        return None if oldest is None or oldest > (self.now - _EPOCH).days + 1 else oldest

    def _first_minute(self) -> int:
        oldest = self._oldest()
        return 0 if oldest is None else -((_EPOCH - self.now + timedelta(days=oldest)) // _MINUTE)

    def _first_day(self, zone: ZoneInfo) -> int:
        """The first day of which the first instant is not too old (rule T4)."""
        oldest = self._oldest()
        if oldest is None:
            return 0
        limit = self.now - timedelta(days=oldest)
        day = local_date(limit, zone)
        return day.toordinal() + (day_bounds(day, zone)[0] < limit)

    def _too_old(self) -> str:
        return f"is older than {app_settings.SPEND_MAX_AGE_DAYS} days (SPEND_MAX_AGE_DAYS)"

    def _note_zones(self, zone: ZoneInfo | None) -> None:
        others = sorted({a.zone.key for a in self.advertisers if zone is not None and a.zone.key != zone.key})
        if zone is not None and others:
            self.notes.append(f"days of {zone.key} are taken for the days of {', '.join(others)} of the same date")


def instant_of(minutes: int) -> datetime:
    return _EPOCH + minutes * _MINUTE


def _minutes_of(instant: datetime) -> int:
    return (instant - _EPOCH) // _MINUTE


def _instants(zones: Mapping[int, ZoneInfo], zone: ZoneInfo | None) -> Callable[[int, int, int], int]:
    """Minutes since 1970 in UTC, of those on a clock that is the cell's own, the report's, or the brand's."""

    @lru_cache(maxsize=50_000)
    def place(brand: int, at: int, shift: int) -> int:
        if shift != UNSAID:
            return at - shift
        return _minutes_of(instant_of(at).replace(tzinfo=zone or zones[brand]))

    return place


def _days(zones: Mapping[int, ZoneInfo]) -> Callable[[int, int, int], int]:
    @lru_cache(maxsize=50_000)
    def place(brand: int, at: int, _shift: int) -> int:
        return local_date(instant_of(at), zones[brand]).toordinal()

    return place
