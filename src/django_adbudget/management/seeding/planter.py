"""Saves what was planned, through the services: brand by brand, spend in batches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from ... import services
from ...models import Brand, Campaign
from ...services.chunks import chunks
from ...services.edits.planting import plant
from ...services.gate import ledger_alias
from ...services.results import SpendEntry
from .plan import BrandPlan, Wish, names_wanted, plans
from .spend import Spender

_RECORDS_A_BATCH = 5_000


@dataclass(slots=True)
class Planted:
    """What was made, its spend by currency, and its campaigns by status."""

    seed: int
    brands: int = 0
    campaigns: int = 0
    windows: int = 0
    records: int = 0
    spent: dict[str, Decimal] = field(default_factory=dict)
    statuses: dict[str, int] = field(default_factory=dict)


def is_planted(wish: Wish) -> bool:
    return Brand._base_manager.using(ledger_alias()).filter(external_id__startswith=wish.prefix).exists()


@dataclass
class Planter:
    wish: Wish
    advance: Callable[[int], object]
    """Hears of each brand's day that was planted."""
    dry_run: bool = False

    def run(self) -> Planted:
        done = Planted(self.wish.seed)
        brands: list[Brand] = []
        for plan in plans(self.wish, _taken(names_wanted(self.wish))):
            self._brand(plan, done)
            brands.append(plan.brand)
        if not self.dry_run:
            # Campaigns without spend have not been looked at yet.
            services.reconcile(brands=brands, now=self.wish.now)
            done.statuses = _statuses(brands)
        return done

    def _brand(self, plan: BrandPlan, done: Planted) -> None:
        campaigns = [each.campaign for each in plan.campaigns]
        windows = [window for each in plan.campaigns for window in each.windows]
        if not self.dry_run:
            plant(plan.brand, campaigns, windows)
        done.brands += 1
        done.campaigns += len(campaigns)
        done.windows += len(windows)
        for entries in chunks(self._entries(plan), _RECORDS_A_BATCH):
            if not self.dry_run:
                services.record_spend_batch(entries, now=self.wish.now)
            spent = sum((Decimal(str(entry.amount)) for entry in entries), Decimal(0))
            done.records += len(entries)
            done.spent[plan.brand.currency] = done.spent.get(plan.brand.currency, Decimal(0)) + spent

    def _entries(self, plan: BrandPlan) -> Iterator[SpendEntry]:
        for entries in Spender(plan, self.wish.now).days(self.wish.spend_days):
            yield from entries
            self.advance(1)


def _taken(names: list[str]) -> frozenset[str]:
    brands = Brand._base_manager.using(ledger_alias())
    return frozenset(
        name for part in chunks(names) for name in brands.filter(name__in=part).values_list("name", flat=True)
    )


def _statuses(brands: list[Brand]) -> dict[str, int]:
    ids = [brand.pk for brand in brands]
    campaigns = Campaign._base_manager.using(ledger_alias())
    counts: Counter[str] = Counter()
    for part in chunks(ids):
        counts.update(campaigns.filter(brand__in=part).values_list("status", flat=True))
    return dict(counts)
