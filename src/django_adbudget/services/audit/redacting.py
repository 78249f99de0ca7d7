"""Forgetting what people wrote beside their spend (rule H3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import QuerySet

from ...clock import instant
from ...exceptions import InvalidEntry
from ...models import Brand, Campaign, SpendRecord
from ...rules.money import shown
from ..chunks import chunks
from ..gate import in_transaction, ledger_alias
from .guard import ledger_open

#: Ids are less than that; no database compares one with more.
_NO_ID = 1 << 63


@dataclass(frozen=True, slots=True, kw_only=True)
class Which:
    """Records that meet all that is given; ``before`` is a local date, not included."""

    brands: Sequence[Brand] | None = None
    campaigns: Sequence[Campaign] | None = None
    before: date | None = None
    records: Sequence[int] | None = None


def redact_descriptions(which: Which, *, actor: str = "", now: datetime | None = None, dry_run: bool = False) -> int:
    """Blank the description of records through the ledger's door; gives how many had one.

    Amount, instant and key stay, so totals do not change and a retry still replays. Where none has one the door stays
    shut. Raises ``InvalidEntry`` if
    nothing is given to choose by, or a record named by its id does not exist.
    """
    if not any(given is not None for given in (which.brands, which.campaigns, which.before, which.records)):
        raise InvalidEntry("say whose descriptions to blank: by brand, campaign, date or record")
    alias, at = ledger_alias(), instant(now)
    _check_there(which, alias)
    parts = [None] if which.records is None else list(chunks(sorted(set(which.records))))
    if dry_run:
        return sum(_described(which, ids, alias).count() for ids in parts)

    def work() -> int:
        if not any(_described(which, ids, alias).exists() for ids in parts):
            return 0
        with ledger_open("redaction of descriptions", actor=actor, now=at):
            return sum(_described(which, ids, alias).update(description="", redacted_at=at) for ids in parts)

    return in_transaction(work, alias)


def _check_there(which: Which, alias: str) -> None:
    wanted = set(which.records or ())
    possible = sorted(pk for pk in wanted if 0 < pk < _NO_ID)
    records = SpendRecord._base_manager.using(alias)
    there = {pk for ids in chunks(possible) for pk in records.filter(pk__in=ids).values_list("pk", flat=True)}
    if wanted - there:
        raise InvalidEntry(f"there is no record {', '.join(shown(pk) for pk in sorted(wanted - there)[:5])}")


def _described(which: Which, ids: Sequence[int] | None, alias: str) -> QuerySet[SpendRecord]:
    records = SpendRecord._base_manager.using(alias).exclude(description="")
    if which.brands is not None:
        records = records.filter(brand__in=which.brands)
    if which.campaigns is not None:
        records = records.filter(campaign__in=which.campaigns)
    if which.before is not None:
        records = records.filter(spend_date__lt=which.before)
    return records if ids is None else records.filter(pk__in=ids)
