"""What brands and campaigns are called, where brands live, and the hours that campaigns keep."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time

ALL_WEEK = (0, 1, 2, 3, 4, 5, 6)
WEEKDAYS = (0, 1, 2, 3, 4)
WEEKEND = (5, 6)


@dataclass(frozen=True, slots=True)
class Place:
    word: str
    timezone: str
    currency: str
    unit: int
    """What a unit of the dollar's size is worth in the currency, roughly."""


@dataclass(frozen=True, slots=True)
class Hours:
    days: tuple[int, ...]
    start: time
    end: time


PLACES = (
    Place("Aloha", "Pacific/Honolulu", "USD", 1),
    Place("Golden Gate", "America/Los_Angeles", "USD", 1),
    Place("Prairie", "America/Chicago", "USD", 1),
    Place("Hudson", "America/New_York", "USD", 1),
    Place("Fundy", "America/Halifax", "CAD", 1),
    Place("Avalon", "America/St_Johns", "CAD", 1),
    Place("Habana", "America/Havana", "CUP", 25),
    Place("Paulista", "America/Sao_Paulo", "BRL", 5),
    Place("Thames", "Europe/London", "GBP", 1),
    Place("Berliner", "Europe/Berlin", "EUR", 1),
    Place("Rive Gauche", "Europe/Paris", "EUR", 1),
    Place("Helvetia", "Europe/Zurich", "CHF", 1),
    Place("Nile", "Africa/Cairo", "EGP", 50),
    Place("Savanna", "Africa/Nairobi", "KES", 130),
    Place("Gulf", "Asia/Dubai", "AED", 4),
    Place("Deccan", "Asia/Kolkata", "INR", 85),
    Place("Himal", "Asia/Kathmandu", "NPR", 130),
    Place("Merlion", "Asia/Singapore", "SGD", 1),
    Place("Shinjuku", "Asia/Tokyo", "JPY", 150),
    Place("Harbour", "Australia/Sydney", "AUD", 1),
    Place("Lord Howe", "Australia/Lord_Howe", "AUD", 1),
    Place("Southern", "Pacific/Auckland", "NZD", 1),
    Place("Chatham", "Pacific/Chatham", "NZD", 1),
    Place("Lagoon", "Pacific/Kiritimati", "AUD", 1),
)
TRADES = (
    "Airlines", "Audio", "Bank", "Books", "Coffee", "Cycles", "Eyewear", "Fitness", "Garden", "Hotels",
    "Insurance", "Kitchen", "Mobile", "Outdoor", "Pets", "Pharmacy", "Shoes", "Streaming", "Tea", "Toys",
)  # fmt: skip
PROMOTIONS = (
    "Always on", "Brand film", "Clearance", "Gift guide", "Launch", "Lookalikes", "Loyalty", "New arrivals",
    "Retargeting", "Seasonal sale", "Trial offer", "Weekend deal",
)  # fmt: skip
CHANNELS = ("Display", "Search", "Shopping", "Social", "Video")


def hours(start: int, end: int, days: tuple[int, ...] = ALL_WEEK) -> Hours:
    return Hours(days, time(start), time(end % 24))


#: Hours that campaigns keep, and how many in twenty do so.
HOURS: tuple[tuple[int, tuple[Hours, ...]], ...] = (
    (8, ()),
    (3, (hours(9, 17, WEEKDAYS),)),
    (3, (hours(18, 23),)),
    (2, (hours(6, 10, WEEKDAYS), hours(16, 20, WEEKDAYS))),
    (2, (hours(22, 6),)),
    (1, (hours(0, 24, WEEKEND),)),
    (1, (hours(7, 13), hours(19, 2, (4, 5)))),
)
