"""Campaigns as a report names them: by the platform's id, a few queries for many; new ones if that is wanted."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from ..exceptions import UnknownTimezone
from ..models import Brand, Campaign
from ..rules import as_zone, local_date
from ..rules.money import shown
from ..services import editing
from ..services.chunks import chunks
from ..services.gate import ledger_alias
from ..services.spending.postings import checked_text
from .faults import Once

_NAMES_A_STATEMENT = 900
_NAME_LENGTH, _ID_LENGTH = 200, 255
_SHORTENED = re.compile(r"[0-9](?:[.,][0-9]+)?E\+[0-9]+", re.ASCII | re.IGNORECASE)
#: An id that is no longer as the platform wrote it: another program has been at the file.
_ALTERED = re.compile(r"[0-9]+[.,]0+|=.*", re.ASCII | re.DOTALL)
ACTOR = "import_spend"


def _spelt(name: str) -> str:
    """A name without what people do not see as a difference."""
    return unicodedata.normalize("NFC", name).casefold().rstrip()


def _folded(name: str) -> str:
    """A name as the coarsest of databases compares it: without case, accents and spaces at its end."""
    apart = unicodedata.normalize("NFKD", name)
    return "".join(sign for sign in apart if not unicodedata.combining(sign)).casefold().rstrip()


@dataclass(frozen=True, slots=True)
class Advertiser:
    """What is asked of a brand for each row."""

    pk: int
    name: str
    currency: str
    zone: ZoneInfo
    today: date


@dataclass(frozen=True, slots=True)
class Known:
    """A campaign, or one that is yet to be made, whose ``pk`` is negative."""

    pk: int
    advertiser: Advertiser


@dataclass(slots=True)
class Campaigns:
    now: datetime
    brand: Brand | None = None
    create: bool = False
    """Whether campaigns that are not known are to be made, of ``brand``."""
    by_name: bool = False
    new: dict[str, str] = field(default_factory=dict)
    """Names of the campaigns to be made, by what the report calls them."""
    advertisers: dict[int, Advertiser] = field(default_factory=dict)
    _found: dict[str, Known | Once] = field(default_factory=dict)
    _alike: dict[str, str] | None = None
    """Names of the brand and of the file, by how they are spelt."""

    def __getitem__(self, reference: str) -> Known:
        """Raises ``Once``, which is told for the first row of a campaign."""
        found = self._found[reference]
        if isinstance(found, Once):
            raise found
        return found

    def look_up(self, names: Mapping[str, str]) -> None:
        """Find campaigns by what the report calls them; the values are the names that it gives them."""
        unknown = [reference for reference in names if reference not in self._found]
        for part in chunks(unknown, _NAMES_A_STATEMENT):
            owners = self._owners(part)
            self._load({brand_id for rows in owners.values() for _, brand_id in rows})
            for reference in part:
                self._found[reference] = self._resolved(reference, names[reference], owners.get(reference, []))

    def make(self, *, activate: bool = False) -> dict[int, int]:
        """Make the new campaigns; gives their ids by the negative ones that stood for them.

        They are switched off unless ``activate``: that a campaign has cost money once does not say that it should run.
        """
        if not self.new:
            return {}
        assert self.brand is not None  # what is made is made for a brand
        alias = ledger_alias()
        with editing(self.brand, actor=ACTOR, now=self.now):
            there = self._made()  # by another import, since this one looked them up
            missing = [new for number, new in enumerate(self.new.items(), 1) if -number not in there]
            for part in chunks(self._named_apart(missing), _NAMES_A_STATEMENT):
                rows = [
                    Campaign(
                        brand=self.brand,
                        name=name,
                        external_id=None if self.by_name else reference,
                        is_active=activate,
                    )
                    for reference, name in part
                ]
                # Rows made in bulk are due at once, so the first spend of theirs evaluates them.
                Campaign._base_manager.using(alias).bulk_create(rows)
        return self._made()

    def _owners(self, references: list[str]) -> dict[str, list[tuple[int, int]]]:
        column = "name" if self.by_name else "external_id"
        rows = Campaign._base_manager.using(ledger_alias()).filter(**{f"{column}__in": references}).order_by("pk")
        if self.brand is not None:
            rows = rows.filter(brand=self.brand)
        owners: dict[str, list[tuple[int, int]]] = {}
        for reference, pk, brand_id in rows.values_list(column, "pk", "brand_id"):
            # Some databases find "Spring" for "spring"; only what is the same in each letter is looked at again.
            owners.setdefault(reference, []).append((pk, brand_id))
        return owners

    def _load(self, brand_ids: Iterable[int]) -> None:
        missing = sorted(set(brand_ids) - self.advertisers.keys())
        for part in chunks(missing, _NAMES_A_STATEMENT):
            for brand in Brand._base_manager.using(ledger_alias()).filter(pk__in=part):
                self._advertiser(brand)

    def _advertiser(self, brand: Brand) -> Advertiser | Once:
        try:
            zone = as_zone(brand.timezone)
        except UnknownTimezone as error:
            return Once(f"the brand {brand.name} cannot take spend: {error}", ("zone", brand.pk))
        known = Advertiser(brand.pk, brand.name, brand.currency, zone, local_date(self.now, zone))
        return self.advertisers.setdefault(brand.pk, known)

    def _resolved(self, reference: str, name: str, owners: list[tuple[int, int]]) -> Known | Once:
        if len(owners) > 1:
            brands = ", ".join(self._brand_name(brand_id) for _, brand_id in owners)
            message = f"campaign {shown(reference)!r} is one of several brands ({brands}); say which by --brand"
            return Once(message, reference)
        if not owners:
            return self._unknown(reference, name)
        pk, brand_id = owners[0]
        known = self.advertisers.get(brand_id)
        if known is None:
            return Once(f"campaign {shown(reference)!r} is of a brand whose time zone is not known", reference)
        return Known(pk, known)

    def _brand_name(self, brand_id: int) -> str:
        known = self.advertisers.get(brand_id)
        return known.name if known else str(brand_id)

    def _unknown(self, reference: str, name: str) -> Known | Once:
        if not self.create or self.brand is None:
            return Once(self._not_known(reference), reference)
        advertiser = self._advertiser(self.brand)
        if isinstance(advertiser, Once):
            return advertiser
        if wrong := self._no_name_for_a_new_one(reference):
            return Once(wrong, reference)
        try:
            checked_text("campaign name", name, 10 * _NAME_LENGTH)
            checked_text("campaign id", reference, _NAME_LENGTH if self.by_name else _ID_LENGTH)
        except ValueError as error:
            return Once(str(error), reference)
        self.new[reference] = name or f"Campaign {reference}"
        return Known(-len(self.new), advertiser)

    def _not_known(self, reference: str) -> str:
        of = f" of the brand {self.brand}" if self.brand else ""
        what = "name" if self.by_name else "external id"
        hint = "; a spreadsheet has shortened the ids" if _SHORTENED.fullmatch(reference) else ""
        return f"no campaign{of} has {shown(reference)!r} as its {what}{hint} (--create --brand makes it)"

    def _no_name_for_a_new_one(self, reference: str) -> str:
        """Why no campaign is to be made of what the report calls it; empty if one may be."""
        if _SHORTENED.fullmatch(reference):
            return f"{shown(reference)!r} is no campaign's id; a spreadsheet has shortened the ids"
        if _ALTERED.fullmatch(reference):
            return f"{shown(reference)!r} is not as a platform writes it; a spreadsheet or a program has altered it"
        if not self.by_name:
            return ""
        if self._alike is None:
            self._alike = {_spelt(name): name for name in self._names_of_brand()}
        other = self._alike.setdefault(_spelt(reference), reference)
        if other == reference:
            return ""
        return f"{shown(reference)!r} and {shown(other)!r} are too much alike for two campaigns; call them the same"

    def _names_of_brand(self) -> Iterable[str]:
        return Campaign._base_manager.using(ledger_alias()).filter(brand=self.brand).values_list("name", flat=True)

    def _named_apart(self, new: list[tuple[str, str]]) -> list[tuple[str, str]]:
        """New campaigns with names that their brand has not yet given."""
        taken = {_folded(name) for name in self._names_of_brand()}
        named = []
        for reference, wished in new:
            name = wished[:_NAME_LENGTH].strip() or reference
            if _folded(name) in taken:
                name = f"{name[: _NAME_LENGTH - len(reference) - 3]} ({reference})"
            taken.add(_folded(name))
            named.append((reference, name))
        return named

    def _made(self) -> dict[int, int]:
        """Asked again, since not every database tells the ids of rows made in bulk."""
        made: dict[int, int] = {}
        numbers = {reference: -number for number, reference in enumerate(self.new, 1)}
        for part in chunks(list(self.new), _NAMES_A_STATEMENT):
            for reference, rows in self._owners(part).items():
                if reference in numbers:
                    made[numbers[reference]] = rows[0][0]
        return made
