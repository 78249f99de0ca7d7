"""Random spend of running campaigns, round by round, as a platform would report it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from random import Random

from django.db.models import QuerySet

from .. import services
from ..models import Brand, Campaign, StatusChange
from ..models.campaign import CampaignQuerySet
from ..rules import Status
from ..services.gate import ledger_alias
from ..services.results import SpendEntry
from . import changes

SOURCE = "simulate_spend"
_CENT = Decimal("0.01")
#: What a spend is of its campaign's tightest daily budget, at least and at most.
_LEAST, _MOST = 0.005, 0.05
_WITHOUT_BUDGET = Decimal(100)


@dataclass(slots=True)
class Tally:
    """What was recorded so far, and how often a campaign stopped and started."""

    rounds: int = 0
    records: int = 0
    paused: int = 0
    activated: int = 0
    spent: dict[str, Decimal] = field(default_factory=dict)


@dataclass
class Simulation:
    brands: Sequence[Brand]
    rate: int
    """Records of one round."""
    average: Decimal | None
    """Of one record; None for up to a twentieth of the tightest daily budget."""
    random: Random

    def __post_init__(self) -> None:
        self.tally = Tally()
        self._seen = changes.newest()

    def play(self, now: datetime) -> list[StatusChange]:
        """One round: the tick, then spend of what runs; gives the changes of status that came of it."""
        services.reconcile(brands=self.brands, due_only=True, now=now)
        entries = list(self._entries(now))
        services.record_spend_batch(entries, now=now)
        self.tally.rounds += 1
        self.tally.records += len(entries)
        return self._turned()

    def campaigns(self) -> CampaignQuerySet:
        return Campaign.objects.using(ledger_alias()).filter(brand__in=self.brands)

    def _entries(self, now: datetime) -> Iterator[SpendEntry]:
        running = list(self._running())
        for campaign in self.random.choices(running, k=self.rate) if running else []:
            amount, currency = self._amount(campaign), campaign.brand.currency
            self.tally.spent[currency] = self.tally.spent.get(currency, Decimal(0)) + amount
            yield SpendEntry(campaign=campaign, amount=amount, at=now, source=SOURCE)

    def _running(self) -> QuerySet[Campaign]:
        return self.campaigns().running().select_related("brand").order_by("pk")

    def _amount(self, campaign: Campaign) -> Decimal:
        if self.average is not None:
            about = self.average * Decimal(self.random.uniform(0.5, 1.5))
        else:
            budgets = [budget for budget in (campaign.daily_budget, campaign.brand.daily_budget) if budget]
            about = min(budgets, default=_WITHOUT_BUDGET) * Decimal(self.random.uniform(_LEAST, _MOST))
        return max(about.quantize(_CENT), _CENT)

    def _turned(self) -> list[StatusChange]:
        found = changes.since(self._seen, self.brands)
        for change in found:
            self._seen = change.pk
            self.tally.paused += change.from_status == Status.ACTIVE
            self.tally.activated += change.to_status == Status.ACTIVE
        return found
