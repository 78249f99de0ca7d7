"""How this host speaks of reasons, money and time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django_adbudget.currencies import DECIMALS

STATUS = {
    "ACTIVE": "runs",
    "PAUSED_BUDGET": "paused: budget",
    "PAUSED_DAYPART": "paused: hours",
    "INACTIVE": "off",
}
IN_WORDS = {
    "CAMPAIGN_OFF": "switched off by a person",
    "BRAND_OFF": "the brand is switched off",
    "ENDED": "its flight has ended",
    "NOT_STARTED": "its flight has not begun",
    "BRAND_MONTHLY_BUDGET": "the brand's month is spent",
    "CAMPAIGN_MONTHLY_BUDGET": "its month is spent",
    "CAMPAIGN_TOTAL_BUDGET": "its whole budget is spent",
    "BRAND_DAILY_BUDGET": "the brand's day is spent",
    "CAMPAIGN_DAILY_BUDGET": "its day is spent",
    "OUTSIDE_DAYPARTING": "outside its hours",
}


def why(reasons: Iterable[str]) -> str:
    return ", ".join(IN_WORDS[str(reason)] for reason in reasons) or "nothing stops it"


def money(amount: Decimal, currency: str) -> str:
    """``1,234.50 EUR``, rounded to the places that people use in the currency; the ledger keeps six."""
    return f"{amount:,.{DECIMALS.get(currency, 2)}f} {currency}"


def local(instant: datetime, zone: str) -> str:
    return f"{instant.astimezone(ZoneInfo(zone)):%a %d %b %H:%M}"
