"""A file of spend to replay: CSV with the columns campaign, instant, amount and, if wanted, idempotency_key.

All of it is read and checked before anything is recorded; each fault names its line.
"""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TextIO
from zoneinfo import ZoneInfo

from django.db.models import Q

from ..clock import instant as this_moment
from ..models import Brand, Campaign
from ..rules.money import MAX_RECORD_MICROS, from_micros, record_micros, shown
from ..services.spending.postings import checked_key
from .base import FIRST_YEAR

REQUIRED = ("campaign", "instant", "amount")
OPTIONAL = ("idempotency_key",)
_WHOLE = re.compile(r"[0-9]{1,18}", re.ASCII)
_LOOKUP_CHUNK = 250
#: Its clock is that of its instants, so that a plan may be tried; what lies further ahead is a slip of the pen.
_AHEAD = timedelta(days=366)


class FileErrors(Exception):
    """What is wrong with a file, line by line."""

    def __init__(self, errors: Mapping[int, str]) -> None:
        self.errors = dict(sorted(errors.items()))
        super().__init__("\n".join(f"line {line}: {error}" for line, error in self.errors.items()))


@dataclass(frozen=True, slots=True)
class Row:
    line: int
    campaign: Campaign
    instant: datetime
    amount: Decimal
    idempotency_key: str | None


@dataclass(frozen=True, slots=True)
class Reading:
    """How the columns are to be understood."""

    zone: ZoneInfo | None = None
    micros: bool = False
    brand: Brand | None = None


def read_rows(file: TextIO, reading: Reading) -> list[Row]:
    """The rows in order of time. Raises ``FileErrors`` with every fault found."""
    latest = this_moment() + _AHEAD
    errors: dict[int, str] = {}
    lines = list(_cells(file, errors))
    campaigns = Campaigns({cells["campaign"].strip() for _, cells in lines}, reading.brand)
    rows: list[Row] = []
    for line, cells in lines:
        try:
            row = _row(line, cells, campaigns, reading)
            _check_plausible(cells["instant"].strip(), row.instant, latest)
            rows.append(row)
        except ValueError as error:
            errors[line] = str(error)
    errors |= _contradictions(rows) | _strangers(lines, campaigns)
    if errors:
        raise FileErrors(errors)
    return sorted(rows, key=lambda row: row.instant)


class Campaigns:
    """Finds campaigns by id, external id or name; its queries grow with the names, not with the rows."""

    def __init__(self, names: Iterable[str], brand: Brand | None) -> None:
        self._brand = brand
        self._found: defaultdict[str, dict[int, Campaign]] = defaultdict(dict)
        wanted = sorted(names)
        for start in range(0, len(wanted), _LOOKUP_CHUNK):
            self._look_up(wanted[start : start + _LOOKUP_CHUNK])

    def __getitem__(self, name: str) -> Campaign:
        found = list(self._found[name].values())
        if not found:
            of = f" of the brand {self._brand}" if self._brand else ""
            raise ValueError(f"no campaign{of} has {shown(name)!r} as its id, external id or name")
        if len(found) > 1:
            owners = ", ".join(sorted(f"{campaign.pk} of {campaign.brand}" for campaign in found))
            raise ValueError(
                f"{shown(name)!r} means several campaigns ({owners}); say which by --brand or by another of its names"
            )
        return found[0]

    def number_of(self, name: str) -> bool | None:
        """Whether digits are a campaign's number in our database alone; None for what is not."""
        found = self._found.get(name)
        if not found or not _WHOLE.fullmatch(name):
            return None
        return all(name not in {campaign.external_id, campaign.name} for campaign in found.values())

    def _look_up(self, names: list[str]) -> None:
        ids = [int(name) for name in names if _WHOLE.fullmatch(name)]
        query = Q(pk__in=ids) | Q(external_id__in=names) | Q(name__in=names)
        candidates = Campaign.objects.filter(query).select_related("brand")
        if self._brand:
            candidates = candidates.filter(brand=self._brand)
        for campaign in candidates:
            # Compared again here, byte for byte: some databases take "Spring" for "spring".
            for name in {str(campaign.pk), campaign.external_id or "", campaign.name}:
                self._found[name][campaign.pk] = campaign


