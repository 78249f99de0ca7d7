"""The ledger's guard, its audit, and the ways past it: archive and redaction (rules L1, L5, H3)."""
