"""What is spent: the same for whoever sends it and for whoever checks the ledger after, by its number alone."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

BRANDS, CAMPAIGNS = 10, 40
"""Campaign n is of brand n % BRANDS."""


@dataclass(frozen=True)
class Spend:
    number: int

    @property
    def key(self) -> str:
        return f"spend {self.number}"

    @property
    def campaign(self) -> int:
        return self.number % CAMPAIGNS

    @property
    def amount(self) -> Decimal:
        return Decimal(self.number * 7919 % 999_983 + 1).scaleb(-6)


def campaign_budget(campaign: int, spends: int) -> Decimal | None:
    """None, or a fifth to four fifths of what will be spent: half a unit each on average."""
    expected = Decimal(spends) / CAMPAIGNS / 2
    return expected * (campaign % 5) / 5 if campaign % 5 else None


def brand_budget(brand: int, spends: int) -> Decimal | None:
    return Decimal(spends) / BRANDS / 2 * 9 / 10 if brand % 2 else None
