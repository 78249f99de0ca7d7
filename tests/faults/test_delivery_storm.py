"""A platform that fails while campaigns flip and several deliver: it ends up doing what it should (rule D1)."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db.models import Min

from django_adbudget import services
from django_adbudget.models import Campaign, PlatformOrder
from tests.factories import NOW, make_brand
from tests.integration.books import check_books
from tests.integration.crowd import meanwhile, together

from .size import sized
from .stormy import Stormy

pytestmark = pytest.mark.django_db(transaction=True)

FLIPS, CAMPAIGNS, DELIVERERS = sized(1000, 50), sized(100, 8), 4


class Time:
    """Twenty milliseconds pass at each look, and as much as is wanted at a jump."""

    def __init__(self) -> None:
        self._looks = itertools.count()
        self._jumped = timedelta()

    def now(self) -> datetime:
        return NOW + self._jumped + timedelta(milliseconds=20 * next(self._looks))

    def jump_to(self, at: datetime) -> None:
        self._jumped += max(at - self.now(), timedelta())


@pytest.fixture
def campaigns(settings: Any) -> Iterator[list[Campaign]]:
    settings.ADBUDGET = {"PLATFORM_BACKEND": {"BACKEND": "tests.faults.stormy.Stormy"}}
    Stormy.clear()
    brands = [make_brand() for _ in range(4)]
    Campaign.objects.bulk_create(
        [Campaign(brand=brands[n % 4], name=f"{n}", is_active=False) for n in range(CAMPAIGNS)]
    )
    services.reconcile(now=NOW)
    yield list(Campaign.objects.order_by("pk"))
    Stormy.clear()


def test_what_the_platform_does_in_the_end_is_what_it_should(campaigns: list[Campaign]) -> None:
    time, chance, on = Time(), random.Random(1), set[int]()

    def deliver() -> None:
        services.deliver_status_changes(now=time.now())

    with meanwhile(*[deliver] * DELIVERERS):
        for _ in range(FLIPS):
            campaign = chance.choice(campaigns)
            if campaign.pk in on:
                services.deactivate_campaign(campaign, now=time.now())
            else:
                services.activate_campaign(campaign, now=time.now())
            on ^= {campaign.pk}
    rounds = 0
    while waiting := PlatformOrder.objects.exclude(state="DONE"):
        time.jump_to(waiting.aggregate(at=Min("next_attempt_at"))["at"])
        together([deliver] * DELIVERERS)
        rounds += 1
        assert rounds < 500
    assert Stormy.doubled == []
    assert {pk for pk, action in Stormy.running.items() if action == "RUN"} == on
    assert not Campaign.objects.out_of_sync().exists()
    check_books(time.now())
    print(f"{FLIPS} flips: {Stormy.orders} orders in {Stormy.calls} calls, {Stormy.orders / FLIPS:.2f} orders a flip")
