"""Every write and every composed read. ``now`` is aware, None for the present; money is in the brand's currency."""

from .alerts.sending import AlertsSent, send_alerts
from .audit.guard import ledger_open
from .audit.verifying import rebuild_summaries, verify_summaries
from .delivery.delivering import deliver_status_changes
from .edits.session import editing
from .edits.switches import activate_campaign, deactivate_campaign
from .enforcement.reconciling import reconcile
from .reports.pacing import Pace, what_pauses_next
from .reports.status import brand_status, campaign_status, campaign_statuses
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
from .spending.periods import open_periods
from .spending.recording import correct_spend, record_spend, record_spend_batch
from .spending.restating import set_spend_total, set_spend_totals

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
