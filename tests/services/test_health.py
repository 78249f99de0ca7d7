"""The vital signs, each made to fail and to recover."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from celery.schedules import schedule as celery_schedule
from django.db import DatabaseError, InterfaceError, OperationalError, connection, connections, transaction
from django.test import Client
from django.utils import timezone, translation
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from django_adbudget import services
from django_adbudget.models import AlertDelivery, Brand, BudgetAlert, Campaign, Heartbeat, PlatformOrder
from django_adbudget.platforms import Order, OrderResult, PlatformBackend
from django_adbudget.services import heartbeats
from django_adbudget.services.health import SIGNS, Sign, State, health_status
from tests.factories import NOW, make_brand, make_campaign

pytestmark = pytest.mark.django_db
TICK_TASK = "adbudget.check_campaign_dayparting"


def beat(**ages: float) -> None:
    """Heartbeats that came so many seconds before NOW."""
    for name, age in ages.items():
        Heartbeat.objects.update_or_create(name=name, defaults={"at": NOW - timedelta(seconds=age)})


@pytest.fixture
def sound() -> None:
    beat(tick=30, sweep=200, deliverer=5)


def sign(name: str, now: datetime = NOW) -> Sign:
    (found,) = [each for each in health_status(now=now).signs if each.name == name]
    return found


def test_a_sound_host(sound: None) -> None:
    found = health_status(now=NOW)
    assert [each.name for each in found.signs] == list(SIGNS)
    assert {each.state for each in found.signs} == {State.OK}
    assert (found.at, found.state, found.troubles) == (NOW, State.OK, ())
    assert [each.words for each in found.signs][:4] == [
        "The database answers.",
        "The tick last finished 30 s ago.",
        "The sweep last finished 4 min ago.",
        "The deliverer last finished 5 s ago.",
    ]
    assert sign("tick").since == NOW - timedelta(seconds=30)


def test_without_details_it_is_one_statement_of_the_ledgers(sound: None, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(2 + 2):  # another for the operator's intervals, here in a savepoint
        found = health_status(details=False, now=NOW)
    assert [each.name for each in found.signs] == ["database", "tick", "sweep", "deliverer"]


@pytest.mark.parametrize(("name", "interval"), [("tick", 60), ("sweep", 300), ("deliverer", 10)])
def test_a_job_is_late_after_three_intervals(sound: None, name: str, interval: int) -> None:
    """Contract: 503 when the tick is older than three intervals."""
    beat(**{name: 3 * interval})
    assert sign(name).state is State.OK
    beat(**{name: 3 * interval + 1})
    assert sign(name).state is State.LATE
    assert "has been silent for" in sign(name).words
    assert health_status(now=NOW).state is (State.LATE if name == "tick" else State.OK)
    Heartbeat.objects.filter(name=name).delete()
    assert (sign(name).state, sign(name).since) == (State.NEVER, None)
    assert health_status(now=NOW).state is (State.NEVER if name == "tick" else State.OK)
    assert [each.name for each in health_status(now=NOW).troubles] == [name]


def test_a_heartbeat_of_the_future_was_left_by_another_clock(sound: None) -> None:
    beat(tick=-181)
    assert sign("tick").state is State.LATE


def test_the_interval_is_the_operators_else_the_settings(sound: None, settings: Any) -> None:
    beat(tick=100)
    for schedule in (30.0, celery_schedule(30.0)):
        settings.ADBUDGET = {"BEAT": {TICK_TASK: {"schedule": schedule}}}
        assert sign("tick").state is State.LATE
    every = IntervalSchedule.objects.create(every=2, period="minutes")
    row = PeriodicTask.objects.create(name="adbudget:check_campaign_dayparting", task=TICK_TASK, interval=every)
    assert sign("tick").state is State.OK
    row.enabled = False
    row.save()
    assert sign("tick").state is State.LATE
    settings.ADBUDGET = {"BEAT": {"no.such.task": {}}}  # a system check tells of it
    assert sign("tick").state is State.OK


def test_orders_that_wait(sound: None) -> None:
    """D1."""
    campaign = make_campaign()
    Campaign.objects.update(status_changed_at=NOW - timedelta(minutes=14))
    found = sign("orders")
    assert (found.state, found.count, found.since) == (State.OK, 1, NOW - timedelta(minutes=14))
    assert found.words == "1 campaign is not yet as the ad platform was told, for 14 min."
    assert sign("orders", NOW + timedelta(minutes=2)).state is State.LATE
    PlatformOrder.objects.update(attempts=5)  # it fails and fails
    assert sign("orders").state is State.LATE
    services.deliver_status_changes()
    campaign.refresh_from_db()
    assert campaign.in_sync
    assert (sign("orders").state, sign("orders").count) == (State.OK, 0)


def test_alerts_that_wait_while_a_channel_is_set(sound: None, settings: Any) -> None:
    """D4."""
    campaign = make_campaign(daily_budget=5)
    services.record_spend(campaign, 5, now=NOW)
    later = NOW + timedelta(minutes=16)
    beat(tick=0)
    assert sign("alerts", later).state is State.OK
    settings.ADBUDGET = {"ALERT_CHANNELS": ["mysite.channels.Tell"]}
    assert (sign("alerts").state, sign("alerts").count) == (State.OK, 1)
    assert (sign("alerts", later).state, sign("alerts", later).since) == (State.LATE, NOW)
    BudgetAlert.objects.update(queued_at=NOW)
    assert sign("alerts", later).state is State.OK  # it was raised before there was a channel
    (alert,) = BudgetAlert.objects.all()
    delivery = AlertDelivery.objects.create(alert=alert, channel="mysite.channels.Tell", next_attempt_at=NOW)
    AlertDelivery.objects.create(alert=alert, channel="mysite.channels.Gone", next_attempt_at=NOW)
    assert sign("alerts", later).state is State.LATE
    delivery.sent_at = later
    delivery.save()
    assert (sign("alerts", later).state, sign("alerts", later).count) == (State.OK, 0)
    settings.ADBUDGET = {"ALERT_CHANNELS": [5]}
    assert sign("alerts").state is State.FAILED


def test_a_platform_that_fails_as_a_whole(sound: None, settings: Any) -> None:
    """D1."""
    settings.ADBUDGET = {"PLATFORM_BACKEND": {"BACKEND": f"{__name__}.Away"}}
    make_campaign()
    began = timezone.now()
    for hours in range(6):
        services.deliver_status_changes(now=began + timedelta(hours=hours))
    found = sign("platform", began + timedelta(hours=8))
    assert found.state is State.FAILED
    assert found.since is not None
    assert "has failed as a whole for" in found.words


class Away(PlatformBackend):
    def apply(self, orders: Sequence[Order]) -> list[OrderResult]:
        raise ConnectionError("nobody is there")


def test_drift(sound: None) -> None:
    make_campaign()
    services.deliver_status_changes()
    assert sign("drift").state is State.OK
    PlatformOrder.objects.update(observed_action="STOP", observed_at=timezone.now() + timedelta(minutes=5))
    assert (sign("drift").state, sign("drift").count) == (State.FAILED, 1)


def test_zones_that_are_not_known_here(sound: None) -> None:
    """T7."""
    campaign = make_campaign(make_brand())
    Brand.objects.update(timezone="Mars/Phobos")
    Campaign.objects.filter(pk=campaign.pk).update(timezone="Mars/Deimos")
    found = sign("zones")
    assert (found.state, found.count) == (State.FAILED, 2)
    assert "Mars/Deimos, Mars/Phobos" in found.words
    assert health_status(now=NOW).state is State.OK  # they stop nobody else


@pytest.mark.parametrize("error", [OperationalError("password of root"), InterfaceError("closed"), DatabaseError("?")])
def test_a_database_that_is_away(sound: None, error: Exception) -> None:
    asked = []

    def away(*arguments: Any) -> Any:
        asked.append(arguments)
        raise error

    with connection.execute_wrapper(away):
        found = health_status(now=NOW)
    assert [(each.name, each.state) for each in found.signs] == [("database", State.FAILED)]
    assert found.state is State.FAILED
    assert type(error).__name__ in found.signs[0].words
    assert "root" not in found.signs[0].words
    assert len(asked) == 1  # nobody waits twice


def test_tables_that_are_not_there(sound: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Heartbeat._meta, "db_table", "not_migrated")
    with transaction.atomic():
        assert health_status(now=NOW).state is State.FAILED
        transaction.set_rollback(True)


def test_tables_of_django_celery_beat_that_are_not_there(sound: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failure there is not the end of a caller's transaction."""
    monkeypatch.setattr(PeriodicTask._meta, "db_table", "not_migrated")
    assert heartbeats.intervals()[TICK_TASK] == 60.0
    assert health_status(now=NOW).state is State.OK


