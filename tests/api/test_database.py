"""A database that is away or busy is a 503 with Retry-After, soon, and nothing is recorded."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import InterfaceError, OperationalError, connection, connections, transaction
from django.utils import timezone

from django_adbudget.api import doors
from django_adbudget.models import Brand, Campaign, SpendRecord
from django_adbudget.services import gate, patience
from tests.factories import make_brand, make_campaign

from .calls import Answer, Caller, spend_of
from .conftest import MOUNTS, caller_for, grant

pytestmark = pytest.mark.django_db(transaction=True)

WRITES: dict[str, Callable[[Caller, Campaign], Answer]] = {
    "spend": lambda caller, c: caller.post("spend/", spend_of(c)),
    "batch": lambda caller, c: caller.post("spend/batch/", {"records": [spend_of(c)]}),
    "toggle": lambda caller, c: caller.post(f"campaigns/{c.pk}/toggle/", {"action": "deactivate"}),
}


@pytest.fixture
def campaign() -> Campaign:
    return make_campaign(make_brand(name="Acme"))


@pytest.fixture(params=MOUNTS, ids=["alone", "in a host's"])
def caller(request: pytest.FixtureRequest, campaign: Campaign) -> Caller:
    caller = caller_for(grant(User.objects.create_user("acme:mia")), request.param)
    assert caller.get("brands/").status == 200  # so that the token's use need not be noted again
    return caller


@contextmanager
def brand_held(brand_id: int) -> Iterator[None]:
    """Another connection has the brand, until the block ends."""
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        try:
            with transaction.atomic():
                Brand.objects.select_for_update().get(pk=brand_id)
                held.set()
                done.wait(30)
        finally:
            connections.close_all()

    thread = threading.Thread(target=hold)
    thread.start()
    try:
        assert held.wait(10)
        yield
    finally:
        done.set()
        thread.join()


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_a_lock_that_does_not_come_free(
    caller: Caller, campaign: Campaign, write: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On SQLite the other has the whole database. MariaDB counts in seconds."""
    monkeypatch.setattr(doors, "LOCK_WAIT", 1.0)
    with brand_held(campaign.brand_id):
        begun = time.monotonic()
        answer = write(caller, campaign)
        waited = time.monotonic() - begun
    assert (answer.status, answer.response["Retry-After"]) == (503, "5")
    assert 0.5 < waited < 4
    assert not SpendRecord.objects.exists()
    assert Campaign.objects.get().is_active
    assert write(caller, campaign).status in {200, 201}


def test_five_seconds_are_the_limit() -> None:
    assert doors.LOCK_WAIT == 5.0


def test_a_lock_that_comes_free_in_time_is_waited_for(caller: Caller, campaign: Campaign) -> None:
    with brand_held(campaign.brand_id):
        answers: list[Answer] = []

        def send() -> None:
            answers.append(caller.post("spend/", spend_of(campaign)))
            connections.close_all()

        thread = threading.Thread(target=send)
        thread.start()
        thread.join(0.3)
        assert thread.is_alive()
    thread.join(10)
    assert [answer.status for answer in answers] == [201]


ASKED = {
    "sqlite": "PRAGMA busy_timeout",
    "postgresql": "SHOW lock_timeout",
    "mysql": "SELECT @@SESSION.innodb_lock_wait_timeout",
}


def test_patience_leaves_the_connection_as_it_was(campaign: Campaign) -> None:
    def limit() -> str:
        with connection.cursor() as cursor:
            cursor.execute(ASKED[connection.vendor])
            return str(cursor.fetchone()[0])

    def under_gate() -> str:
        gate.lock([campaign.brand_id], timezone.now(), "default")
        return limit()

    before = limit()
    with patience.patience(3):
        assert gate.in_transaction(under_gate, "default") in {"3000", "3s", "3"}
        with pytest.raises(ValueError, match="ours"):
            gate.in_transaction(_fail, "default")
    assert limit() == before


def _fail() -> None:
    raise ValueError("ours")


@pytest.mark.parametrize("error", [OperationalError("gone away"), InterfaceError("connection already closed")])
@pytest.mark.parametrize("path", ["brands/", "campaigns/", "health/"])
def test_a_database_that_is_away(caller: Caller, path: str, error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks first meets it: the token is looked up there too."""

    def away(*args: Any, **kwargs: Any) -> Any:
        raise error

    with connection.execute_wrapper(away):
        answer = caller.get(path)
    assert (answer.status, answer.response["Retry-After"], answer.codes) == (503, "5", [])
    assert "gone" not in answer.response.content.decode()


def test_what_nobody_expected_is_logged_and_says_nothing(
    caller: Caller, campaign: Campaign, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("secret")

    monkeypatch.setattr("django_adbudget.services.brand_status", broken)
    answer = caller.get(f"brands/{campaign.brand_id}/status/")
    assert (answer.status, answer.codes) == (500, [])
    assert "secret" not in answer.response.content.decode()
    assert any(record.exc_info for record in caplog.records)
