"""Whether what is stored is what it should be: totals and statuses."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from ...rules import known_zones
from ..audit.verifying import verify_summaries
from ..enforcement.reconciling import reconcile
from .findings import Finding, Mend, Patient, Severity

_TICKS_MISSED = 3


def totals_off(patient: Patient) -> Iterator[Finding]:
    found = verify_summaries(brands=patient.brand_ids)
    if found:
        first = found[0]
        owner = f"brand {first.brand_id}" if first.campaign_id is None else f"campaign {first.campaign_id}"
        example = f"the {first.period.lower()} total of {owner} is {first.summary}, the ledger says {first.ledger}"
        what = f"{len(found):,} totals are" if len(found) > 1 else "A total is"
        yield Finding(
            "totals-off",
            Severity.ERROR,
            f"{what} not what the ledger says: {example}.",
            (Mend("manage.py verify_summaries --rebuild"),),
        )


def stale_projection(patient: Patient) -> Iterator[Finding]:
    """Statuses that an evaluation would change. What is not long due, the next tick or sweep mends by itself."""
    changed = reconcile(brands=_decidable(patient), now=patient.now, dry_run=True).changed
    if changed:
        tick = timedelta(seconds=patient.intervals["adbudget.check_campaign_dayparting"])
        overdue = patient.campaigns().filter(next_check_at__lte=patient.now - _TICKS_MISSED * tick).exists()
        what = f"{changed:,} campaigns have" if changed > 1 else "A campaign has"
        yield Finding(
            "projection-stale",
            Severity.ERROR if overdue else Severity.WARNING,
            f"{what} a stored status that is no longer right{', and no tick came' if overdue else ''}.",
            (Mend("manage.py check_budgets"),),
        )


def _decidable(patient: Patient) -> list[int] | None:
    """Brands whose zone is known; None if that is all."""
    zones = set(patient.brands().order_by().values_list("timezone", flat=True).distinct())
    if patient.brand_ids is None and zones <= known_zones():
        return None
    return list(patient.brands().filter(timezone__in=zones & known_zones()).values_list("pk", flat=True))
