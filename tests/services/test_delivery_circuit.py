"""A backend that fails as a whole is left alone, by all deliverers together, and is soon back (rule D1)."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from django_adbudget import services
from django_adbudget.models import Campaign, PlatformCircuit, PlatformOrder
from django_adbudget.platforms import Order, OrderResult, PlatformBackend, RecordedPlatform, recording
from django_adbudget.services.delivery import circuit, delivering
from django_adbudget.services.delivery.answers import ask
from django_adbudget.services.delivery.circuit import Circuit, CircuitState, circuit_state
from django_adbudget.services.delivery.delivering import hurry
from tests.factories import NOW, make_brand, make_campaign

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)


@pytest.fixture
def platform() -> Iterator[RecordedPlatform]:
    with recording() as platform:
        yield platform


def make_orders(count: int) -> list[Campaign]:
    brand = make_brand()
    Campaign.objects.bulk_create([Campaign(brand=brand, name=f"{n}") for n in range(count)])
    services.reconcile(now=NOW)
    return list(Campaign.objects.order_by("pk"))


def open_circuit(platform: RecordedPlatform) -> tuple[CircuitState, datetime]:
    """Fail until it opens; gives its state and the instant of the last call."""
    platform.down = TimeoutError("no route to host")
    now = NOW
    for _ in range(20):
        services.deliver_status_changes(now=now)
        state = circuit_state(now=now + SECOND / 100)
        if state.state is not Circuit.CLOSED:
            return state, now
        now += SECOND
    raise AssertionError("it never opened")


def test_it_opens_rests_longer_and_longer_and_closes(
    platform: RecordedPlatform, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivering, "moved", lambda now, began: now)  # or a slow machine's calls would add to the rests
    make_orders(30)
    with caplog.at_level(logging.INFO, circuit.__name__):
        state, now = open_circuit(platform)
        assert (state.state, state.failures, state.last_error) == (Circuit.OPEN, circuit.FAILURES, "no route to host")
        calls = len(platform.orders)
        assert services.deliver_status_changes(now=now).sent == 0
        rests = []
        for _ in range(9):
            assert state.rests_until is not None
            rests.append(state.rests_until - now)
            now = state.rests_until
            assert circuit_state(now=now).state is Circuit.HALF_OPEN
            # One order, and one only.
            assert services.deliver_status_changes(now=now).sent == 1
            state = circuit_state(now=now)
        assert len(platform.orders) == calls + 9
        assert SECOND / 2 <= rests[0] <= SECOND
        assert 30 * SECOND <= rests[-1] <= 60 * SECOND
        platform.down = None
        assert state.rests_until is not None
        result = services.deliver_status_changes(now=state.rests_until)
    # However long it lasted, all go at once when it is over: a whole backend's fault is nobody's attempt.
    assert (result.sent, result.failed) == (30, 0)
    assert circuit_state(now=now).state is Circuit.CLOSED
    assert not Campaign.objects.out_of_sync().exists()
    assert [record.levelname for record in caplog.records if "circuit" in record.message] == ["ERROR", "INFO"]


def test_a_closed_one_that_succeeds_writes_nothing(platform: RecordedPlatform) -> None:
    make_campaign()
    assert services.deliver_status_changes().done == 1
    assert not PlatformCircuit.objects.exists()
    assert circuit_state().state is Circuit.CLOSED


def test_one_deliverer_has_the_probe(platform: RecordedPlatform) -> None:
    make_orders(3)
    state, _ = open_circuit(platform)
    assert state.rests_until is not None
    later = state.rests_until + 60 * SECOND
    assert circuit.take_probe(state, later, "default")
    assert not circuit.take_probe(state, later, "default")
    assert services.deliver_status_changes(now=state.rests_until).sent == 0
    # Whoever had it died.
    platform.down = None
    assert services.deliver_status_changes(now=later).done == 3


def test_retry_does_not_wait_for_the_end_of_the_rest(platform: RecordedPlatform) -> None:
    make_orders(3)
    state, now = open_circuit(platform)
    assert state.state is Circuit.OPEN
    platform.down = None
    hurry(now=now + SECOND / 100)
    assert services.deliver_status_changes(now=now + SECOND / 100).done == 3


def test_a_rest_set_by_a_clock_gone_wrong_is_not_kept(platform: RecordedPlatform) -> None:
    """T8."""
    make_orders(1)
    open_circuit(platform)
    PlatformCircuit.objects.update(rests_until=NOW + timedelta(days=400))
    assert circuit_state(now=NOW).state is Circuit.HALF_OPEN


def test_another_backend_has_another_circuit(platform: RecordedPlatform, settings: Any) -> None:
    make_orders(1)
    open_circuit(platform)
    settings.ADBUDGET = {}
    assert circuit_state(now=NOW).state is Circuit.CLOSED


@pytest.mark.parametrize("config", [None, {}, "mysite.ads.Ads"])
def test_a_setting_that_is_none_does_not_break_who_only_looks(settings: Any, config: Any) -> None:
    settings.ADBUDGET = {"PLATFORM_BACKEND": config}
    assert circuit_state(now=NOW).state is Circuit.CLOSED


class Fragile(PlatformBackend):
    """Breaks as a whole whenever one order is among those that it is given."""

    poison = 0
    done: set[int] = set()

    def apply(self, orders: Sequence[Order]) -> list[OrderResult]:
        if any(order.campaign_id == Fragile.poison for order in orders):
            raise KeyError("external_id")
        Fragile.done.update(order.campaign_id for order in orders)
        return [OrderResult(order.campaign_id, ok=True) for order in orders]


@pytest.mark.parametrize("place", [0, 20, 39])
def test_one_order_that_breaks_the_backend_does_not_hold_up_the_others(settings: Any, place: int) -> None:
    settings.ADBUDGET = {"PLATFORM_BACKEND": {"BACKEND": f"{__name__}.Fragile"}}
    campaigns = make_orders(40)
    Fragile.poison, Fragile.done = campaigns[place].pk, set()
    now = NOW
    for _ in range(30):
        services.deliver_status_changes(now=now)
        now += 10 * SECOND
        if len(Fragile.done) == 39:
            break
    assert len(Fragile.done) == 39
    assert PlatformOrder.objects.get(campaign=Fragile.poison).last_error == "'external_id'"
    assert now - NOW <= timedelta(minutes=3)


class Slow(PlatformBackend):
    """Notes the size of its calls; ``seconds`` is what one takes, on a clock that is not the machine's."""

    sizes: list[int] = []

    def apply(self, orders: Sequence[Order]) -> list[OrderResult]:
        Slow.sizes.append(len(orders))
        return [OrderResult(order.campaign_id, ok=True) for order in orders]


@pytest.mark.parametrize(
    ("call", "order", "largest", "last"),
    [(0.1, 0.001, 100, 100), (0.0, 0.3, 20, 20), (0.0, 4.0, 10, 3), (6.0, 0.0, 10, 10)],
)
def test_calls_grow_while_they_are_quick_and_shrink_while_a_stop_would_wait(
    settings: Any, monkeypatch: pytest.MonkeyPatch, call: float, order: float, largest: int, last: int
) -> None:
    settings.ADBUDGET = {"PLATFORM_BACKEND": {"BACKEND": f"{__name__}.Slow"}}
    make_orders(300)
    Slow.sizes = []

    def slow(backend: PlatformBackend, orders: Sequence[Order]) -> Any:
        answer = ask(backend, orders)
        return type(answer)(answer.results, answer.fault, call + order * len(orders))

    monkeypatch.setattr("django_adbudget.services.delivery.delivering.ask", slow)
    services.deliver_status_changes(now=NOW)
    assert sum(Slow.sizes) == 300
    assert Slow.sizes[0] == 10
    assert max(Slow.sizes) == largest
    assert last - 2 <= Slow.sizes[-2] <= last + 2
