"""The way in for money: records, totals and what they touch, under the gate (rules M1-M5, L2-L8)."""

from .periods import open_periods
from .recording import correct_spend, record_spend, record_spend_batch
from .restating import set_spend_total, set_spend_totals

__all__ = ["correct_spend", "open_periods", "record_spend", "record_spend_batch", "set_spend_total", "set_spend_totals"]
