"""What the doctor says, and what it looks at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import islice

from django.db.models import QuerySet

from ...models import Brand, Campaign
from ...schedules import INTERVALS

#: Findings of one kind that are told one by one.
_MOST = 10


class Severity(StrEnum):
    """An error keeps a promise from being kept, a warning may come to, a hint is likely a mistake."""

    ERROR = "error"
    WARNING = "warning"
    HINT = "hint"


@dataclass(frozen=True, slots=True)
class Mend:
    """A command to type, and what it is good for where there is a choice."""

    command: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    code: str
    severity: Severity
    what: str
    mends: tuple[Mend, ...] = ()


@dataclass(frozen=True, slots=True)
class Patient:
    """The ledger's database at an instant, some brands or all, and how often beat is to run each task, in seconds."""

    alias: str
    now: datetime
    brand_ids: tuple[int, ...] | None = None
    intervals: Mapping[str, float] = field(default_factory=lambda: INTERVALS)

    def brands(self) -> QuerySet[Brand]:
        brands = Brand._base_manager.using(self.alias).order_by("pk")
        return brands if self.brand_ids is None else brands.filter(pk__in=self.brand_ids)

    def campaigns(self) -> QuerySet[Campaign]:
        campaigns = Campaign._base_manager.using(self.alias).order_by("pk")
        return campaigns if self.brand_ids is None else campaigns.filter(brand__in=self.brand_ids)


def by_hand(model: str, pk: int, *statements: str, note: str = "") -> Mend:
    """An edit of one row, through ``save()``, so that it is evaluated and kept in history."""
    code = "; ".join([f"from django_adbudget.models import {model}", f"x = {model}.objects.get(pk={pk})", *statements])
    return Mend(f'manage.py shell -c "{code}"', note)


def first_few(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Ten of a kind, and a last one that says how many more there are."""
    rest = iter(findings)
    last = None
    for finding in islice(rest, _MOST):
        yield finding
        last = finding
    more = sum(1 for _ in rest)
    if more and last is not None:
        yield Finding(last.code, last.severity, f"... and {more:,} more of this kind.")


def title(row: Brand | Campaign) -> str:
    """A row's name as it may stand in a sentence."""
    if isinstance(row, Brand):
        return f"brand {row.pk} ({row.name})"
    return f"campaign {row.pk} ({row.name} of {row.brand.name})"
