"""What the database undoes for the sake of another is done again, where nobody else's work is at stake (rule L4c)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction

from django_adbudget import services
from django_adbudget.models import BudgetSummary, Campaign, Heartbeat, SpendRecord
from django_adbudget.services import gate
from tests.factories import NOW, make_campaign

from .books import check_totals
from .crowd import PATIENCE, beside, wait_for_a_waiter

pytestmark = pytest.mark.django_db(transaction=True)

TABLE = SpendRecord._meta.db_table
SLEEP = "django_adbudget.services.gate.time.sleep"


@pytest.fixture
def campaign() -> Campaign:
    return make_campaign()


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long each wait before another attempt would have been; nobody waits."""
    taken: list[float] = []
    monkeypatch.setattr(SLEEP, taken.append)
    return taken


class Cause(Exception):
    """A driver's error, as far as it is looked at."""

    def __init__(self, **attributes: object) -> None:
        self.__dict__.update(attributes)


def error(*args: object, **attributes: object) -> OperationalError:
    failure = OperationalError(*args)
    failure.__cause__ = Cause(**attributes)
    return failure


RETRYABLE = {
    "postgres deadlock": error("deadlock detected", sqlstate="40P01"),
    "postgres serialisation": error("could not serialize", sqlstate="40001"),
    "postgres lock time-out": error("lock not available", sqlstate="55P03"),
    "psycopg2 deadlock": error("deadlock detected", pgcode="40P01"),
    "mysql deadlock": error(1213, "Deadlock found when trying to get lock"),
    "mysql lock time-out": error(1205, "Lock wait timeout exceeded"),
    "sqlite busy": error("database is locked", sqlite_errorname="SQLITE_BUSY"),
    "sqlite snapshot": error("database is locked", sqlite_errorname="SQLITE_BUSY_SNAPSHOT"),
}
FINAL = {
    "postgres gone": error("terminating connection", sqlstate="57P01"),
    "mysql gone": error(2006, "Server has gone away"),
    "sqlite full": error("database or disk is full", sqlite_errorname="SQLITE_FULL"),
}


