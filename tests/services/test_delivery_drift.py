"""What the platform does against what it confirmed: flagged and shown, undone if its backend says so (D1)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from django_adbudget import services, tasks
from django_adbudget.models import Campaign, PlatformOrder
from django_adbudget.platforms import Observation, RecordedPlatform, RecordingBackend, recording
from django_adbudget.services.delivery import drift
from django_adbudget.services.delivery.drift import DriftResult, read_platform
from tests.factories import NOW, make_brand, make_campaign, make_window
from tests.management.calling import data

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(hours=1)


@pytest.fixture
def platform() -> Iterator[RecordedPlatform]:
    with recording() as platform:
        yield platform


@pytest.fixture
def campaign(platform: RecordedPlatform) -> Campaign:
    campaign = make_campaign()
    PlatformOrder.objects.update(next_attempt_at=NOW)
    services.deliver_status_changes(now=NOW)
    return campaign


def test_drift_is_flagged_and_shown_and_left_alone(
    platform: RecordedPlatform, campaign: Campaign, caplog: pytest.LogCaptureFixture
) -> None:
    assert read_platform(now=LATER) == DriftResult(read=1)
    platform.running[campaign.pk] = "STOP"
    with caplog.at_level(logging.WARNING, drift.__name__):
        assert read_platform(now=LATER) == DriftResult(read=1, drifted=1)
        assert read_platform(now=LATER + timedelta(hours=1)) == DriftResult(read=1, drifted=1)
    assert len(caplog.records) == 1
    order = PlatformOrder.objects.drifted().get()
    assert order.is_drifted
    assert (order.action, order.observed_action) == ("RUN", "STOP")
    assert Campaign.objects.drifted().get() == campaign
    assert len(platform.orders) == 1
    platform.running[campaign.pk] = "RUN"
    read_platform(now=LATER + timedelta(hours=2))
    assert not PlatformOrder.objects.drifted().exists()
    assert not Campaign.objects.drifted().exists()


def test_a_newer_order_of_ours_ends_it(platform: RecordedPlatform, campaign: Campaign) -> None:
    platform.running[campaign.pk] = "STOP"
    read_platform(now=LATER)
    services.deactivate_campaign(campaign, now=LATER)
    assert not PlatformOrder.objects.drifted().exists()
    services.activate_campaign(campaign, now=LATER)
    services.deliver_status_changes(now=LATER + timedelta(minutes=1))
    assert not PlatformOrder.objects.drifted().exists()
    assert not Campaign.objects.drifted().exists()


@pytest.mark.parametrize("state", ["waiting", "in flight", "confirmed since"])
def test_what_was_seen_beside_an_order_of_ours_says_nothing(
    platform: RecordedPlatform, campaign: Campaign, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The platform is read, and before it answers we place an order, send it, or hear that it is done."""
    platform.running[campaign.pk] = "STOP"

    def read(self: RecordingBackend, campaigns: Sequence[Campaign]) -> dict[int, str]:
        seen = dict(platform.running)
        if state == "confirmed since":
            PlatformOrder.objects.update(acked_at=LATER + timedelta(seconds=5))
        else:
            PlatformOrder.objects.update(state="PENDING" if state == "waiting" else "LEASED")
        return seen

    monkeypatch.setattr(RecordingBackend, "read", read)
    assert read_platform(now=LATER).drifted == 0
    assert PlatformOrder.objects.get().observed_at is None


def test_undone_if_the_backend_says_so(platform: RecordedPlatform, campaign: Campaign) -> None:
    platform.undoes_drift = True
    platform.running[campaign.pk] = "STOP"
    assert read_platform(now=LATER) == DriftResult(read=1, drifted=1, undone=1)
    campaign.refresh_from_db()
    assert (campaign.desired_generation, campaign.acked_generation) == (2, 1)
    assert services.deliver_status_changes(now=LATER + timedelta(minutes=1)).done == 1
    assert [(order.action, order.generation) for order in platform.orders] == [("RUN", 1), ("RUN", 2)]
    assert platform.running == {campaign.pk: "RUN"}
    assert not PlatformOrder.objects.drifted().exists()


