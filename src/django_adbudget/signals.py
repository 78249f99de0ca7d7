"""Signals, sent after commit and robustly: a receiver that raises harms nobody (rule D3).

They are notifications; nothing is right only because one arrived.
"""

from django.dispatch import Signal

# record: SpendRecord. sender: SpendRecord.
spend_recorded = Signal()

# campaign: Campaign as stored after the change; change: StatusChange. sender: Campaign.
campaign_status_changed = Signal()

# The same arguments, only when a campaign leaves ACTIVE.
campaign_paused = Signal()

# The same arguments, only when a campaign becomes ACTIVE.
campaign_activated = Signal()

# brand: Brand; campaign: Campaign or None for the brand's own budget; budget: name of the field;
# period_start: local date; spend, limit: Decimal. sender: BudgetAlert.
budget_exhausted = Signal()

# alert: BudgetAlert. sender: BudgetAlert.
budget_threshold_crossed = Signal()

# alert: BudgetAlert of the kind FORECAST, with its rate_per_hour and exhausted_at. sender: BudgetAlert.
budget_running_out = Signal()

# brand: Brand; period: "DAY" or "MONTH"; start: local date. sender: BudgetSummary.
period_opened = Signal()

# differences: list of Difference. sender: SpendRecord.
summaries_differ = Signal()
