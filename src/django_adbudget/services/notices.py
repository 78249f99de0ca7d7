"""What is told after commit: log records, counts and signals, which may be lost and may fail (rules D2, D3)."""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import prefetch_related_objects
from django.dispatch import Signal

from .. import signals, telemetry
from ..models import Brand, BudgetAlert, BudgetSummary, Campaign, SpendRecord, StatusChange
from ..models.history import AlertKind
from ..rules import Period, Status, from_micros, to_micros
from .gate import Gate

if TYPE_CHECKING:
    from .alerts.thresholds import Watched
    from .facts import Stored
    from .results import Difference

#: Names of their own, so that a host's LOGGING may send them where it likes.
_status_log = logging.getLogger("django_adbudget.status")
_alert_log = logging.getLogger("django_adbudget.alerts")
_NO_REASON = "NONE"


def after_commit(alias: str, notify: Callable[[], object]) -> None:
    """Call ``notify`` once the transaction is committed; an error in it is logged and harms nobody."""

    # A plain function, since Django 5.2 logs the name of a callback that failed.
    def callback() -> None:
        notify()

    transaction.on_commit(callback, using=alias, robust=True)


def spend_recorded(gate: Gate, records: Sequence[SpendRecord], replayed: int) -> None:
    """Both of the following, for records at hand."""
    tell_spend(gate, records)
    count_spend(gate, [(record.kind, record.brand_id, to_micros(record.amount)) for record in records], replayed)


def spend_is_heard() -> bool:
    return signals.spend_recorded.has_listeners(SpendRecord)


def tell_spend(gate: Gate, records: Sequence[SpendRecord]) -> None:
    def notify() -> None:
        prefetch_related_objects(records, "campaign")
        for record in records:
            signals.spend_recorded.send_robust(sender=SpendRecord, record=record)

    if records and spend_is_heard():
        after_commit(gate.alias, notify)


def count_spend(gate: Gate, spent: Iterable[tuple[str, int, int]], replayed: int) -> None:
    """``spent``: kind, brand and micro-units of each new record, gone through once and only if anybody counts."""

    def notify() -> None:
        telemetry.count(telemetry.SPEND_REPLAYED, replayed)
        sums: dict[tuple[str, int], list[int]] = defaultdict(list)
        for kind, brand_id, micros in spent:
            sums[kind, brand_id].append(micros)
        kinds, amounts = Counter[str](), Counter[str]()
        for (kind, brand_id), of in sums.items():
            kinds[kind] += len(of)
            amounts[gate.brands[brand_id].currency] += sum(of)
        for kind, number in kinds.items():
            telemetry.count(telemetry.SPEND_RECORDED, number, kind=str(kind))
        for currency, micros in amounts.items():
            telemetry.count(telemetry.SPEND_AMOUNT, micros, currency=currency)

    if telemetry.INSTALLED:
        after_commit(gate.alias, notify)


def status_changed(gate: Gate, changes: Sequence[StatusChange], stored: Mapping[int, Stored]) -> None:
    """``stored``: the campaigns as they were before, by id."""

    def notify() -> None:
        for change in changes:
            _log_change(change, stored[change.campaign_id])
            _count_change(change)
        if any(signal.has_listeners(Campaign) for signal in _STATUS_SIGNALS):
            _send_changes(gate, changes)

    if changes:
        after_commit(gate.alias, notify)


_STATUS_SIGNALS = (signals.campaign_status_changed, signals.campaign_paused, signals.campaign_activated)


def _log_change(change: StatusChange, before: Stored) -> None:
    reasons = [str(reason) for reason in change.reasons]
    flips = (change.from_status == Status.ACTIVE) != (change.to_status == Status.ACTIVE)
    _status_log.info(
        "campaign %s: %s -> %s (%s), by %s",
        change.campaign_id,
        change.from_status,
        change.to_status,
        ", ".join(reasons) or _NO_REASON,
        change.cause,
        extra={
            "brand_id": before.brand_id,
            "campaign_id": change.campaign_id,
            "from_status": str(change.from_status),
            "to_status": str(change.to_status),
            "reasons": reasons,
            "generation": before.desired_generation + flips,
            "cause": str(change.cause),
            "actor": change.actor,
        },
    )


def _count_change(change: StatusChange) -> None:
    reason = next((str(reason) for reason in change.reasons), _NO_REASON)
    attributes = {"from": str(change.from_status), "to": str(change.to_status), "reason": reason}
    telemetry.count(telemetry.STATUS_CHANGES, **attributes)


def _send_changes(gate: Gate, changes: Sequence[StatusChange]) -> None:
    campaigns = Campaign._base_manager.using(gate.alias).in_bulk([change.campaign_id for change in changes])
    for change in changes:
        # Deleted in the meantime: there is nothing left to tell of.
        if change.campaign_id in campaigns:
            _send_change(campaigns[change.campaign_id], change)


def _send_change(campaign: Campaign, change: StatusChange) -> None:
    signals.campaign_status_changed.send_robust(sender=Campaign, campaign=campaign, change=change)
    if change.from_status == Status.ACTIVE:
        signals.campaign_paused.send_robust(sender=Campaign, campaign=campaign, change=change)
    elif change.to_status == Status.ACTIVE:
        signals.campaign_activated.send_robust(sender=Campaign, campaign=campaign, change=change)


def alerts_raised(alias: str, alerts: Sequence[BudgetAlert]) -> None:
    def notify() -> None:
        for alert in alerts:
            _log_alert(alert)
            telemetry.count(telemetry.ALERTS_RAISED, **_facts_of(alert))
            _ALERT_SIGNALS[alert.kind].send_robust(sender=BudgetAlert, alert=alert)

    if alerts:
        after_commit(alias, notify)


_ALERT_SIGNALS: dict[str, Signal] = {
    AlertKind.THRESHOLD: signals.budget_threshold_crossed,
    AlertKind.FORECAST: signals.budget_running_out,
}


def _facts_of(alert: BudgetAlert) -> dict[str, str | int]:
    threshold = {} if alert.threshold is None else {"threshold": alert.threshold}
    return {"kind": str(alert.kind), "budget": alert.budget, **threshold}


def _log_alert(alert: BudgetAlert) -> None:
    owner = f"brand {alert.brand_id}" if alert.campaign_id is None else f"campaign {alert.campaign_id}"
    facts = {**_facts_of(alert), "brand_id": alert.brand_id, "campaign_id": alert.campaign_id}
    figures = {"period_start": alert.period_start.isoformat(), "spend": str(alert.spend), "limit": str(alert.limit)}
    _alert_log.info("%s: alert of the %s", owner, alert.budget, extra={**facts, **figures})


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


def summaries_differ(alias: str, differences: Sequence[Difference]) -> None:
    def notify() -> None:
        signals.summaries_differ.send_robust(sender=SpendRecord, differences=differences)

    if differences:
        after_commit(alias, notify)
