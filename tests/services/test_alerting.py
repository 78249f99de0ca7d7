"""Alerts on their way: queued, claimed, sent, acknowledged (rule D4)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.checks import run_checks

from django_adbudget import services, tasks
from django_adbudget.channels import AlertChannel, Digest
from django_adbudget.models import AlertDelivery, Brand, BudgetAlert
from django_adbudget.services import AlertsSent
from django_adbudget.services.alerts import sending
from tests.factories import NOW, make_brand, make_campaign

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


class Noting(AlertChannel):
    """Remembers what it was told, and does with it what ``answer`` does."""

    told: list[tuple[str, str, list[int | None]]] = []
    answer: Callable[[Digest], object]

    def __init__(self, *, label: str = "") -> None:
        self.label = label

    def send(self, digest: Digest) -> None:
        Noting.told.append((self.label, digest.brand.name, [alert.threshold for alert in digest.alerts]))
        type(self).answer(digest)


class Broken(AlertChannel):
    def send(self, digest: Digest) -> None:
        raise ConnectionRefusedError("nobody\0 there")


NOTING, BROKEN = f"{__name__}.Noting", f"{__name__}.Broken"


@pytest.fixture(autouse=True)
def noting(settings: Any) -> Iterator[type[Noting]]:
    settings.ADBUDGET = {"ALERT_CHANNELS": [NOTING], "ALERT_FORECAST_MINUTES": None}
    Noting.answer = staticmethod(lambda digest: None)
    yield Noting
    Noting.told.clear()


def raise_alert(name: str = "Acme", amount: int = 50, at: datetime = NOW) -> BudgetAlert:
    brand = Brand.objects.filter(name=name).first() or make_brand(name=name, daily_budget=100)
    campaign = brand.campaigns.first() or make_campaign(brand)
    services.record_spend(campaign, amount, now=at)
    return BudgetAlert.objects.latest("pk")


def test_one_digest_a_brand_and_run(noting: type[Noting]) -> None:
    raise_alert("Acme", 50)
    raise_alert("Acme", 30)
    raise_alert("Other", 100)
    assert services.send_alerts(now=NOW + MINUTE) == AlertsSent(sent=2)
    assert sorted(noting.told) == [("", "Acme", [50, 80]), ("", "Other", [100])]
    assert {alert.sent_at and alert.sent_at >= NOW + MINUTE for alert in BudgetAlert.objects.all()} == {True}
    assert services.send_alerts(now=NOW + 2 * MINUTE) == AlertsSent()
    raise_alert("Acme", 20)
    tasks.send_alerts()
    assert noting.told[2:] == [("", "Acme", [100])]


@pytest.mark.parametrize("channels", [[BROKEN, NOTING], [NOTING, BROKEN]])
def test_a_channel_that_fails_holds_up_no_other_and_is_tried_for_ever(
    settings: Any, noting: type[Noting], channels: list[str]
) -> None:
    settings.ADBUDGET = {**settings.ADBUDGET, "ALERT_CHANNELS": channels}
    alert = raise_alert()
    assert services.send_alerts(now=NOW) == AlertsSent(sent=1, failed=1)
    alert.refresh_from_db()
    assert alert.sent_at is None, "one of its channels has not had it"
    waiting = AlertDelivery.objects.get(sent_at=None)
    assert (waiting.channel, waiting.attempts) == (BROKEN, 1)
    assert waiting.last_error == "ConnectionRefusedError: nobody there"
    pauses = []
    for attempt in range(2, 14):
        assert services.send_alerts(now=waiting.next_attempt_at - timedelta(seconds=1)) == AlertsSent()
        now = waiting.next_attempt_at
        assert services.send_alerts(now=now) == AlertsSent(failed=1)
        waiting.refresh_from_db()
        assert waiting.attempts == attempt
        pauses.append((waiting.next_attempt_at - now).total_seconds())
    assert 30 <= pauses[0] <= 61
    assert 1800 <= pauses[-1] <= 3601
    assert len(noting.told) == 1
    settings.ADBUDGET = {**settings.ADBUDGET, "ALERT_CHANNELS": [{"CHANNEL": NOTING, "NAME": BROKEN}, NOTING]}
    services.send_alerts(now=waiting.next_attempt_at)
    alert.refresh_from_db()
    assert alert.sent_at is not None


def test_what_waits_goes_together_with_what_is_new(noting: type[Noting]) -> None:
    def refuse(digest: Digest) -> None:
        raise TimeoutError

    noting.answer = staticmethod(refuse)
    raise_alert("Acme", 50)
    services.send_alerts(now=NOW)
    noting.answer = staticmethod(lambda digest: None)
    raise_alert("Acme", 50, NOW + timedelta(seconds=5))
    services.send_alerts(now=NOW + timedelta(seconds=5))
    assert noting.told[1:] == [("", "Acme", [50, 100])]


def test_a_brand_that_fails_holds_up_no_other_brand(noting: type[Noting], monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where more waits than one digest holds."""
    monkeypatch.setattr(sending, "BATCH", 2)

    def answer(digest: Digest) -> None:
        if digest.brand.name == "Acme":
            raise ValueError("no such address")

    noting.answer = staticmethod(answer)
    for amount in (50, 30, 20):
        raise_alert("Acme", amount)
    for amount in (50, 30, 20):
        raise_alert("Other", amount)
    assert services.send_alerts(now=NOW) == AlertsSent(sent=2, failed=1)
    assert noting.told == [("", "Acme", [50, 80]), ("", "Other", [50, 80]), ("", "Other", [100])]


