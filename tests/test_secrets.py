"""Secrets are nowhere in what is logged, stored or said by the checks, whatever fails: every loud path is walked."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from celery import current_app
from django.contrib.auth.models import User
from django.core.checks import run_checks
from django.db import OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import Client
from django.utils import timezone

from django_adbudget import services, tasks
from django_adbudget.channels import AlertChannel, Digest
from django_adbudget.models import AlertDelivery, PlatformOrder
from django_adbudget.platforms import Order, OrderResult, PlatformBackend
from django_adbudget.services import hints
from django_adbudget.services.access.tokens import issue_token
from django_adbudget.services.health import State, health_status
from tests.factories import NOW, make_brand, make_campaign
from tests.processes import HOST, free_port

pytestmark = pytest.mark.django_db(transaction=True)

SECRET = "s3cr3t-of-the-webhook-with-32-chars"
PATH = "T0000/B0000/a-url-that-is-a-secret"


@pytest.fixture
def written() -> Iterator[list[str]]:
    """All that anybody logs in this process, whatever its level, with tracebacks and extras."""
    lines: list[str] = []

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(self.format(record) + str({key: str(value) for key, value in vars(record).items()}))

    root, handler = logging.getLogger(), Kept()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield lines
    root.removeHandler(handler)
    root.setLevel(level)


class Telling(PlatformBackend):
    """A client of an ad platform whose exceptions show the request."""

    def apply(self, orders: Sequence[Order]) -> list[OrderResult]:
        raise ConnectionError(f"GET https://ads.example.com/v1?access_token={self.options['api_key']} failed")


class Chat(AlertChannel):
    """As of any chat whose URL alone lets its holder write there."""

    secret_options = ("url",)

    def __init__(self, *, url: str, api_key: str = "") -> None:
        self.url, self.api_key = url, api_key
        if not url.startswith("https:"):
            raise ValueError(f"{url} is not encrypted")

    def send(self, digest: Digest) -> None:
        raise ConnectionError(f"HTTPSConnectionPool(host='hooks.example.com'): /services/{PATH} with {self.api_key}")


def chat(url: str) -> dict[str, Any]:
    return {"CHANNEL": f"{__name__}.Chat", "OPTIONS": {"url": url, "api_key": SECRET}}


def raise_alert() -> None:
    services.record_spend(make_campaign(make_brand(daily_budget=10)), 10, now=NOW)


def test_what_an_ad_platform_fails_with(settings: Any, written: list[str]) -> None:
    """Down to the traceback at the lowest level."""
    settings.ADBUDGET = {"PLATFORM_BACKEND": {"BACKEND": f"{__name__}.Telling", "OPTIONS": {"api_key": SECRET}}}
    make_campaign()
    tasks.deliver_status_changes()
    said = PlatformOrder.objects.get().last_error
    assert said == "GET https://ads.example.com/v1?access_token=*** failed"
    assert any(__name__.rpartition(".")[2] in line and "in apply" in line for line in written)  # where it failed
    assert SECRET not in "\n".join(written)


def test_what_an_alert_channel_fails_with(settings: Any, written: list[str]) -> None:
    """D4. An option that is secret as a whole is hidden in its parts too: clients tell host and path apart."""
    settings.ADBUDGET = {"ALERT_CHANNELS": [chat(f"https://hooks.example.com/services/{PATH}")]}
    raise_alert()
    tasks.send_alerts()
    said = AlertDelivery.objects.get().last_error
    assert said == "ConnectionError: HTTPSConnectionPool(host='hooks.example.com'): /*** with ***"
    for secret in (SECRET, PATH):
        assert secret not in "\n".join(written)


@pytest.mark.parametrize("channels", [[chat(f"http://{PATH}")], chat(f"https://{PATH}"), [[chat(f"https://{PATH}")]]])
def test_a_channel_that_does_not_load(settings: Any, written: list[str], channels: Any) -> None:
    """One that refuses its options, a list forgotten, a list too many: neither checks nor workers print settings."""
    settings.ADBUDGET = {"ALERT_CHANNELS": channels, "ALERT_FORECAST_MINUTES": None}
    raise_alert()
    try:
        tasks.send_alerts()
    except ValueError as error:
        written.append(str(error))  # as a worker logs it
    (found,) = [message for message in run_checks() if message.id == "adbudget.E030"]
    assert "does not load" in found.msg
    for secret in (SECRET, PATH):
        assert secret not in "\n".join([*written, str(found)])


def test_a_webhook_that_nobody_answers(settings: Any, written: list[str]) -> None:
    """Neither what it is signed with nor a URL that may be a secret itself."""
    url = f"http://{HOST}:{free_port()}/{PATH}"
    options = {"url": url, "secret": SECRET, "timeout": 2, "allow_private": [HOST], "allow_http": True}
    settings.ADBUDGET = {
        "PLATFORM_BACKEND": {"BACKEND": "django_adbudget.platforms.WebhookBackend", "OPTIONS": options},
        "ALERT_CHANNELS": [{"CHANNEL": "django_adbudget.channels.webhook.WebhookChannel", "OPTIONS": options}],
    }
    raise_alert()
    tasks.deliver_status_changes()
    tasks.send_alerts()
    said = [PlatformOrder.objects.get().last_error, AlertDelivery.objects.get().last_error]
    assert all("Connection refused" in each for each in said)
    for secret in (SECRET, PATH):
        assert secret not in "\n".join([*written, *said])


@pytest.mark.parametrize("url", [f"redis://user:{SECRET}@{HOST}:1/0", f"amqp://user:{SECRET}@{HOST}:1//"])
def test_the_brokers_password(url: str, written: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("broker_url", "broker_write_url"):
        monkeypatch.setitem(current_app.conf, name, url)
    monkeypatch.setattr(hints._Broker, "rests_until", 0.0)  # after a test in which the broker was away, too
    raise_alert()
    health_status()
    assert "no hint to the broker" in "\n".join(written)
    assert SECRET not in "\n".join(written)


def test_the_databases_password(written: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A driver says to whom it could not connect, as whom, and not by what."""

    def connect(wrapper: BaseDatabaseWrapper) -> Any:
        try:
            return psycopg.connect(f"postgresql://me:{SECRET}@{HOST}:{free_port()}/ads", connect_timeout=2)
        except psycopg.OperationalError as error:
            raise OperationalError(*error.args) from error

    monkeypatch.setattr(BaseDatabaseWrapper, "cursor", connect)
    assert health_status().state is State.FAILED
    assert "the database does not answer" in "\n".join(written)
    assert SECRET not in "\n".join(written)


@pytest.mark.parametrize("body", ["{", '{"amount": 1, "amount": 2}', "[]", "{}", "\udcff"])
def test_a_token_in_a_request_that_is_refused(body: str, settings: Any, written: list[str], client: Client) -> None:
    settings.ROOT_URLCONF = "tests.api.urls"
    settings.ADBUDGET = {"API_AUTH": ["django_adbudget.api.auth.BearerAuth"]}
    user = User.objects.create_superuser("mia", password=SECRET)
    _, token = issue_token(user, expires_at=timezone.now() + timedelta(days=1))
    for given in (token, token[:-1], f"{token}\n"):
        answer = client.post(
            "/api/spend/",
            body.encode("utf-8", "surrogateescape"),
            content_type="application/json",
            headers={"Authorization": f"Bearer {given}"},
        )
        assert answer.status_code in {400, 401, 422}, answer.content
        assert token[:-1] not in answer.content.decode()
    assert token[:-1] not in "\n".join(written)
