"""Instants are taken in UTC at the door: in its own zone one is added to and compared by the wall clock (rule T8)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from django_adbudget import services
from django_adbudget.exceptions import InvalidSpendTime
from django_adbudget.models import Campaign, PlatformOrder
from django_adbudget.services import SpendEntry
from tests.factories import make_brand, make_campaign

pytestmark = pytest.mark.django_db

NEW_YORK = ZoneInfo("America/New_York")
MINUTE = timedelta(minutes=1)
LATER = datetime(2026, 11, 21, tzinfo=UTC)


@pytest.fixture
def campaign() -> Campaign:
    return make_campaign(make_brand(timezone="America/New_York"))


@pytest.mark.parametrize("fold", [0, 1])
@pytest.mark.parametrize("wall", [(11, 1, 1, 30), (3, 8, 2, 30)], ids=["fold", "gap"])
def test_a_retry_that_names_its_hour_in_a_fold_or_gap_is_a_replay(
    campaign: Campaign, wall: tuple[int, int, int, int], fold: int
) -> None:
    at = datetime(2026, *wall, tzinfo=NEW_YORK, fold=fold)
    first = services.record_spend(campaign, 1, at=at, idempotency_key="k", now=LATER)
    again = services.record_spend(campaign, 1, at=at, idempotency_key="k", now=LATER)
    assert again.replayed
    assert again.record == first.record
    twice = [SpendEntry(campaign=campaign, amount=1, at=at, idempotency_key="j")] * 2
    receipt = services.record_spend_batch(twice, now=LATER)
    assert (receipt.recorded, receipt.replayed) == (1, 1)


def test_the_present_may_be_said_in_any_zone(campaign: Campaign) -> None:
    """1:30 for the second time is not in the future of 1:30 for the second time."""
    now = datetime(2026, 11, 1, 1, 30, tzinfo=NEW_YORK, fold=1)
    services.record_spend(campaign, 1, at=now.astimezone(UTC), now=now)


def test_five_minutes_ahead_are_no_hour(campaign: Campaign) -> None:
    now = datetime(2026, 11, 1, 1, 57, tzinfo=NEW_YORK)
    with pytest.raises(InvalidSpendTime, match="future"):
        services.record_spend(campaign, 1, at=now.astimezone(UTC) + 60 * MINUTE, now=now)


def test_an_order_is_due_at_its_instant_whatever_the_wall_clock_says(campaign: Campaign) -> None:
    now = datetime(2026, 11, 1, 1, 30, tzinfo=NEW_YORK, fold=1)
    PlatformOrder.objects.update(next_attempt_at=now.astimezone(UTC))
    assert services.deliver_status_changes(now=now).sent == 1


def test_the_first_date_of_all_begins_with_the_calendar() -> None:
    """East of UTC its midnight lies before the first instant that there is."""
    campaign = make_campaign(make_brand(timezone="Asia/Tokyo"), start_date=date.min)
    receipt = services.set_spend_total(campaign, date.min, 1, source="meta", now=LATER)
    assert receipt is not None
    assert receipt.record.spend_date == date.min
    assert services.verify_summaries() == []
    assert services.campaign_status(campaign, now=LATER).can_run_now


@pytest.mark.parametrize(
    "beyond", [datetime(1, 1, 1, tzinfo=ZoneInfo("Asia/Tokyo")), datetime(9999, 12, 31, 23, tzinfo=NEW_YORK)]
)
def test_an_instant_beyond_the_calendar_is_said_so(campaign: Campaign, beyond: datetime) -> None:
    with pytest.raises(ValueError, match="outside of the calendar"):
        services.record_spend(campaign, 1, now=beyond)
    with pytest.raises(InvalidSpendTime, match="outside of the calendar"):
        services.record_spend(campaign, 1, at=beyond, now=LATER)
