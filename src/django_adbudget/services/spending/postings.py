"""What a caller sends, made into postings: checked field by field, before anything is locked or read (rule L8)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import uuid4

from django.db.models import BigIntegerField

from ...clock import in_utc
from ...exceptions import InvalidAmount, InvalidEntry, InvalidKey, InvalidSpendTime
from ...models import Campaign, SpendRecord
from ...models.ledger import DESCRIPTION_LENGTH, KEY_LENGTH, SOURCE_LENGTH, Kind
from ...rules.money import record_micros, shown, to_micros, total_micros
from ..results import SpendEntry, SpendTotal

_KEY = re.compile(rf"[\x20-\x7e]{{1,{KEY_LENGTH}}}")
_ENTRY_FIELDS = frozenset(field.name for field in fields(SpendEntry))
_TOTAL_FIELDS = frozenset(field.name for field in fields(SpendTotal))
_NEEDED = frozenset({"amount", "date", "total"})
T = TypeVar("T")


@dataclass(slots=True, kw_only=True)
class Posting:
    """A record to be made. ``at`` None: at the moment of recording; ``day``: the local date, if it is not ``at``'s.

    Nobody changes one; freezing it would treble what it costs to make ten thousand.
    """

    campaign_id: int
    brand_id: int | None
    kind: Kind
    micros: int
    at: datetime | None
    key: str
    keyed: bool
    source: str
    description: str
    day: date | None = None
    currency: str | None = None
    corrects_id: int | None = None
    max_age_days: int | None = None
    """How far back a door lets spend be dated, where that is less far than the setting."""
    of_brand: int | None = None
    """Whose campaign the caller takes it for; ``brand_id`` may be out of date, this is refused then."""

    def differences(self, record: SpendRecord) -> list[str]:
        """The fields in which a record under the same key has other content (rule L2)."""
        mine = {
            "campaign": self.campaign_id,
            "kind": self.kind.value,
            "amount": self.micros,
            "at": self.at,
            "source": self.source,
            "description": self.description,
            "corrects": self.corrects_id,
        }
        theirs = {
            "campaign": record.campaign_id,
            "kind": record.kind,
            "amount": to_micros(record.amount),
            "at": record.spend_datetime if record.at_given else None,
            "source": record.source,
            "description": record.description,
            "corrects": record.corrects_id,
        }
        if record.redacted_at:
            # What it said is forgotten, so it cannot be held against the caller (rule H3).
            theirs["description"] = self.description
        return [name for name, value in mine.items() if value != theirs[name]]


def of_entry(
    entry: SpendEntry | Mapping[str, Any], max_age_days: int | None = None, of_brand: int | None = None
) -> Posting:
    """The posting of one spend. Raises an ``AdBudgetError`` or ``TypeError`` that names the field."""
    sent = entry if isinstance(entry, SpendEntry) else SpendEntry(**_fields_of(entry, _ENTRY_FIELDS))
    campaign_id, brand_id = _campaign_of(sent)
    if sent.amount is None:
        raise InvalidAmount("amount is missing")
    return Posting(
        campaign_id=campaign_id,
        brand_id=of_brand or brand_id,
        kind=Kind.SPEND,
        micros=record_micros(sent.amount),
        at=checked_instant(sent.at),
        key=checked_key(sent.idempotency_key),
        keyed=sent.idempotency_key is not None,
        source=checked_text("source", sent.source, SOURCE_LENGTH),
        description=checked_text("description", sent.description, DESCRIPTION_LENGTH),
        currency=sent.currency,
        max_age_days=max_age_days,
        of_brand=of_brand,
    )


def of_total(total: SpendTotal | Mapping[str, Any], source: str) -> Posting:
    """The total of a platform as a posting whose amount is yet to be made the difference (rule L7)."""
    sent = (
        total if isinstance(total, SpendTotal) else SpendTotal(**{"campaign": None, **_fields_of(total, _TOTAL_FIELDS)})
    )
    campaign_id, brand_id = campaign_ids("campaign", sent.campaign)
    name = checked_text("source", source, SOURCE_LENGTH)
    if not name.strip():
        raise InvalidEntry("source must name the platform whose total this is")
    return Posting(
        campaign_id=campaign_id,
        brand_id=brand_id,
        kind=Kind.RESTATEMENT,
        micros=total_micros(sent.total),
        at=None,
        day=checked_day(sent.date),
        key=checked_key(None),
        keyed=False,
        source=name,
        description="",
        currency=sent.currency,
    )


def _fields_of(entry: object, known: frozenset[str]) -> dict[str, Any]:
    if not isinstance(entry, Mapping):
        raise InvalidEntry(f"an entry must be a mapping of {', '.join(sorted(known))}, not {type(entry).__name__}")
    unknown = sorted(str(name) for name in set(entry) - known)
    if unknown:
        raise InvalidEntry(f"unknown field {', '.join(unknown)}; the fields are {', '.join(sorted(known))}")
    missing = sorted(known & _NEEDED - set(entry))
    if missing:
        raise InvalidEntry(f"{', '.join(missing)} is missing")
    return dict(entry)


def _campaign_of(entry: SpendEntry) -> tuple[int, int | None]:
    if (entry.campaign is None) is (entry.campaign_id is None):
        raise InvalidEntry("give either campaign or campaign_id")
    return campaign_ids("campaign", entry.campaign_id if entry.campaign is None else entry.campaign)


def campaign_ids(name: str, campaign: object) -> tuple[int, int | None]:
    """The id of a campaign given by instance or id, and its brand's, where the instance tells."""
    if isinstance(campaign, Campaign):
        if campaign._state.adding:
            raise InvalidEntry(f"{name} {campaign} is not saved yet")
        return campaign.pk, campaign.brand_id
    if isinstance(campaign, int) and not isinstance(campaign, bool):
        if abs(campaign) > BigIntegerField.MAX_BIGINT:
            raise Campaign.DoesNotExist(f"campaign {campaign} does not exist")
        return campaign, None
    raise InvalidEntry(f"{name} must be a saved Campaign or its id, not {shown(repr(campaign))}")


