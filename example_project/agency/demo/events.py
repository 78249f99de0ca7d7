"""What the campaigns would spend in the story, if they ran all the time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from agency.traffic import spend
from django_adbudget.models import Campaign

EVENTS_AN_HOUR = 2
_GAP = timedelta(hours=1) / EVENTS_AN_HOUR


@dataclass(frozen=True)
class Event:
    at: datetime
    campaign_id: int
    amount: Decimal


def events(campaigns: Iterable[Campaign], start: datetime, hours: int) -> list[Event]:
    """In order of time, and the same each time."""
    found = [event for number, one in enumerate(campaigns) for event in _of(one, number, start, hours)]
    return sorted(found, key=lambda event: (event.at, event.campaign_id))


def _of(campaign: Campaign, number: int, start: datetime, hours: int) -> Iterator[Event]:
    dice = Random(number)
    first = start + timedelta(minutes=1 + number)  # campaigns report one after the other, not at one instant
    for step in range(hours * EVENTS_AN_HOUR):
        at = first + step * _GAP
        yield Event(at, campaign.pk, spend(campaign, at, Decimal(1) / EVENTS_AN_HOUR, dice))
