"""What people change: one evaluation at the end, previews before, many rows at once (rules S1, S4)."""

from .session import editing
from .switches import activate_campaign, deactivate_campaign

__all__ = ["activate_campaign", "deactivate_campaign", "editing"]
