"""Many at once: threads with connections of their own, let go at one moment, whose errors are raised."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from django.db import connection, connections

T = TypeVar("T")

PATIENCE = 30.0
"""Seconds after which a thread that waits for another gives up, so that a fault ends as one."""


def with_own_connections(job: Callable[[], T]) -> T:
    """A thread's connections end with its job: a test database cannot be dropped while somebody is connected."""
    try:
        return job()
    finally:
        connections.close_all()


def together(jobs: Sequence[Callable[[], T]]) -> list[T]:
    """What each job gave; each ran in a thread of its own, and none began before all could."""
    start = threading.Barrier(len(jobs))

    def run(job: Callable[[], T]) -> T:
        start.wait(PATIENCE)
        return with_own_connections(job)

    with ThreadPoolExecutor(len(jobs)) as pool:
        futures = [pool.submit(run, job) for job in jobs]
    return outcomes(futures)


@contextmanager
def meanwhile(*jobs: Callable[[], object]) -> Iterator[None]:
    """Each job runs again and again in a thread of its own, at least once, until the block ends."""
    over = threading.Event()

    def repeat(job: Callable[[], object]) -> None:
        job()
        while not over.is_set():
            job()

    with ThreadPoolExecutor(len(jobs)) as pool:
        futures = [pool.submit(with_own_connections, lambda job=job: repeat(job)) for job in jobs]
        try:
            yield
        finally:
            over.set()
    outcomes(futures)


@contextmanager
def beside(job: Callable[[], T]) -> Iterator[Future[T]]:
    """One job in a thread of its own, whose end the block's end awaits and whose error it raises."""
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(with_own_connections, job)
        yield future
    outcomes([future])


def outcomes(futures: Sequence[Future[T]]) -> list[T]:
    errors = [error for future in futures if (error := future.exception()) is not None]
    if errors:
        raise BaseExceptionGroup(f"{len(errors)} of {len(futures)} threads failed", errors)
    return [future.result() for future in futures]


#: Those who wait in this database: on the same server other processes run other tests. The views show how things are at
#: this moment, within a transaction too.
WAITERS = {
    "postgresql": "SELECT count(*) FROM pg_locks WHERE NOT granted AND pid IN (SELECT here.pid FROM pg_locks here "
    "JOIN pg_database d ON d.oid = here.database WHERE d.datname = current_database())",
    "mysql": "SELECT count(*) FROM information_schema.innodb_trx t JOIN information_schema.processlist p "
    "ON p.id = t.trx_mysql_thread_id WHERE t.trx_state = 'LOCK WAIT' AND p.db = DATABASE()",
}
#: Seconds between two looks. InnoDB shows what it showed before to whoever asks again within a tenth.
LOOKS = 0.15


def wait_for_a_waiter() -> None:
    """Until another connection waits for a lock."""
    pause = threading.Event()
    with connection.cursor() as cursor:
        for _ in range(int(PATIENCE / LOOKS)):
            cursor.execute(WAITERS[connection.vendor])
            if cursor.fetchone()[0]:
                return
            pause.wait(LOOKS)
    raise AssertionError("nobody came to wait for a lock")
