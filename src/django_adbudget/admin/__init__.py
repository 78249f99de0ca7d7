"""The admin. Forms are saved in one ``editing()``; ledger, totals and history can be read and nothing else."""

from .access import ApiTokenAdmin
from .brands import BrandAdmin, BrandAdminMixin
from .campaigns import CampaignAdmin, CampaignAdminMixin
from .history import (
    AlertAdmin,
    BudgetChangeAdmin,
    BudgetSummaryAdmin,
    CampaignSummaryAdmin,
    HeartbeatAdmin,
    LedgerOpeningAdmin,
    OrderAdmin,
    StatusChangeAdmin,
)
from .ledger import SpendRecordAdmin
from .readonly import ReadOnlyAdmin

__all__ = [
    "AlertAdmin",
    "ApiTokenAdmin",
    "BrandAdmin",
    "BrandAdminMixin",
    "BudgetChangeAdmin",
    "BudgetSummaryAdmin",
    "CampaignAdmin",
    "CampaignAdminMixin",
    "CampaignSummaryAdmin",
    "HeartbeatAdmin",
    "LedgerOpeningAdmin",
    "OrderAdmin",
    "ReadOnlyAdmin",
    "SpendRecordAdmin",
    "StatusChangeAdmin",
]