@contextmanager
def failing(failure: OperationalError, times: int) -> Iterator[list[int]]:
    """The database fails so at the first inserts into the ledger."""
    left = [times]

    def wrapper(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if "INSERT" in sql and TABLE in sql and left[0]:
            left[0] -= 1
            raise failure
        return execute(sql, params, many, context)

    with connection.execute_wrapper(wrapper):
        yield left


@pytest.mark.parametrize("failure", RETRYABLE.values(), ids=RETRYABLE)
def test_a_service_tries_again(failure: OperationalError, campaign: Campaign, pauses: list[float]) -> None:
    with failing(failure, times=2):
        assert not services.record_spend(campaign, 1).replayed
    assert SpendRecord.objects.count() == 1
    assert len(pauses) == 2
    assert all(0 < pause < 1 for pause in pauses)
    check_totals()


def test_at_the_fifth_failure_it_gives_up(campaign: Campaign, pauses: list[float]) -> None:
    failure = RETRYABLE["postgres deadlock"]
    with failing(failure, times=100) as left, pytest.raises(OperationalError):
        services.record_spend(campaign, 1)
    assert left == [95]
    assert len(pauses) == 4
    assert not SpendRecord.objects.exists()


@pytest.mark.parametrize("failure", FINAL.values(), ids=FINAL)
def test_what_another_attempt_cannot_mend_is_raised_at_once(
    failure: OperationalError, campaign: Campaign, pauses: list[float]
) -> None:
    with failing(failure, times=1), pytest.raises(OperationalError):
        services.record_spend(campaign, 1)
    assert not pauses


def test_within_a_hosts_transaction_it_is_raised(campaign: Campaign, pauses: list[float]) -> None:
    """Only the host can begin again: what it did before in the same transaction is lost too."""
    failure = RETRYABLE["postgres deadlock"]
    with failing(failure, times=1) as left, pytest.raises(OperationalError), transaction.atomic():
        services.record_spend(campaign, 1)
    assert left == [0]
    assert not pauses
    assert not SpendRecord.objects.exists()


# Real ones


def execute(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.fixture
def in_no_hurry() -> Iterator[None]:
    """PostgreSQL looks for a deadlock once, so long after a wait began; by then the other must wait too."""
    if connection.vendor == "postgresql":
        execute("SET deadlock_timeout = '5s'")
    yield
    if connection.vendor == "postgresql":
        execute("SET deadlock_timeout = DEFAULT")


@contextmanager
def competitor(campaign: Campaign) -> Iterator[Future[None]]:
    """Another transaction that holds the totals, and wants the brand once a spend waits for them.

    It has written much and is patient, so that a database that must undo one of two undoes the other.
    """
    holds = threading.Event()

    def cross() -> None:
        with transaction.atomic():
            if connection.vendor == "postgresql":
                execute("SET LOCAL deadlock_timeout = '1min'")
            Heartbeat.objects.bulk_create([Heartbeat(name=f"weight {n}", at=NOW) for n in range(200)])
            list(BudgetSummary.objects.select_for_update().filter(brand=campaign.brand_id))
            holds.set()
            wait_for_a_waiter()
            execute(f"UPDATE {campaign.brand._meta.db_table} SET description = 'seen' WHERE id = {campaign.brand_id}")

    with beside(cross) as future:
        assert holds.wait(PATIENCE)
        yield future


@pytest.mark.server
def test_a_real_deadlock_ends_well(campaign: Campaign, in_no_hurry: None, monkeypatch: pytest.MonkeyPatch) -> None:
    services.record_spend(campaign, 1)
    pauses: list[float] = []
    with competitor(campaign) as other:

        def pause(seconds: float) -> None:
            pauses.append(seconds)
            other.result(PATIENCE)

        monkeypatch.setattr(SLEEP, pause)
        services.record_spend(campaign, 2)
    assert len(pauses) == 1
    assert SpendRecord.objects.total() == 3
    check_totals()


@pytest.mark.server
def test_a_real_deadlock_within_a_hosts_transaction_is_raised(
    campaign: Campaign, in_no_hurry: None, pauses: list[float]
) -> None:
    services.record_spend(campaign, 1)
    with competitor(campaign), pytest.raises(OperationalError), transaction.atomic():
        services.record_spend(campaign, 2)
    assert not pauses
    assert SpendRecord.objects.total() == 1
    check_totals()


@pytest.fixture
def impatient() -> Iterator[None]:
    """This connection waits for no lock for long."""
    short, long = {
        "postgresql": ("SET lock_timeout = '50ms'", "SET lock_timeout = 0"),
        "mysql": ("SET innodb_lock_wait_timeout = 1", "SET innodb_lock_wait_timeout = DEFAULT"),
    }[connection.vendor]
    execute(short)
    yield
    execute(long)


@contextmanager
def brand_held(campaign: Campaign) -> Iterator[Callable[[], None]]:
    """Another transaction holds the gate until it is told to let go, and has done so once that returns."""
    held, let_go = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            gate.lock([campaign.brand_id], NOW, connection.alias)
            held.set()
            assert let_go.wait(PATIENCE)

    with beside(hold) as future:
        assert held.wait(PATIENCE)

        def end() -> None:
            let_go.set()
            future.result(PATIENCE)

        try:
            yield end
        finally:
            let_go.set()


@pytest.mark.server
def test_a_real_lock_time_out_is_tried_again(
    campaign: Campaign, impatient: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with brand_held(campaign) as let_go:
        monkeypatch.setattr(SLEEP, lambda seconds: let_go())
        services.record_spend(campaign, 1)
    assert SpendRecord.objects.count() == 1


@pytest.mark.server
def test_a_real_lock_time_out_within_a_hosts_transaction_is_raised(
    campaign: Campaign, impatient: None, pauses: list[float]
) -> None:
    with brand_held(campaign), pytest.raises(OperationalError), transaction.atomic():
        services.record_spend(campaign, 1)
    assert not pauses


@pytest.mark.sqlite
def test_a_real_busy_database_is_tried_again(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite's BEGIN IMMEDIATE fails once its time-out is over."""
    with brand_held(campaign) as let_go:
        monkeypatch.setattr(SLEEP, lambda seconds: let_go())
        execute("PRAGMA busy_timeout = 50")
        services.record_spend(campaign, 1)
    execute("PRAGMA busy_timeout = 20000")
    assert SpendRecord.objects.count() == 1
