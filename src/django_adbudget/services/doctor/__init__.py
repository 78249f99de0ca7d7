"""Finds what is wrong with an installation and its data, and names the command that mends it. Changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from . import budgets, running, totals, windows, zones
from .findings import Finding, Mend, Patient, Severity, by_hand

Examination = Callable[[Patient], Iterable[Finding]]

#: What is examined, in order, by a name for people.
EXAMINATIONS: Mapping[str, Examination] = {
    "heartbeats": running.silent_beats,
    "broker": running.broker_away,
    "orders": running.stuck_orders,
    "platform and alerts": running.other_signs,
    "zones": zones.unknown_zones,
    "windows": windows.unreadable,
    "hours": windows.never_open,
    "budgets": budgets.of_nothing,
    "order of budgets": budgets.out_of_order,
}
#: These read everything, which takes its time on a large ledger.
THOROUGH: Mapping[str, Examination] = {
    "statuses": totals.stale_projection,
    "totals": totals.totals_off,
}

__all__ = ["EXAMINATIONS", "THOROUGH", "Examination", "Finding", "Mend", "Patient", "Severity", "by_hand"]
