"""Batches that meet (rules L4, L8), and other services that many call at one moment."""

from __future__ import annotations

import random
from datetime import date
from functools import partial

import pytest
from django.db import OperationalError

from django_adbudget import services
from django_adbudget.exceptions import CorrectionTooLarge
from django_adbudget.models import Brand, BudgetSummary, Campaign, SpendRecord
from django_adbudget.services import SpendEntry
from tests.factories import NOW, make_brand, make_campaign

from .books import check_books, check_totals
from .crowd import together
from .host import TickingClock

pytestmark = [pytest.mark.server, pytest.mark.django_db(transaction=True)]

BRANDS = 12
THREADS = 8
TODAY = date(2026, 3, 11)


@pytest.fixture
def campaigns(ticking: TickingClock) -> list[Campaign]:
    return [make_campaign(make_brand(daily_budget=50)) for _ in range(BRANDS)]


def test_batches_in_opposite_orders_do_not_deadlock(
    campaigns: list[Campaign], ticking: TickingClock, undone: list[OperationalError]
) -> None:
    """Rule L4: gates are taken by ascending id, whatever the order of the entries; half give ids, half instances."""

    def send(thread: int) -> None:
        order = campaigns if thread % 2 else campaigns[::-1]
        for n in range(10):
            entries = [SpendEntry(campaign=c if thread % 4 < 2 else c.pk, amount=1) for c in order]
            services.record_spend_batch(entries if n % 2 else [*entries, *entries[::-1]], now=ticking.now())

    together([partial(send, thread) for thread in range(THREADS)])
    assert SpendRecord.objects.count() == THREADS * 15 * BRANDS
    assert not undone
    check_books(ticking.now())


def test_edits_of_many_brands_in_opposite_orders_do_not_deadlock(
    campaigns: list[Campaign], ticking: TickingClock, undone: list[OperationalError]
) -> None:
    """Rule L4 for ``editing()``, beside batches over the same brands."""
    owners = list(Brand.objects.all())

    def edit(thread: int) -> None:
        order = owners if thread % 2 else owners[::-1]
        for n in range(4):
            with services.editing(*order):
                for brand in order:
                    brand.daily_budget = 10 * (thread + n)
                    brand.save()

    def send() -> None:
        for _ in range(4):
            services.record_spend_batch([SpendEntry(campaign=c, amount=1) for c in campaigns])

    edits = [partial(edit, thread) for thread in range(4)]
    together([*edits, partial(send), partial(send)])
    assert not undone
    check_books(ticking.now())


def test_a_large_batch_with_doubled_keys_sent_by_four_at_once(campaigns: list[Campaign], ticking: TickingClock) -> None:
    """Rules L2, L8: 2,000 entries, 1,000 keys, in four orders; each key is recorded once."""
    entries = [
        SpendEntry(campaign=campaigns[n % BRANDS], amount=n + 1, idempotency_key=f"line {n}") for n in range(1000)
    ] * 2

    def send(seed: int) -> tuple[int, int]:
        receipt = services.record_spend_batch(random.Random(seed).sample(entries, len(entries)))
        return receipt.recorded, receipt.replayed

    counts = together([partial(send, seed) for seed in range(4)])
    assert sorted(counts) == [(0, 2000), (0, 2000), (0, 2000), (1000, 1000)]
    recorded = SpendRecord.objects.values_list("campaign_id", "amount", "idempotency_key")
    assert set(recorded) == {(campaigns[n % BRANDS].pk, n + 1, f"line {n}") for n in range(1000)}
    assert len(recorded) == 1000
    check_books(ticking.now())


def test_corrections_at_one_moment_never_take_back_more_than_was_spent(campaigns: list[Campaign]) -> None:
    """Rule L6: of eight that want a third each, three have it."""
    record = services.record_spend(campaigns[0], 99).record

    def correct() -> bool:
        try:
            services.correct_spend(record, 33)
        except CorrectionTooLarge:
            return False
        return True

    assert together([correct] * THREADS).count(True) == 3
    assert SpendRecord.objects.total() == 0
    check_totals()


def test_one_running_total_reported_by_many_is_posted_once(campaigns: list[Campaign]) -> None:
    """Rule L7."""

    def report() -> bool:
        return services.set_spend_total(campaigns[0], TODAY, 12, source="meta", now=NOW) is not None

    assert together([report] * THREADS).count(True) == 1
    assert SpendRecord.objects.total() == 12
    check_totals()


def test_totals_rebuilt_by_many_beside_spends_are_mended_once(campaigns: list[Campaign], ticking: TickingClock) -> None:
    """Rule L5: what is wrong is read under the gate, else two would mend it twice."""

    def spend() -> int:
        for n in range(10):
            services.record_spend(campaigns[n % 2], 1)
        return 0

    for campaign in campaigns[:2]:
        services.record_spend(campaign, 7)
    for wrong in (1, 1000):
        BudgetSummary.objects.filter(brand=campaigns[0].brand_id).update(spend=wrong)
        mended = together([spend, spend, *[services.rebuild_summaries] * 4])
        assert sum(mended) == 2
        check_books(ticking.now())
