"""The check for django-health-check, by that package's own view."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection, connections
from django.test import Client
from django.urls import path
from django.utils import timezone
from health_check.exceptions import ServiceUnavailable
from health_check.views import HealthCheckView

from django_adbudget.contrib.health_check import AdBudget
from django_adbudget.models import Brand, Heartbeat
from tests.factories import make_brand

PATH = "django_adbudget.contrib.health_check.AdBudget"
ZONES = {"signs": ["zones"]}

urlpatterns = [
    path("health/", HealthCheckView.as_view(checks=[PATH])),
    path("zones/", HealthCheckView.as_view(checks=[(PATH, ZONES)])),
]


@pytest.fixture
def client(settings: Any, transactional_db: None) -> Client:
    """Checks run in threads, which see what is committed."""
    settings.ROOT_URLCONF = __name__
    for name in ("tick", "sweep", "deliverer"):
        Heartbeat.objects.create(name=name, at=timezone.now())
    return Client()


def test_a_sound_host(client: Client) -> None:
    answer = client.get("/health/?format=json")
    assert (answer.status_code, list(answer.json().values())) == (200, ["OK"])


def test_a_late_job_is_named(client: Client) -> None:
    Heartbeat.objects.filter(name="sweep").update(at=timezone.now() - timedelta(minutes=16))
    answer = client.get("/health/?format=text")
    assert answer.status_code == 500
    said = answer.content.decode()
    assert "Unavailable: The sweep has been silent for 16 min; it should run every 5 min." in said
    assert client.get("/zones/?format=json").status_code == 200


def test_only_the_signs_that_are_asked_for(client: Client) -> None:
    make_brand()
    Brand.objects.update(timezone="Mars/Phobos")
    assert client.get("/health/?format=json").status_code == 200
    answer = client.get("/zones/?format=text")
    assert (answer.status_code, b"Mars/Phobos" in answer.content) == (500, True)
    assert b"adbudget" in client.get("/zones/?format=openmetrics").content.lower()


def test_no_connection_is_left_open_in_a_thread_that_no_request_ends(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Any] = []
    run = AdBudget.run

    def watched(check: AdBudget) -> None:
        run(check)
        opened.extend(connections.all(initialized_only=True))

    monkeypatch.setattr(AdBudget, "run", watched)
    assert client.get("/health/?format=json").status_code == 200
    assert opened
    assert {each.connection for each in opened} == {None}


@pytest.mark.django_db
def test_a_database_that_is_away_is_said_in_words() -> None:
    def away(*arguments: Any) -> Any:
        raise OperationalError("password of root")

    with connection.execute_wrapper(away), pytest.raises(ServiceUnavailable) as caught:
        AdBudget(signs=["tick"]).run()
    assert "The database does not answer" in str(caught.value)
    assert "root" not in str(caught.value)


def test_a_sign_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="there is no sign tock; there are database, tick, "):
        AdBudget(signs=["tock"])
