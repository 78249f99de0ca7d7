"""Every write and every composed read. ``now`` is aware, None for the present; money is in the brand's currency."""

from .alerting import AlertsSent, send_alerts
from .audit import ledger_open, rebuild_summaries, verify_summaries
from .delivery import deliver_status_changes
from .editing import editing
from .pacing import Pace, what_pauses_next
from .periods import open_periods
from .reconciling import reconcile
from .reports import brand_status, campaign_status, campaign_statuses
from .restating import set_spend_total, set_spend_totals
from .results import (
    BatchReceipt,
    BrandStatus,
    CampaignStatus,
    DeliveryResult,
    Difference,
    Limit,
    ReconcileResult,
    SpendEntry,
    SpendReceipt,
    SpendTotal,
    TotalsReceipt,
)
from .spending import correct_spend, record_spend, record_spend_batch
from .switches import activate_campaign, deactivate_campaign

__all__ = [
    "AlertsSent",
    "BatchReceipt",
    "BrandStatus",
    "CampaignStatus",
    "DeliveryResult",
    "Difference",
    "Limit",
    "Pace",
    "ReconcileResult",
    "SpendEntry",
    "SpendReceipt",
    "SpendTotal",
    "TotalsReceipt",
    "activate_campaign",
    "brand_status",
    "campaign_status",
    "campaign_statuses",
    "correct_spend",
    "deactivate_campaign",
    "deliver_status_changes",
    "editing",
    "ledger_open",
    "open_periods",
    "rebuild_summaries",
    "reconcile",
    "record_spend",
    "record_spend_batch",
    "send_alerts",
    "set_spend_total",
    "set_spend_totals",
    "verify_summaries",
    "what_pauses_next",
]
