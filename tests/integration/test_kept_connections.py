"""A worker that keeps its connections does not notice a restart of the database, and its next task must not fail."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from celery.app.trace import build_tracer
from django.db import Error, connection, transaction

from django_adbudget import tasks
from django_adbudget.models import Campaign, SpendRecord
from tests.factories import make_campaign
from tests.faults.machines import wait_for

pytestmark = [pytest.mark.server, pytest.mark.django_db(transaction=True)]

#: What gives a connection's number, what ends it, and what counts those of a number that are still there.
ENDS = {
    "postgresql": (
        "SELECT pg_backend_pid()",
        "SELECT pg_terminate_backend(%s)",
        "SELECT COUNT(*) FROM pg_stat_activity WHERE pid = %s",
    ),
    "mysql": (
        "SELECT CONNECTION_ID()",
        "KILL %s",
        "SELECT COUNT(*) FROM information_schema.processlist WHERE id = %s",
    ),
}


@pytest.fixture(autouse=True)
def kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """As under CELERY_DB_REUSE_MAX: a worker that ran in this process before would close them after each task."""
    monkeypatch.setattr("celery.fixups.django.DjangoWorkerFixup._close_database", lambda *_, **__: None)


@pytest.fixture
def campaign() -> Iterator[Campaign]:
    yield make_campaign()
    connection.close()


def end_connection() -> int:
    """End the connection of this thread from another, as a restart of the database does. Gives its number."""
    ask, end, count = ENDS[connection.vendor]
    with connection.cursor() as cursor:
        number = _first(cursor, ask)
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute(end, [number])
        wait_for(lambda: not _first(cursor, count, number), "the connection to end")
    other.close()
    return number


def _first(cursor: Any, sql: str, *values: int) -> int:
    cursor.execute(sql, values or None)
    found: int = cursor.fetchone()[0]
    return found


def run_as_a_worker(campaign: Campaign, key: str) -> None:
    """With the signals that surround a task in a worker; an exception of the task is raised."""
    task = tasks.record_spend
    traced = build_tracer(task.name, task, app=task.app, propagate=True, eager=False)
    traced(uuid4().hex, [campaign.pk, "1"], {"idempotency_key": key}, {"is_eager": False})


def test_a_task_after_the_database_ended_its_connection(campaign: Campaign) -> None:
    """S5."""
    run_as_a_worker(campaign, "first")
    first = connection.connection
    assert first is not None
    run_as_a_worker(campaign, "second")
    assert connection.connection is first
    end_connection()
    run_as_a_worker(campaign, "third")
    assert connection.connection not in {None, first}
    assert SpendRecord.objects.total() == 3


def test_a_transaction_of_somebody_elses_is_left_alone(campaign: Campaign) -> None:
    """What it has written is lost; a new connection would go on as if it were not."""
    with pytest.raises(Error), transaction.atomic():
        end_connection()
        tasks.drop_lost_connections()
        assert connection.connection is not None
        Campaign.objects.get(pk=campaign.pk)
