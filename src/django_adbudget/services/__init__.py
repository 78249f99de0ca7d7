"""Every write and every composed read. ``now`` is aware, None for the present; money is in the brand's currency."""

from .alerts import AlertsSent, send_alerts
from .audit import ledger_open, rebuild_summaries, verify_summaries
from .delivery import deliver_status_changes
from .edits import activate_campaign, deactivate_campaign, editing
from .enforcement import reconcile
from .reports import Pace, brand_status, campaign_status, campaign_statuses, what_pauses_next
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
from .spending import correct_spend, open_periods, record_spend, record_spend_batch, set_spend_total, set_spend_totals

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
