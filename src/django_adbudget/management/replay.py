"""Plays rows of spend through the services on the rows' own clock, with the ticks that come between."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from django.db.models import Min, QuerySet

from .. import services
from ..models import Campaign, StatusChange
from ..models.campaign import CampaignQuerySet
from ..rules import Status
from ..services.gate import ledger_alias
from .replay_file import Row

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Turn:
    """A change of status, and by how much the tightest budget was overspent when it came."""

    change: StatusChange
    overspent: Decimal


@dataclass(slots=True)
class Tally:
    """What became of a campaign's rows."""

    campaign: Campaign
    records: int = 0
    amount: Decimal = Decimal(0)
    known: int = 0
    """Rows whose key the ledger had already."""
    stopped: int = 0
    """Rows for an instant at which the campaign was stopped; left out if only what runs is to be recorded."""
    amount_stopped: Decimal = Decimal(0)


class RowRefused(Exception):
    """A service refused a row that had looked right, such as a key that the ledger already has."""


@dataclass
class Replay:
    rows: Sequence[Row]
    tick: timedelta
    on_turn: Callable[[Turn], None]
    only_running: bool = False
    """Whether spend of a campaign that is stopped is left out, as if its platform obeyed at once."""

    def __post_init__(self) -> None:
        self.tallies = {row.campaign.pk: Tally(row.campaign) for row in self.rows}
        self.brands = list({row.campaign.brand_id: row.campaign.brand for row in self.rows}.values())
        self.overspent = {brand.pk: Decimal(0) for brand in self.brands}  # the most at any pause
        self._running: set[int] = set()
        self._ticked = self._seen = 0  # number of the last tick since the epoch; newest change that was told

    def run(self, advance: Callable[[], object]) -> None:
        """Play all rows; ``advance`` is called after each."""
        if not self.rows:
            return
        self._begin(self.rows[0].instant)
        for row in self.rows:
            self._tick_until(row.instant)
            self._play(row)
            advance()

    def _begin(self, now: datetime) -> None:
        """What is stored was derived at the present: bring it to the replay's first instant."""
        self._ticked = (now - _EPOCH) // self.tick
        self._seen = self._changes().order_by("-pk").values_list("pk", flat=True).first() or 0
        services.reconcile(brands=self.brands, now=now)
        self._running = set(self._campaigns().running().values_list("pk", flat=True))
        self._tell()

    def _tick_until(self, instant: datetime) -> None:
        while (number := self._next_tick()) is not None and _EPOCH + number * self.tick <= instant:
            self._ticked = number
            now = _EPOCH + number * self.tick
            if services.reconcile(brands=self.brands, due_only=True, now=now).changed:
                self._tell()

    def _next_tick(self) -> int | None:
        """The first tick to come that would find something due; those before it would change nothing."""
        due: datetime | None = self._campaigns().aggregate(at=Min("next_check_at"))["at"]
        return None if due is None else max(-((_EPOCH - due) // self.tick), self._ticked + 1)

    def _play(self, row: Row) -> None:
        tally = self.tallies[row.campaign.pk]
        if row.campaign.pk not in self._running:
            tally.stopped += 1
            tally.amount_stopped += row.amount
            if self.only_running:
                return
        receipt = self._record(row)
        if receipt.replayed:
            tally.known += 1
        else:
            tally.records += 1
            tally.amount += row.amount
        if receipt.status_changes:
            self._tell()

    def _record(self, row: Row) -> services.SpendReceipt:
        try:
            return services.record_spend(
                row.campaign, row.amount, at=row.instant, idempotency_key=row.idempotency_key, now=row.instant
            )
        except (ValueError, Campaign.DoesNotExist) as error:
            before = sum(tally.records for tally in self.tallies.values())
            message = f"line {row.line}: {error} (stopped there; {before} earlier rows were recorded)"
            raise RowRefused(message) from error

    def _tell(self) -> None:
        changes = self._changes().filter(pk__gt=self._seen).select_related("campaign__brand")
        for change in changes.order_by("pk"):
            self._seen = change.pk
            note = self._running.add if change.to_status == Status.ACTIVE else self._running.discard
            note(change.campaign_id)
            turn = Turn(change, _overspent(change))
            brand = change.campaign.brand_id
            self.overspent[brand] = max(self.overspent[brand], turn.overspent)
            self.on_turn(turn)

    # What was written a moment ago is read where it was written, not from a replica (rule H1).

    def _campaigns(self) -> CampaignQuerySet:
        return Campaign.objects.using(ledger_alias()).filter(brand__in=self.brands)

    def _changes(self) -> QuerySet[StatusChange]:
        return StatusChange.objects.using(ledger_alias()).filter(campaign__brand__in=self.brands)


def _overspent(change: StatusChange) -> Decimal:
    if change.to_status != Status.PAUSED_BUDGET:
        return Decimal(0)
    limits = change.figures["limits"]
    return max([Decimal(0), *(Decimal(limit["spent"]) - Decimal(limit["budget"]) for limit in limits)])
