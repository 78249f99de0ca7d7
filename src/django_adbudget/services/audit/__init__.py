"""The ledger's guard, its audit, and the ways past it: archive and redaction (rules L1, L5, H3)."""

from .guard import ledger_open
from .verifying import rebuild_summaries, verify_summaries

__all__ = ["ledger_open", "rebuild_summaries", "verify_summaries"]
