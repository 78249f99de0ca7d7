"""Tables, constraints and querysets."""

from .access import ApiToken
from .archive import ArchivedCampaign, ArchivedKey, LedgerArchive
from .brand import Brand
from .campaign import Campaign, DaypartingSchedule
from .history import AlertDelivery, BudgetAlert, BudgetChange, Heartbeat, LedgerOpening, StatusChange
from .ledger import BudgetSummary, CampaignSummary, SpendRecord
from .platform import PlatformCircuit, PlatformOrder

__all__ = [
    "AlertDelivery",
    "ApiToken",
    "ArchivedCampaign",
    "ArchivedKey",
    "Brand",
    "BudgetAlert",
    "BudgetChange",
    "BudgetSummary",
    "Campaign",
    "CampaignSummary",
    "DaypartingSchedule",
    "Heartbeat",
    "LedgerArchive",
    "LedgerOpening",
    "PlatformCircuit",
    "PlatformOrder",
    "SpendRecord",
    "StatusChange",
]
