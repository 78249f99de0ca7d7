"""What the services take and give: frozen dataclasses. Money is ``Decimal`` in the brand's currency."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from ..models import Campaign, SpendRecord, StatusChange
from ..rules import CampaignFacts, Level, Period, Reason, Status
from ..rules.forecast import next_flip


@dataclass(frozen=True, slots=True)
class SpendEntry:
    """One spend of a batch. ``campaign`` or ``campaign_id``; ``at`` is aware, None for the batch's ``now``."""

    campaign: Campaign | int | None = None
    amount: Decimal | int | str | None = None
    at: datetime | None = None
    idempotency_key: str | None = None
    source: str = ""
    description: str = ""
    campaign_id: int | None = None
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class SpendTotal:
    """What a platform says a campaign has spent on a local day so far."""

    campaign: Campaign | int
    date: dt.date
    total: Decimal | int | str
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class SpendReceipt:
    """``replayed``: the key was used before, and ``record`` is the first one (rule L2)."""

    record: SpendRecord
    replayed: bool
    status_changes: tuple[StatusChange, ...] = ()


@dataclass(frozen=True, slots=True)
class BatchReceipt:
    recorded: int
    replayed: int
    status_changes: tuple[StatusChange, ...] = ()


@dataclass(frozen=True, slots=True)
class TotalsReceipt:
    """Totals that became a record of their difference, and totals that were posted already."""

    recorded: int
    unchanged: int
    status_changes: tuple[StatusChange, ...] = ()


@dataclass(frozen=True, slots=True)
class Limit:
    """Spend of the current period against a budget; ``budget`` and ``remaining`` are None where there is none."""

    level: Level
    period: Period
    spent: Decimal
    budget: Decimal | None
    remaining: Decimal | None


@dataclass(frozen=True, slots=True)
class CampaignStatus:
    """The status derived at ``at`` from the facts, with the stored projection beside it (rule S6)."""

    campaign_id: int
    at: datetime
    status: Status
    reasons: tuple[Reason, ...]
    can_run_now: bool
    is_within_dayparting: bool
    next_check_at: datetime | None
    stored_status: Status
    limits: tuple[Limit, ...]
    in_sync: bool
    facts: CampaignFacts = field(repr=False, compare=False)

    @property
    def flips_at(self) -> datetime | None:
        """When time alone next starts or stops the campaign (UTC); None: never, if no fact changes."""
        return next_flip(self.facts, self.at)


@dataclass(frozen=True, slots=True)
class BrandStatus:
    """The brand's local ``date`` and the first of its ``month``, its limits, and its campaigns by derived status.

    ``campaign_counts`` has the keys ``total``, ``active``, ``paused_budget``, ``paused_daypart``, ``inactive``.
    """

    brand_id: int
    at: datetime
    date: dt.date
    month: dt.date
    currency: str
    limits: tuple[Limit, ...]
    campaign_counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ReconcileResult:
    """Counts of campaigns. ``paused`` left ACTIVE, ``activated`` became ACTIVE, ``failed`` could not be decided."""

    evaluated: int = 0
    changed: int = 0
    paused: int = 0
    activated: int = 0
    failed: int = 0

    def __add__(self, other: ReconcileResult) -> ReconcileResult:
        return ReconcileResult(
            self.evaluated + other.evaluated,
            self.changed + other.changed,
            self.paused + other.paused,
            self.activated + other.activated,
            self.failed + other.failed,
        )


@dataclass(frozen=True, slots=True)
class Difference:
    """A total that is not what the ledger says (rule L5). ``campaign_id`` is None for a brand's total."""

    brand_id: int
    campaign_id: int | None
    period: Period
    start: date
    ledger: Decimal
    summary: Decimal


@dataclass(frozen=True, slots=True)
class DeliveryResult:
    """Orders sent, of which done and failed."""

    sent: int = 0
    done: int = 0
    failed: int = 0
