"""Alerts as signed requests."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.checks import run_checks

from django_adbudget import services
from django_adbudget.models import AlertDelivery
from django_adbudget.webhooks import signature
from tests.factories import NOW, make_brand, make_campaign, money
from tests.platforms.answering import Answer, answering

pytestmark = pytest.mark.django_db

WEBHOOK = "django_adbudget.channels.webhook.WebhookChannel"
SECRET = "mJ6CkWPGdNQ3i9XqN4kRVVgWwF2mXJ5lkDgY0uyhJ5E"


def to(url: str, **options: Any) -> dict[str, Any]:
    here = {"allow_private": ["127.0.0.0/8", "::1"], "allow_http": True}
    channel = {"CHANNEL": WEBHOOK, "OPTIONS": {"url": url, "secret": SECRET, **here, **options}}
    return {"ALERT_CHANNELS": [channel]}


def test_what_arrives_is_signed_and_says_it_all(settings: Any) -> None:
    brand = make_brand(name="Acme", daily_budget=100, external_id="a-1")
    campaign = make_campaign(brand, name="Summer Sale", total_budget=70)
    services.record_spend(campaign, money("60.5"), now=NOW)
    with answering(lambda signed, body: (204, b"")) as receiver:
        settings.ADBUDGET = to(receiver.url)
        assert services.send_alerts(now=NOW).sent == 1
    ((headers, body),) = receiver.requests
    moment = int(headers["Adbudget-Signature"].partition(",")[0].removeprefix("t="))
    assert headers["Adbudget-Signature"] == signature(body, [SECRET], moment)
    message = json.loads(body)
    assert message["brand"] == {
        "id": brand.pk,
        "name": "Acme",
        "external_id": "a-1",
        "currency": "EUR",
        "timezone": "Europe/Berlin",
    }
    alerts = message["alerts"]
    assert sorted(
        (a["kind"], a["threshold"] or 0, a["campaign"] and a["campaign"]["name"], a["spend"]) for a in alerts
    ) == [
        ("FORECAST", 0, "Summer Sale", "60.50"),
        ("THRESHOLD", 50, None, "60.50"),
        ("THRESHOLD", 80, "Summer Sale", "60.50"),
    ]
    forecast = next(a for a in alerts if a["kind"] == "FORECAST")
    assert forecast["rate_per_hour"] == "60.50"
    assert forecast["exhausted_at"] == "2026-03-11T11:09:25.289257+00:00"


def test_what_is_refused_comes_again_under_the_same_id(settings: Any) -> None:
    answers: list[Answer] = [(500, b"no"), (200, b"")]
    services.record_spend(make_campaign(make_brand(daily_budget=100)), 50, at=NOW - timedelta(hours=2), now=NOW)
    with answering(lambda signed, body: answers.pop(0)) as receiver:
        settings.ADBUDGET = to(receiver.url)
        assert services.send_alerts(now=NOW).failed == 1
        assert AlertDelivery.objects.get().last_error == "WebhookError: the receiver answered 500"
        assert services.send_alerts(now=NOW + timedelta(minutes=1)).sent == 1
    first, second = (json.loads(body)["id"] for _, body in receiver.requests)
    assert first == second


def test_a_private_address_is_refused_unless_listed(settings: Any) -> None:
    services.record_spend(make_campaign(make_brand(daily_budget=100)), 50, at=NOW - timedelta(hours=2), now=NOW)
    with answering(lambda signed, body: (200, b"")) as receiver:
        settings.ADBUDGET = to(receiver.url, allow_private=())
        assert services.send_alerts(now=NOW).failed == 1
        assert receiver.requests == []
    assert "WebhookRefused: localhost is not on the Internet" in AlertDelivery.objects.get().last_error


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"url": "http://hooks.example.com/", "allow_http": False}, "adbudget.E032"),
        ({"secret": ""}, "adbudget.E033"),
        ({"secret": ["x" * 43, ""]}, "adbudget.E033"),
        ({"secret": "short"}, "adbudget.W031"),
    ],
)
def test_checks(settings: Any, options: dict[str, Any], expected: str) -> None:
    settings.ADBUDGET = to("https://hooks.example.com/")
    assert not any(message.id and "adbudget" in message.id for message in run_checks())
    settings.ADBUDGET = to(**{"url": "https://hooks.example.com/", **options})
    assert expected in {message.id for message in run_checks()}
