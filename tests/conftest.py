from __future__ import annotations

import os
from collections.abc import Iterator
from uuid import uuid4

import pytest
from celery import Celery
from django.db import connection, connections
from django.test import TransactionTestCase
from hypothesis import HealthCheck, settings

from tests.celery_app import app as celery_app
from tests.routers import ALIAS

__all__ = ["celery_app"]  # the host's application is the current one, and its broker the one that is told

pytest_plugins = ["tests.noskip", "tests.withoutbeat"]

# Found afresh each time (no derandomize), and what fails is printed so that it can be played again anywhere.
settings.register_profile(
    "ci", max_examples=100, deadline=None, derandomize=False, print_blob=True, suppress_health_check=()
)
settings.register_profile(
    "thorough", settings.get_profile("ci"), max_examples=2000, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

# A marker that a test needs a kind of database, the vendors that satisfy it, and what to run to have one.
NEEDS = {
    "sqlite": ({"sqlite"}, "`make test` or `pytest` without ADBUDGET_TEST_DB"),
    "postgres": ({"postgresql"}, "`make test` or `python -m tests.servers postgres -- pytest`"),
    "mariadb": ({"mysql"}, "`make test-mariadb` or `python -m tests.servers mariadb -- pytest`"),
    "server": ({"postgresql", "mysql"}, "`make test` or `python -m tests.servers postgres -- pytest`"),
}
DATABASE_FIXTURES = {"db", "transactional_db", "django_db_reset_sequences", "django_db_serialized_rollback"}


def touches_database(item: pytest.Item) -> bool:
    by_marker = any(item.get_closest_marker(name) for name in ("django_db", *NEEDS))
    by_fixture = not DATABASE_FIXTURES.isdisjoint(getattr(item, "fixturenames", ()))
    test_class = getattr(item, "cls", None)
    return by_marker or by_fixture or (test_class is not None and issubclass(test_class, TransactionTestCase))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks what touches a database, however it asks for one, so that `-m database` runs it on the next.

    Tests that share the one broker run in one process, one after the other."""
    for item in filter(touches_database, items):
        item.add_marker("database")
    for item in items:
        if "redis_url" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("broker"))


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker, (vendors, command) in NEEDS.items():
        if item.get_closest_marker(marker) and connection.vendor not in vendors:
            pytest.fail(f"This test does not run on {connection.vendor}: run {command}.", pytrace=False)
    if item.get_closest_marker("router") and ALIAS not in connections:
        pytest.fail("This test needs a router: run `make test` or `python -m tests router`.", pytrace=False)


@pytest.fixture(scope="session")
def redis_url() -> str:
    url = os.environ.get("REDIS_URL")
    if not url:
        pytest.fail(
            "This test needs a real broker: run `make test` or `python -m tests.servers redis -- pytest`, "
            "or set REDIS_URL.",
            pytrace=False,
        )
    return url


@pytest.fixture(autouse=True)
def hosts_application() -> Iterator[None]:
    """The current one again, whatever worker a test has started: it takes over for its own application."""
    yield
    celery_app.set_current()
    celery_app.set_default()


@pytest.fixture
def redis_app(redis_url: str) -> Iterator[Celery]:
    """A Celery application on the real broker, with a queue of its own; it knows every shared task.

    A worker that has just ended may still take a message from the queue that it had."""
    with Celery("tests-redis", broker=redis_url, set_as_current=False) as app:
        app.config_from_object("django.conf:settings", namespace="CELERY")
        app.conf.update(broker_url=redis_url, task_default_queue=f"tests-{uuid4().hex}")
        yield app
