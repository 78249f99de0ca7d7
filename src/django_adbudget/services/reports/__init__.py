"""Composed reads: derived at the moment of asking, in a number of statements that does not grow (rule S6)."""

from .pacing import Pace, what_pauses_next
from .status import brand_status, campaign_status, campaign_statuses

__all__ = ["Pace", "brand_status", "campaign_status", "campaign_statuses", "what_pauses_next"]