def _cells(file: TextIO, errors: dict[int, str]) -> Iterator[tuple[int, dict[str, str]]]:
    reader = csv.reader(file, strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        _check_header(header)
        for cells in reader:
            if len(cells) == len(header):
                yield reader.line_num, dict(zip(header, cells, strict=True))
            elif any(cells):
                errors[reader.line_num] = f"has {len(cells)} cells where the header has {len(header)}"
    except csv.Error as error:
        raise FileErrors({reader.line_num: f"is not CSV: {error}"}) from error
    except UnicodeDecodeError as error:
        raise FileErrors({reader.line_num + 1: f"or one after it is not UTF-8: {error.reason}"}) from error


def _check_header(header: list[str]) -> None:
    unknown = [name for name in header if name not in (*REQUIRED, *OPTIONAL)]
    missing = [name for name in REQUIRED if name not in header]
    if missing or unknown or len(set(header)) < len(header):
        wanted = ",".join(REQUIRED) + "[," + ",".join(OPTIONAL) + "]"
        raise FileErrors({1: f"the header must be {wanted}, not {shown(','.join(header))!r}"})


def _row(line: int, cells: Mapping[str, str], campaigns: Campaigns, reading: Reading) -> Row:
    return Row(
        line=line,
        campaign=campaigns[cells["campaign"].strip()],
        instant=_instant(cells["instant"].strip(), reading.zone),
        amount=_amount(cells["amount"].strip(), micros=reading.micros),
        idempotency_key=_key(cells.get("idempotency_key", "")),
    )


def _instant(text: str, zone: ZoneInfo | None) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"instant {shown(text)!r} is not like 2026-03-31T14:00:00+02:00") from None
    if instant.utcoffset() is None:
        if zone is None:
            raise ValueError(f"instant {text!r} has no UTC offset; write one, or name a zone with --timezone")
        instant = instant.replace(tzinfo=zone)
    try:
        return instant.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"instant {text!r} is outside the calendar") from None


def _check_plausible(text: str, instant: datetime, latest: datetime) -> None:
    """A mistyped year would play the ticks of a thousand others."""
    if instant.year < FIRST_YEAR:
        raise ValueError(f"instant {text!r} lies before {FIRST_YEAR}")
    if instant > latest:
        raise ValueError(f"instant {text!r} lies more than a year ahead")


def _amount(text: str, *, micros: bool) -> Decimal:
    if not micros:
        return from_micros(record_micros(text))
    if not _WHOLE.fullmatch(text) or not 0 < int(text) <= MAX_RECORD_MICROS:
        raise ValueError(f"amount {shown(text)!r} is not a whole number from 1 to {MAX_RECORD_MICROS}")
    return from_micros(int(text))


def _key(text: str) -> str | None:
    return checked_key(text) if text else None


def _contradictions(rows: Iterable[Row]) -> dict[int, str]:
    """Lines that use a key of an earlier line of the same brand for other spend."""
    first: dict[tuple[int, str], Row] = {}
    errors: dict[int, str] = {}
    for row in rows:
        if row.idempotency_key is None:
            continue
        earlier = first.setdefault((row.campaign.brand_id, row.idempotency_key), row)
        if _content(earlier) != _content(row):
            key = shown(row.idempotency_key)
            errors[row.line] = f"the key {key!r} stands for other spend on line {earlier.line}"
    return errors


def _strangers(lines: Iterable[tuple[int, Mapping[str, str]]], campaigns: Campaigns) -> dict[int, str]:
    """Lines that would go to whoever has that number here, where others give the numbers of a platform."""
    names = {line: cells["campaign"].strip() for line, cells in lines}
    theirs = next((line for line, name in names.items() if campaigns.number_of(name) is False), None)
    if theirs is None:
        return {}
    return {
        line: f"{name!r} is no external id, and line {theirs} gives one; {campaigns[name].brand} / {campaigns[name]} "
        "has that id here: say --brand, or name the campaign"
        for line, name in names.items()
        if campaigns.number_of(name)
    }


def _content(row: Row) -> tuple[int, datetime, Decimal]:
    return row.campaign.pk, row.instant, row.amount
