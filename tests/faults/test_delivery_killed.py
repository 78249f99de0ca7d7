"""Deliverers that are killed while they deliver: their orders are sent by another once their lease is over (D1)."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from django.db import connection

from django_adbudget import services
from django_adbudget.models import Campaign, PlatformOrder
from tests.factories import make_brand
from tests.integration.books import check_books

from .deliverer import accelerated
from .receiver import receiving
from .size import sized
from .stormy import Stormy

pytestmark = [pytest.mark.server, pytest.mark.integration, pytest.mark.django_db(transaction=True)]

ROOT = Path(__file__).resolve().parents[2]
FLIPS, CAMPAIGNS, DELIVERERS, KILLS = sized(1000, 40), sized(100, 8), sized(4, 2), sized(20, 2)
SPEED = 10.0
LONGEST = 600.0


@pytest.fixture
def url() -> Iterator[str]:
    Stormy.clear()
    with receiving() as url:
        yield url
    Stormy.clear()


def test_orders_of_the_killed_are_delivered(url: str) -> None:
    began = time.time()
    brands = [make_brand() for _ in range(4)]
    rows = [Campaign(brand=brands[n % 4], name=f"{n}", is_active=False) for n in range(CAMPAIGNS)]
    Campaign.objects.bulk_create(rows)
    services.reconcile(now=accelerated(began, SPEED))
    command = [sys.executable, "-m", "tests.faults.deliverer", str(connection.settings_dict["NAME"]), url]
    with ExitStack() as stack:
        crew = Crew(stack, [*command, str(SPEED), str(began)])
        on = flip_and_kill(crew, began)
        deadline = time.monotonic() + LONGEST
        while PlatformOrder.objects.exclude(state="DONE").exists():
            assert time.monotonic() < deadline
            time.sleep(0.1)  # a condition that others bring about
        crew.kill_all()
    assert crew.killed == KILLS
    assert Stormy.doubled == []
    assert {pk for pk, action in Stormy.running.items() if action == "RUN"} == on
    assert not Campaign.objects.out_of_sync().exists()
    check_books(accelerated(began, SPEED))
    print(f"{FLIPS} flips, {KILLS} kills: {Stormy.orders} orders, {Stormy.calls} calls, {time.time() - began:.0f} s")


class Crew:
    """Deliverers; when one is killed, another takes its place."""

    def __init__(self, stack: ExitStack, command: list[str]) -> None:
        self._stack, self._command = stack, command
        self.killed = 0
        self._all = [self._start() for _ in range(DELIVERERS)]
        for deliverer in self._all:
            assert deliverer.stdout is not None
            assert deliverer.stdout.readline() == "ready\n"

    def _start(self) -> subprocess.Popen[str]:
        return self._stack.enter_context(
            subprocess.Popen(self._command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        )

    def kill_one(self) -> None:
        """In the middle of a call, whatever it does there; `Popen.kill` is SIGKILL."""
        number = self.killed % DELIVERERS
        self._all[number].kill()
        self._all[number].wait()
        self.killed += 1
        self._all[number] = self._start()

    def kill_all(self) -> None:
        for deliverer in self._all:
            deliverer.kill()


def flip_and_kill(crew: Crew, began: float) -> set[int]:
    """Gives the campaigns that are on in the end."""
    chance, on, ids = random.Random(2), set[int](), list(Campaign.objects.values_list("pk", flat=True))
    for flip in range(FLIPS):
        pk, now = chance.choice(ids), accelerated(began, SPEED)
        (services.deactivate_campaign if pk in on else services.activate_campaign)(pk, now=now)
        on ^= {pk}
        if (flip + 1) % (FLIPS // KILLS) == 0:
            wait_until_in_flight()
            crew.kill_one()
    return on


def wait_until_in_flight() -> None:
    for _ in range(2000):
        if Stormy.in_flight or not PlatformOrder.objects.exclude(state="DONE").exists():
            return
        time.sleep(0.002)  # a condition that others bring about
