"""The rules of budgets and time, pure: no ORM, no settings, no clock."""

from .calendar import as_zone, day_bounds, known_zones, local_date, month_bounds, zone_name
from .dayparting import WeeklyWindows, Window
from .money import from_micros, to_micros
from .status import (
    CampaignFacts,
    Dayparting,
    Decision,
    Level,
    LimitFacts,
    Period,
    Reason,
    Status,
    decide,
)

__all__ = [
    "CampaignFacts",
    "Dayparting",
    "Decision",
    "Level",
    "LimitFacts",
    "Period",
    "Reason",
    "Status",
    "WeeklyWindows",
    "Window",
    "as_zone",
    "day_bounds",
    "decide",
    "from_micros",
    "known_zones",
    "local_date",
    "month_bounds",
    "to_micros",
    "zone_name",
]