def test_it_speaks_the_readers_language(sound: None) -> None:
    with translation.override("de"):
        assert isinstance(health_status(now=NOW).signs[0].words, str)


def test_a_naive_now_is_refused() -> None:
    """T8."""
    with pytest.raises(ValueError, match="time zone"):
        health_status(now=NOW.replace(tzinfo=None))


@contextmanager
def table_locked(table: str) -> Iterator[None]:
    """Another session keeps readers of a table out, as a migration does."""
    locked, done = threading.Event(), threading.Event()
    exclusive = {"postgresql": "LOCK TABLE {} IN ACCESS EXCLUSIVE MODE", "mysql": "LOCK TABLES {} WRITE"}

    def hold() -> None:
        with closing(connections.create_connection("default")) as other:
            other.set_autocommit(False)
            with other.cursor() as cursor:
                cursor.execute(exclusive[other.vendor].format(table))
                locked.set()
                done.wait(60)

    thread = threading.Thread(target=hold)
    thread.start()
    assert locked.wait(10)
    try:
        yield
    finally:
        done.set()
        thread.join()


@pytest.mark.server
@pytest.mark.django_db(transaction=True)
def test_a_database_that_hangs_is_not_waited_for(settings: Any) -> None:
    settings.ROOT_URLCONF = "tests.api.urls"
    beat(tick=0)
    began = time.monotonic()
    with table_locked(Heartbeat._meta.db_table):
        found = health_status()
        answer = Client().get("/api/health/")
    assert found.state is State.FAILED
    assert (answer.status_code, answer.json()["detail"], answer["Retry-After"]) == (503, "away", "5")
    assert time.monotonic() - began < 10  # two seconds each
    assert health_status(now=NOW).state is State.OK
    with connection.cursor() as cursor:  # and the session is as it was
        setting = {"postgresql": "SHOW statement_timeout", "mysql": "SELECT @@SESSION.lock_wait_timeout > 2"}
        cursor.execute(setting[connection.vendor])
        assert str(cursor.fetchone()[0]) in {"0", "1"}
