"""Status derived and written, with its history and its orders; tick and sweep (rules S1-S7)."""

from .reconciling import reconcile

__all__ = ["reconcile"]
