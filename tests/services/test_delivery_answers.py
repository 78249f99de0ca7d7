"""What backends answer, however wrong, becomes results in words that may be shown; leases; and D2's refusal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.db import transaction

from django_adbudget import services
from django_adbudget.models import Campaign, Heartbeat, PlatformOrder
from django_adbudget.platforms import Order, OrderResult, PlatformBackend, recording
from django_adbudget.services.delivery import claims, delivering
from django_adbudget.services.hiding import LONGEST_ERROR
from tests.factories import NOW, make_brand, make_campaign

pytestmark = pytest.mark.django_db


class Saying(PlatformBackend):
    """Gives, or raises, whatever ``says`` does."""

    says: Callable[[Sequence[Order]], Any]

    def apply(self, orders: Sequence[Order]) -> Any:
        return type(self).says(orders)


@pytest.fixture
def saying(settings: Any) -> type[Saying]:
    options = {"api_key": "hunter22", "accounts": {"a": {"token": "open-sesame"}}}
    settings.ADBUDGET = {"PLATFORM_BACKEND": {"BACKEND": f"{__name__}.Saying", "OPTIONS": options}}
    return Saying


class Unspeakable(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words")


def raising(error: BaseException) -> Callable[[Any], Any]:
    def says(orders: Any) -> Any:
        raise error

    return says


def first(orders: Sequence[Order]) -> OrderResult:
    return OrderResult(orders[0].campaign_id, ok=True)


ODD: list[Any] = [
    (lambda orders: None, "apply() returned NoneType, not a list of OrderResult"),
    (lambda orders: "done", "apply() returned str, not a list of OrderResult"),
    (lambda orders: {1: True}, "apply() returned dict, not a list of OrderResult"),
    (lambda orders: [{"ok": True}], "apply() returned dict where an OrderResult belongs"),
    (lambda orders: [], "the backend gave no result"),
    (lambda orders: [OrderResult(10**9, True)], "the backend gave no result"),
    (lambda orders: [OrderResult([], True)], "the backend gave no result"),  # type: ignore[arg-type]
    (lambda orders: [first(orders), first(orders)], "the backend gave two results"),
    (lambda orders: [OrderResult(orders[0].campaign_id, "no")], "refused without a reason"),  # type: ignore[arg-type]
    (lambda orders: [OrderResult(orders[0].campaign_id, False)], "refused without a reason"),
    (lambda orders: [OrderResult(orders[0].campaign_id, False, None)], "None"),  # type: ignore[arg-type]
    (lambda orders: [OrderResult(orders[0].campaign_id, False, "a\x00b\ud800")], "ab?"),
    (raising(ValueError()), "ValueError"),
    (raising(Unspeakable()), "Unspeakable"),
]


@pytest.mark.parametrize(("says", "error"), ODD)
def test_odd_answers_have_failed_and_harm_nothing(saying: type[Saying], says: Any, error: str) -> None:
    campaign = make_campaign()
    saying.says = staticmethod(says)
    result = services.deliver_status_changes()
    assert (result.sent, result.failed) == (1, 1)
    order = PlatformOrder.objects.get()
    assert (order.state, order.lease, order.leased_until, order.last_error) == ("PENDING", "", None, error)
    assert not Campaign.objects.get(pk=campaign.pk).in_sync


@pytest.mark.parametrize(
    ("said", "stored"),
    [
        ("401 for hunter22", "401 for ***"),
        ("refused: open-sesame", "refused: ***"),
        ("https://user:word@ads.example.com/ failed", "https://***@ads.example.com/ failed"),
        ("GET /v1?access_token=abc123&x=1", "GET /v1?access_token=***&x=1"),
        ("{'Authorization': 'Bearer abc.def-123'}", "{'Authorization': 'Bearer ***'}"),
        ('{"client_secret": "s3", "id": 5}', '{"client_secret": "***", "id": 5}'),
        ("password: swordfish", "password: ***"),
    ],
)
def test_errors_hold_no_secret(saying: type[Saying], said: str, stored: str) -> None:
    make_campaign()
    for says in (raising(RuntimeError(said)), lambda orders: [OrderResult(orders[0].campaign_id, False, said)]):
        saying.says = staticmethod(says)
        PlatformOrder.objects.update(next_attempt_at=NOW)
        services.deliver_status_changes(now=NOW)
        assert PlatformOrder.objects.get().last_error == stored


def test_errors_are_short(saying: type[Saying]) -> None:
    make_campaign()
    saying.says = staticmethod(raising(RuntimeError("x" * 100_000)))
    services.deliver_status_changes()
    assert len(PlatformOrder.objects.get().last_error) == LONGEST_ERROR


def test_a_worker_that_wants_its_process_back_gets_it(saying: type[Saying]) -> None:
    make_campaign()
    saying.says = staticmethod(raising(SoftTimeLimitExceeded()))
    with pytest.raises(SoftTimeLimitExceeded):
        services.deliver_status_changes()
    order = PlatformOrder.objects.get()
    assert (order.state, order.attempts) == ("LEASED", 1)
    assert order.leased_until is not None
    saying.says = staticmethod(lambda orders: [OrderResult(order.campaign_id, True) for order in orders])
    assert services.deliver_status_changes(now=order.leased_until).done == 1


def test_who_comes_back_after_his_lease_leaves_the_order_to_who_has_it_now(saying: type[Saying]) -> None:
    campaign = make_campaign()
    held = PlatformOrder.objects.get()
    later = held.next_attempt_at + timedelta(minutes=5)

    def says(orders: Sequence[Order]) -> list[OrderResult]:
        if PlatformOrder.objects.get().attempts == 1:
            # While this call hangs, its lease ends, and another claims the order and is still sending it.
            PlatformOrder.objects.update(lease="another's", attempts=2, leased_until=later)
        return [OrderResult(order.campaign_id, True) for order in orders]

    saying.says = staticmethod(says)
    services.deliver_status_changes(now=held.next_attempt_at)
    order = PlatformOrder.objects.get()
    assert (order.state, order.lease, order.attempts) == ("LEASED", "another's", 2)
    assert not Campaign.objects.get(pk=campaign.pk).in_sync


def test_what_could_not_end_within_its_lease_is_not_sent(saying: type[Saying], monkeypatch: pytest.MonkeyPatch) -> None:
    """The process stood still between the claim and the call, for instance for a snapshot of its machine."""
    make_campaign()
    asleep = [claims.LEASE_MARGIN + 1, 0.0]
    moved = delivering.moved
    claim = claims.claim

    def claim_and_sleep(turn: Any) -> Any:
        held = claim(turn)
        seconds = asleep.pop(0) if asleep else 0.0
        monkeypatch.setattr(delivering, "moved", lambda now, began: moved(now, began - seconds))
        return held

    monkeypatch.setattr(claims, "claim", claim_and_sleep)
    saying.says = staticmethod(lambda orders: [OrderResult(order.campaign_id, True) for order in orders])
    result = services.deliver_status_changes()
    assert (result.sent, result.done) == (1, 1)
    assert PlatformOrder.objects.get().attempts == 2


def test_an_order_replaced_in_flight_fails_for_the_old_one_alone(saying: type[Saying]) -> None:
    campaign = make_campaign()

    def says(orders: Sequence[Order]) -> list[OrderResult]:
        if orders[0].generation == 1:
            services.deactivate_campaign(campaign)
            return [OrderResult(campaign.pk, False, "timed out")]
        return [OrderResult(campaign.pk, True)]

    saying.says = staticmethod(says)
    result = services.deliver_status_changes()
    # The new one waits for no backoff of the old.
    assert (result.sent, result.done, result.failed) == (2, 1, 1)
    order = PlatformOrder.objects.get()
    assert (order.action, order.state, order.attempts, order.last_error) == ("STOP", "DONE", 1, "")


def test_a_campaign_deleted_in_flight_harms_nobody(saying: type[Saying]) -> None:
    brand = make_brand()
    gone, stays = make_campaign(brand), make_campaign(brand)

    def says(orders: Sequence[Order]) -> list[OrderResult]:
        Campaign.objects.filter(pk=gone.pk).delete()
        return [OrderResult(order.campaign_id, True) for order in orders]

    saying.says = staticmethod(says)
    assert services.deliver_status_changes().done == 2
    assert Campaign.objects.get(pk=stays.pk).in_sync


def test_stop_goes_before_run_whatever_is_older() -> None:
    brand = make_brand()
    stops = [make_campaign(brand) for _ in range(3)]
    with recording() as platform:
        services.deliver_status_changes()
        runs = [make_campaign(brand) for _ in range(20)]
        for campaign in stops:
            services.deactivate_campaign(campaign)
        platform.orders.clear()
        services.deliver_status_changes()
    assert [order.campaign_id for order in platform.orders] == [campaign.pk for campaign in [*stops, *runs]]


@pytest.mark.django_db(transaction=True)
def test_inside_a_transaction_it_says_what_to_do() -> None:
    """D2: an ad platform that answers slowly would hold every lock of the caller's."""
    make_campaign()
    with recording() as platform:
        with transaction.atomic(), pytest.raises(RuntimeError, match=r"transaction\.on_commit"):
            services.deliver_status_changes()
        assert platform.orders == []
        with transaction.atomic():
            transaction.on_commit(services.deliver_status_changes)
        assert len(platform.orders) == 1


def test_a_tests_own_transaction_is_none_of_the_hosts() -> None:
    make_campaign()
    with recording():
        assert services.deliver_status_changes().done == 1
        with transaction.atomic(), pytest.raises(RuntimeError, match="must not run inside"):
            services.deliver_status_changes()


def test_a_long_delivery_beats_while_it_lasts(saying: type[Saying], monkeypatch: pytest.MonkeyPatch) -> None:
    brand = make_brand()
    for _ in range(3):
        make_campaign(brand)
    monkeypatch.setattr(delivering, "_BEAT_EVERY", 0.0)
    beats: list[int] = []

    def says(orders: Sequence[Order]) -> list[OrderResult]:
        beats.append(Heartbeat.objects.filter(name="deliverer").count())
        return [OrderResult(order.campaign_id, True) for order in orders]

    saying.says = staticmethod(says)
    saying.batch_size = 1
    try:
        services.deliver_status_changes()
    finally:
        saying.batch_size = 100
    assert beats == [0, 1, 1]


def test_seconds_bound_a_call(saying: type[Saying]) -> None:
    make_campaign()
    assert services.deliver_status_changes(seconds=0).sent == 0