def test_an_observation_decides_for_one(
    platform: RecordedPlatform, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For example: what spends money is undone, what saves it is left."""
    other = make_campaign()
    services.deactivate_campaign(other)
    PlatformOrder.objects.update(next_attempt_at=NOW)
    services.deliver_status_changes(now=NOW)
    seen = [Observation(campaign.pk, "STOP", undo=False), Observation(other.pk, "RUN", undo=True)]
    monkeypatch.setattr(RecordingBackend, "read", lambda self, campaigns: seen)
    assert read_platform(now=LATER) == DriftResult(read=2, drifted=2, undone=1)
    assert [order.campaign_id for order in PlatformOrder.objects.filter(state="PENDING")] == [other.pk]


def test_what_goes_out_again_is_what_the_facts_say_now(platform: RecordedPlatform) -> None:
    """Between two ticks a window has closed: a drift to STOP must not be undone by RUN."""
    campaign = make_campaign(make_brand(timezone="UTC"))
    make_window(campaign, NOW.weekday(), "08:00", "12:00")
    services.reconcile(now=NOW)
    PlatformOrder.objects.update(next_attempt_at=NOW)
    services.deliver_status_changes(now=NOW)
    platform.undoes_drift = True
    platform.running[campaign.pk] = "STOP"
    result = read_platform(now=NOW.replace(hour=12, minute=1))
    assert (result.drifted, result.undone) == (1, 0)
    order = PlatformOrder.objects.get()
    assert (order.action, order.state) == ("STOP", "PENDING")


@pytest.mark.parametrize(
    "answer",
    [
        lambda campaigns: {campaigns[0].pk: "MAYBE", 10**9: "STOP"},
        lambda campaigns: [("one", "two")],
        lambda campaigns: None,
        lambda campaigns: campaigns[5],
        lambda campaigns: {},
    ],
)
def test_odd_answers_flag_nothing(
    platform: RecordedPlatform, campaign: Campaign, answer: Callable[[Any], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RecordingBackend, "read", lambda self, campaigns: answer(campaigns))
    assert read_platform(now=LATER).drifted == 0
    assert not PlatformOrder.objects.drifted().exists()


def test_those_not_seen_for_longest_come_first(
    platform: RecordedPlatform, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_campaign()
    PlatformOrder.objects.update(next_attempt_at=NOW)
    services.deliver_status_changes(now=NOW)
    monkeypatch.setattr(drift, "READING", 1)
    platform.running.clear()
    for hours in (1, 2):
        assert read_platform(now=NOW + timedelta(hours=hours)).read == 1
    assert PlatformOrder.objects.filter(observed_at__isnull=False, observed_action="").count() == 2


def test_the_deliverers_task_reads_when_it_is_due(
    platform: RecordedPlatform, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform.running[campaign.pk] = "STOP"
    monkeypatch.setattr(RecordingBackend, "read_every", 3600.0)
    tasks.deliver_status_changes()
    assert PlatformOrder.objects.drifted().exists()
    platform.running[campaign.pk] = "RUN"
    tasks.deliver_status_changes()
    assert PlatformOrder.objects.drifted().exists()


def test_the_command_asks_at_once(platform: RecordedPlatform, campaign: Campaign) -> None:
    platform.running[campaign.pk] = "STOP"
    assert data("adbudget_deliver", drift=True)["drift"] == {"read": 1, "drifted": 1, "undone": 0}


def test_a_backend_that_cannot_read_is_not_asked(settings: Any) -> None:
    settings.ADBUDGET = {}
    assert read_platform() == DriftResult()


def test_inside_a_transaction_it_is_refused(platform: RecordedPlatform) -> None:
    """D2."""
    with transaction.atomic(), pytest.raises(RuntimeError, match=r"read_platform\(\) .*must not run inside"):
        read_platform()
