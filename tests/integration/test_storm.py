"""Everything at once on servers that let several write: spends, retries, edits, new campaigns, ticks, deliveries."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

import pytest

from django_adbudget import services
from django_adbudget.models import Brand, BudgetAlert, Campaign, PlatformOrder, SpendRecord, StatusChange
from django_adbudget.models.history import Cause
from django_adbudget.services import SpendReceipt
from tests.factories import NOW, make_brand, make_campaign, make_window

from .books import check_books, check_totals
from .crowd import meanwhile, together
from .host import CLOSED, OPEN, ZONES, TickingClock

pytestmark = [pytest.mark.server, pytest.mark.django_db(transaction=True)]

THREADS = 16
KEYS = 150
NEW_CAMPAIGNS = 15


@dataclass(frozen=True)
class Send:
    """One spend as a client sends it, maybe for the second or third time."""

    campaign: Campaign
    amount: Decimal
    key: str

    def __call__(self) -> SpendReceipt:
        campaign = self.campaign if len(self.key) % 2 else self.campaign.pk
        return services.record_spend(campaign, self.amount, idempotency_key=self.key, source="crowd")


@pytest.mark.parametrize("brands", [1, 20])
def test_totals_status_and_history_hold_in_a_storm(brands: int, ticking: TickingClock) -> None:
    """Rules L2 to L5, S1, S4, S7, D1: 16 threads spend, others edit, create, toggle, tick and deliver."""
    chance = random.Random(brands)
    owners = [make_brand(timezone=ZONES[n % len(ZONES)], daily_budget=2) for n in range(brands)]
    sends = planned_sends([make_campaign(b, daily_budget=n or None) for b in owners for n in range(3)])
    with meanwhile(Editor(owners, chance), Creator(owners, chance), tick_and_deliver, tick_and_deliver):
        receipts = together([partial(send_all, part) for part in shared_out(sends, chance)])
    services.deliver_status_changes()
    check_each_key_once(sends, [receipt for part in receipts for receipt in part])
    check_books(ticking.now())
    assert not PlatformOrder.objects.exclude(state="DONE").exists()
    assert {Cause.SPEND, Cause.EDIT} <= set(StatusChange.objects.values_list("cause", flat=True))


def planned_sends(campaigns: list[Campaign]) -> list[Send]:
    return [Send(campaigns[n % len(campaigns)], Decimal(n % 7 + 1) / 8, f"order {n}") for n in range(KEYS)]


def shared_out(sends: list[Send], chance: random.Random) -> list[list[Send]]:
    """Each send twice or three times, never twice to one thread, in another order for each."""
    parts: list[list[Send]] = [[] for _ in range(THREADS)]
    for send in sends:
        for part in chance.sample(parts, chance.choice((2, 3))):
            part.append(send)
    for part in parts:
        chance.shuffle(part)
    return parts


def send_all(sends: list[Send]) -> list[SpendReceipt]:
    return [send() for send in sends]


def check_each_key_once(sends: list[Send], receipts: list[SpendReceipt]) -> None:
    """Rule L2: a key's first use is recorded, and every other is told of that record."""
    by_key: dict[str, list[SpendReceipt]] = defaultdict(list)
    for receipt in receipts:
        by_key[receipt.record.idempotency_key].append(receipt)
    for send in sends:
        same = by_key[send.key]
        assert [receipt.replayed for receipt in same].count(False) == 1
        assert len({receipt.record.pk for receipt in same}) == 1
    recorded = SpendRecord.objects.values_list("campaign_id", "amount", "idempotency_key")
    assert sorted(recorded) == sorted((send.campaign.pk, send.amount, send.key) for send in sends)


def some_budget(brand: Brand, chance: random.Random) -> Decimal | None:
    """Below what is spent, a spend or two above, far above, or none: so that both spends and edits cross it."""
    spent = brand.daily_spend
    return chance.choice((None, Decimal(0), spent / 2, spent + 1, spent + 2, spent + 1000))


class Editor:
    """Lowers and raises budgets, by ``save()`` and in ``editing()``, switches campaigns, and saves stale ones."""

    def __init__(self, brands: list[Brand], chance: random.Random) -> None:
        self._brands, self._chance = brands, chance
        self._stale = {brand.pk: brand.campaigns.earliest("pk") for brand in brands}
        self._acts: tuple[Callable[[Brand], object], ...] = (self._save, self._edit, self._toggle, self._save_stale)
        self._rounds = 0

    def __call__(self) -> None:
        brand = Brand.objects.get(pk=self._chance.choice(self._brands).pk)
        self._acts[self._rounds % len(self._acts)](brand)
        self._rounds += 1

    def _save(self, brand: Brand) -> None:
        brand.daily_budget = some_budget(brand, self._chance)
        brand.save()

    def _edit(self, brand: Brand) -> None:
        with services.editing(brand, actor="editor"):
            brand.daily_budget = some_budget(brand, self._chance)
            brand.monthly_budget = self._chance.choice((None, Decimal(10_000)))
            brand.save()
            campaign = brand.campaigns.earliest("pk")
            campaign.daily_budget = some_budget(brand, self._chance)
            campaign.save()

    def _save_stale(self, brand: Brand) -> None:
        campaign = self._stale[brand.pk]
        campaign.save()
        self._stale[brand.pk] = Campaign.objects.get(pk=campaign.pk)

    def _toggle(self, brand: Brand) -> None:
        campaign = brand.campaigns.latest("pk")
        switch = services.deactivate_campaign if campaign.is_active else services.activate_campaign
        switch(campaign, actor="editor")


class Creator:
    """Creates campaigns with windows, row by row and in ``editing()``."""

    def __init__(self, brands: list[Brand], chance: random.Random) -> None:
        self._brands, self._chance = brands, chance
        self._made: list[Campaign] = []

    def __call__(self) -> None:
        if len(self._made) == NEW_CAMPAIGNS:
            self._made[0].save()
            return
        brand = self._chance.choice(self._brands)
        if len(self._made) % 2:
            self._create(brand)
        else:
            with services.editing(brand):
                self._create(brand)

    def _create(self, brand: Brand) -> None:
        campaign = make_campaign(brand, daily_budget=some_budget(brand, self._chance))
        start, end = self._chance.choice((OPEN, CLOSED))
        for day in range(7):
            make_window(campaign, day, start, end)
        self._made.append(campaign)


def tick_and_deliver() -> None:
    services.reconcile(due_only=True)
    services.deliver_status_changes()
    services.reconcile()


def test_a_crossing_pauses_once_and_alerts_once(ticking: TickingClock) -> None:
    """Rules L4, S7, D4: of many spends that cross together one pauses, and each threshold is told of once."""
    brand = make_brand(daily_budget=100)
    campaigns = [make_campaign(brand) for _ in range(5)]
    StatusChange.objects.all().delete()
    together([partial(spend_ten, campaigns[n % 5]) for n in range(THREADS)])
    check_totals()
    changes = StatusChange.objects.order_by("campaign").values_list("campaign", "from_status", "to_status", "cause")
    assert list(changes) == [(c.pk, "ACTIVE", "PAUSED_BUDGET", "SPEND") for c in campaigns]
    assert list(BudgetAlert.objects.order_by("threshold").values_list("threshold", "spend")) == [
        (50, 50),
        (80, 80),
        (100, 100),
    ]


def spend_ten(campaign: Campaign) -> None:
    for _ in range(10):
        services.record_spend(campaign, 1, at=NOW)
