"""Keeps advertising inside its budget: spend ledger, dayparting and enforcement for Django."""

__version__ = "0.1.0"
