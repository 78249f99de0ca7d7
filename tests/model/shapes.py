"""What the reference knows: brands, campaigns, records as they were sent, alerts and edits, with nothing worked out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from tests.rules.oracle import RawWindow

RECORDED, REPLAYED, NOTHING = "recorded", "replayed", "nothing to post"
EPOCH = date(1970, 1, 1)
THRESHOLDS = (50, 80, 100)
STATUS_BY_REASON = {
    "CAMPAIGN_OFF": "INACTIVE",
    "BRAND_OFF": "INACTIVE",
    "ENDED": "INACTIVE",
    "NOT_STARTED": "INACTIVE",
    "BRAND_MONTHLY_BUDGET": "PAUSED_BUDGET",
    "CAMPAIGN_MONTHLY_BUDGET": "PAUSED_BUDGET",
    "CAMPAIGN_TOTAL_BUDGET": "PAUSED_BUDGET",
    "BRAND_DAILY_BUDGET": "PAUSED_BUDGET",
    "CAMPAIGN_DAILY_BUDGET": "PAUSED_BUDGET",
    "OUTSIDE_DAYPARTING": "PAUSED_DAYPART",
}
#: Which budget of whom: (level, period, name of the field).
LIMITS = (
    ("BRAND", "DAY", "daily_budget"),
    ("BRAND", "MONTH", "monthly_budget"),
    ("CAMPAIGN", "DAY", "daily_budget"),
    ("CAMPAIGN", "MONTH", "monthly_budget"),
    ("CAMPAIGN", "TOTAL", "total_budget"),
)
BUDGETS = frozenset(name for _, _, name in LIMITS)
AUDITED = BUDGETS | {"is_active", "timezone", "dayparting"}


@dataclass
class Brand:
    name: str
    timezone: str
    currency: str = "EUR"
    is_active: bool = True
    daily_budget: Decimal | None = None
    monthly_budget: Decimal | None = None


@dataclass
class Window:
    raw: RawWindow
    is_active: bool = True


@dataclass
class Campaign:
    name: str
    brand: str
    is_active: bool = True
    daily_budget: Decimal | None = None
    monthly_budget: Decimal | None = None
    total_budget: Decimal | None = None
    start_date: date | None = None
    end_date: date | None = None
    dayparting: str = "AUTO"
    timezone: str = ""
    windows: dict[str, Window] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Record:
    brand: str
    campaign: str
    kind: str
    amount: Decimal
    instant: datetime
    given: datetime | None
    day: date
    key: str | None
    source: str
    description: str
    corrects: Record | None


@dataclass(frozen=True)
class Sent:
    """What a caller sends, faulty or not."""

    campaign: str
    amount: Any
    at: datetime | None = None
    key: str | None = None
    source: str = ""
    description: str = ""
    currency: str | None = None
    kind: str = "SPEND"
    corrects: Record | None = None
    day: date | None = None


@dataclass(frozen=True)
class Total:
    """What a platform says a campaign spent on a local day."""

    campaign: str
    day: date
    total: Decimal


@dataclass(frozen=True)
class Alert:
    owner: str
    budget: str
    period_start: date
    limit: Decimal
    threshold: int


@dataclass(frozen=True)
class Change:
    owner: str
    field: str
    before: Any
    after: Any
    actor: str
