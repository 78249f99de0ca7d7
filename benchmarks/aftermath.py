"""What must hold after each benchmark, whatever it measured."""

from __future__ import annotations

from datetime import datetime

from django_adbudget import services
from django_adbudget.models import Campaign

from .routers import Chosen


class Wrong(AssertionError):
    """A benchmark left the books or a status wrong: its figures mean nothing."""


def check(now: datetime) -> None:
    """Totals equal the ledger, and no campaign runs over a reached budget."""
    if differences := services.verify_summaries():
        raise Wrong(f"{len(differences)} totals differ from the ledger: {differences[:3]}")
    found = services.reconcile(now=now, dry_run=True)
    if found.changed or found.failed:
        raise Wrong(f"statuses are not what the facts say: {found}")


def check_statuses(now: datetime, sample: int = 2_000) -> None:
    """The same for the first campaigns alone, where all would take longer than the benchmark."""
    brands = list(Campaign._base_manager.using(Chosen.alias).order_by("pk").values_list("brand_id", flat=True)[:sample])
    found = services.reconcile(brands=sorted(set(brands)), now=now, dry_run=True)
    if found.changed or found.failed:
        raise Wrong(f"statuses are not what the facts say: {found}")
