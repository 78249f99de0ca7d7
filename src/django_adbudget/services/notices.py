"""Signals after commit: notifications that may be lost and may fail (rules D2, D3)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import TYPE_CHECKING

from django.db import transaction

from .. import signals
from ..models import Brand, BudgetAlert, BudgetSummary, Campaign, SpendRecord, StatusChange
from ..rules import Period, Status, from_micros
from .gate import Gate

if TYPE_CHECKING:
    from .alerts import Watched


def after_commit(alias: str, notify: Callable[[], object]) -> None:
    """Call ``notify`` once the transaction is committed; an error in it is logged and harms nobody."""

    # A plain function, since Django 5.2 logs the name of a callback that failed.
    def callback() -> None:
        notify()

    transaction.on_commit(callback, using=alias, robust=True)


def spend_recorded(alias: str, records: Sequence[SpendRecord]) -> None:
    def notify() -> None:
        for record in records:
            signals.spend_recorded.send_robust(sender=SpendRecord, record=record)

    if records and signals.spend_recorded.has_listeners(SpendRecord):
        after_commit(alias, notify)


def status_changed(gate: Gate, changes: Sequence[StatusChange]) -> None:
    def notify() -> None:
        ids = [change.campaign_id for change in changes]
        campaigns = Campaign._base_manager.using(gate.alias).in_bulk(ids)
        for change in changes:
            # Deleted in the meantime: there is nothing left to tell of.
            if change.campaign_id in campaigns:
                _send_change(campaigns[change.campaign_id], change)

    if changes and any(s.has_listeners(Campaign) for s in _STATUS_SIGNALS):
        after_commit(gate.alias, notify)


_STATUS_SIGNALS = (signals.campaign_status_changed, signals.campaign_paused, signals.campaign_activated)


def _send_change(campaign: Campaign, change: StatusChange) -> None:
    signals.campaign_status_changed.send_robust(sender=Campaign, campaign=campaign, change=change)
    if change.from_status == Status.ACTIVE:
        signals.campaign_paused.send_robust(sender=Campaign, campaign=campaign, change=change)
    elif change.to_status == Status.ACTIVE:
        signals.campaign_activated.send_robust(sender=Campaign, campaign=campaign, change=change)


def alerts_raised(alias: str, alerts: Sequence[BudgetAlert]) -> None:
    def notify() -> None:
        for alert in alerts:
            signals.budget_threshold_crossed.send_robust(sender=BudgetAlert, alert=alert)

    if alerts and signals.budget_threshold_crossed.has_listeners(BudgetAlert):
        after_commit(alias, notify)


def budgets_exhausted(gate: Gate, exhausted: Sequence[Watched]) -> None:
    def notify() -> None:
        campaign_ids = [w.campaign_id for w in exhausted if w.campaign_id is not None]
        campaigns = Campaign._base_manager.using(gate.alias).in_bulk(campaign_ids)
        for watched in exhausted:
            signals.budget_exhausted.send_robust(
                sender=BudgetAlert,
                brand=gate.brands[watched.brand_id],
                campaign=None if watched.campaign_id is None else campaigns.get(watched.campaign_id),
                budget=watched.budget,
                period_start=watched.period_start,
                spend=from_micros(watched.spend),
                limit=from_micros(watched.limit),
            )

    if exhausted and signals.budget_exhausted.has_listeners(BudgetAlert):
        after_commit(gate.alias, notify)


def period_opened(alias: str, brand: Brand, period: Period, start: date) -> None:
    def notify() -> None:
        signals.period_opened.send_robust(sender=BudgetSummary, brand=brand, period=period, start=start)

    if signals.period_opened.has_listeners(BudgetSummary):
        after_commit(alias, notify)
