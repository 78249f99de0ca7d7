"""The admin. Forms are saved in one ``editing()``; ledger, totals and history can be read and nothing else."""

from .access import ApiTokenAdmin
from .facts import BrandAdmin, CampaignAdmin
from .readonly import (
    AlertAdmin,
    BudgetChangeAdmin,
    OrderAdmin,
    SpendRecordAdmin,
    StatusChangeAdmin,
)

__all__ = [
    "AlertAdmin",
    "ApiTokenAdmin",
    "BrandAdmin",
    "BudgetChangeAdmin",
    "CampaignAdmin",
    "OrderAdmin",
    "SpendRecordAdmin",
    "StatusChangeAdmin",
]