def checked_instant(at: object) -> datetime | None:
    if at is None:
        return None
    if not isinstance(at, datetime):
        raise InvalidSpendTime(f"at must be an aware datetime, not {shown(repr(at))}")
    try:
        return in_utc("at", at)
    except ValueError as error:
        raise InvalidSpendTime(str(error)) from None


def checked_key(key: object) -> str:
    """The key, or a new one where none is given. Raises ``InvalidKey`` (rule L2)."""
    if key is None:
        return uuid4().hex
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        raise InvalidKey(
            f"idempotency_key must be 1 to {KEY_LENGTH} printable ASCII characters, not {shown(repr(key))}"
        )
    return key


def checked_text(name: str, value: object, longest: int) -> str:
    if not isinstance(value, str):
        raise InvalidEntry(f"{name} must be text, not {shown(repr(value))}")
    if len(value) > longest:
        raise InvalidEntry(f"{name} has {len(value)} characters; {longest} are allowed")
    if "\x00" in value or not (value.isascii() or _encodable(value)):
        raise InvalidEntry(f"{name} holds a character that no database can store")
    return value


def _encodable(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def checked_day(day: object) -> date:
    if isinstance(day, datetime) or not isinstance(day, date):
        raise InvalidSpendTime(f"date must be a datetime.date, not {shown(repr(day))}")
    return day


def of_entries(
    entries: Iterable[SpendEntry | Mapping[str, Any]], max_age_days: int | None = None
) -> tuple[list[Posting], dict[int, Exception]]:
    """Postings of a batch, and the error of each entry that has none, by index."""
    return _of_many(entries, lambda entry: of_entry(entry, max_age_days))


def of_totals(
    totals: Iterable[SpendTotal | Mapping[str, Any]], source: str
) -> tuple[list[Posting], dict[int, Exception]]:
    """The same for totals."""
    return _of_many(totals, lambda total: of_total(total, source))


def _of_many(items: Iterable[T], make: Callable[[T], Posting]) -> tuple[list[Posting], dict[int, Exception]]:
    made: list[Posting] = []
    errors: dict[int, Exception] = {}
    for index, item in enumerate(items):
        try:
            made.append(make(item))
        except (ValueError, TypeError, Campaign.DoesNotExist) as error:
            errors[index] = error
    return made, errors