def test_a_slow_channel_leaves_room_for_the_next(
    settings: Any, noting: type[Noting], monkeypatch: pytest.MonkeyPatch
) -> None:
    """After its time is up it is left, and goes on with the next run."""
    slow, quick = ({"CHANNEL": NOTING, "NAME": label, "OPTIONS": {"label": label}} for label in ("slow", "quick"))
    settings.ADBUDGET = {**settings.ADBUDGET, "ALERT_CHANNELS": [slow, quick]}
    monkeypatch.setattr(sending, "PATIENCE", 0.0)
    raise_alert()
    assert services.send_alerts(now=NOW) == AlertsSent()
    monkeypatch.setattr(sending, "PATIENCE", 30.0)
    assert services.send_alerts(now=NOW) == AlertsSent(sent=2)
    assert [label for label, *_ in noting.told] == ["slow", "quick"]


def test_while_one_sends_to_a_brand_nobody_else_does(noting: type[Noting]) -> None:
    others: list[AlertsSent] = []

    def meanwhile(digest: Digest) -> None:
        noting.answer = staticmethod(lambda digest: None)
        raise_alert("Acme", 30)
        others.append(services.send_alerts(now=NOW + MINUTE))

    noting.answer = staticmethod(meanwhile)
    raise_alert("Acme", 50)
    services.send_alerts(now=NOW)
    assert others == [AlertsSent()]
    assert noting.told == [("", "Acme", [50])]
    services.send_alerts(now=NOW + MINUTE)
    assert noting.told[1:] == [("", "Acme", [80])]


def test_a_sender_that_died_is_replaced(noting: type[Noting]) -> None:
    """At least once: a process that dies after sending has not said so. Its lease ends, and another sends again."""

    def die(digest: Digest) -> None:
        raise KeyboardInterrupt

    noting.answer = staticmethod(die)
    raise_alert()
    with pytest.raises(KeyboardInterrupt):
        services.send_alerts(now=NOW)
    noting.answer = staticmethod(lambda digest: None)
    assert services.send_alerts(now=NOW + MINUTE) == AlertsSent()
    assert services.send_alerts(now=NOW + 2 * MINUTE) == AlertsSent(sent=1)
    assert noting.told == [("", "Acme", [50])] * 2


