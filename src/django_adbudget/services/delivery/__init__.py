"""Orders taken to the ad platform, outside any transaction (rules D1, D2)."""

from .delivering import deliver_status_changes

__all__ = ["deliver_status_changes"]
