"""The admin. Forms are saved in one ``editing()``; ledger, totals and history can be read and nothing else."""

from .access import ApiTokenAdmin
from .brands import BrandAdmin, BrandAdminMixin
from .campaigns import CampaignAdmin, CampaignAdminMixin
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
    "BrandAdminMixin",
    "BudgetChangeAdmin",
    "CampaignAdmin",
    "CampaignAdminMixin",
    "OrderAdmin",
    "SpendRecordAdmin",
    "StatusChangeAdmin",
]