def test_without_channels_alerts_are_rows_and_a_channel_starts_with_what_comes(
    settings: Any, noting: type[Noting]
) -> None:
    settings.ADBUDGET = {"ALERT_FORECAST_MINUTES": None}
    first = raise_alert("Acme", 50)
    assert services.send_alerts(now=NOW) == AlertsSent()
    settings.ADBUDGET = {"ALERT_CHANNELS": [NOTING], "ALERT_FORECAST_MINUTES": None}
    raise_alert("Acme", 30)
    services.send_alerts(now=NOW + MINUTE)
    assert noting.told == [("", "Acme", [80])]
    first.refresh_from_db()
    assert first.sent_at is None


def test_a_channel_taken_away_keeps_nobody_waiting(settings: Any, noting: type[Noting]) -> None:
    settings.ADBUDGET = {**settings.ADBUDGET, "ALERT_CHANNELS": [BROKEN, NOTING]}
    noting.answer = staticmethod(lambda digest: 1 / 0)
    alert = raise_alert()
    services.send_alerts(now=NOW)
    settings.ADBUDGET = {**settings.ADBUDGET, "ALERT_CHANNELS": [NOTING]}
    noting.answer = staticmethod(lambda digest: None)
    services.send_alerts(now=NOW + MINUTE)
    alert.refresh_from_db()
    assert alert.sent_at is not None


def test_a_channel_that_does_not_load_holds_up_no_other(settings: Any, noting: type[Noting]) -> None:
    settings.ADBUDGET = {**settings.ADBUDGET, "ALERT_CHANNELS": ["nowhere.Channel", NOTING]}
    raise_alert()
    assert services.send_alerts(now=NOW) == AlertsSent(sent=1)
    assert AlertDelivery.objects.get(channel="nowhere.Channel").attempts == 0


def test_an_alert_that_goes_while_it_is_sent(noting: type[Noting]) -> None:
    noting.answer = staticmethod(lambda digest: BudgetAlert.objects.all().delete())
    raise_alert()
    assert services.send_alerts(now=NOW) == AlertsSent(sent=1)
    assert not AlertDelivery.objects.exists()


def test_forecasts_that_fail_keep_no_alert_back(noting: type[Noting], monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**kwargs: Any) -> int:
        raise RuntimeError

    monkeypatch.setattr(sending, "raise_forecasts", fail)
    raise_alert()
    assert services.send_alerts(now=NOW) == AlertsSent(sent=1)


@pytest.mark.parametrize(
    ("channels", "says"),
    [
        (NOTING, "must be a list"),
        (["nowhere.Channel"], "No module named 'nowhere'"),
        ([{"CHANEL": NOTING}], "did you mean 'CHANNEL'?"),
        ([{"OPTIONS": {}}], "under CHANNEL"),
        ([5], "neither a dotted path nor a dict"),
        ([NOTING, NOTING], "give one of them a NAME"),
        ([{"CHANNEL": NOTING, "OPTIONS": {"lable": "x"}}], "lable"),
        ([{"CHANNEL": NOTING, "NAME": "x" * 201}], "1 to 200 characters"),
        (["tests.factories.make_brand"], "is no AlertChannel"),
    ],
)
def test_a_bad_channel_is_found_by_the_checks(settings: Any, channels: Any, says: str) -> None:
    settings.ADBUDGET = {"ALERT_CHANNELS": channels}
    (found,) = [message for message in run_checks() if message.id == "adbudget.E030"]
    assert says in found.msg


def test_statements_do_not_grow_with_alerts(django_assert_max_num_queries: Any) -> None:
    for amount in (50, 30, 20):
        raise_alert("Acme", amount)
    with django_assert_max_num_queries(20):
        services.send_alerts(now=NOW)
    with django_assert_max_num_queries(2):
        services.send_alerts(now=NOW)
