"""Celery tasks. Messages are hints (rule D5): each task may run twice, late or never, and harms nothing."""

from __future__ import annotations

import logging
from dataclasses import asdict
from datetime import datetime
from typing import Any

from celery import Task, shared_task
from celery.signals import task_prerun
from django.db import OperationalError, connections

from . import services
from .clock import instant
from .exceptions import InvalidKey, InvalidSpendTime
from .rules import Period
from .services import notices
from .services.delivery import drift
from .services.gate import ledger_alias

logger = logging.getLogger(__name__)


def drop_lost_connections(**_signal: Any) -> None:
    """Close connections that the database has ended, so that the next statement opens one.

    A worker that keeps its connections (``CELERY_DB_REUSE_MAX``) would otherwise fail after each restart of the
    database, since neither Celery nor Django looks. One round trip for each open connection; inside a transaction of
    somebody else's nothing is touched. A host may connect it to ``task_prerun`` for tasks of its own.
    """
    for connection in connections.all(initialized_only=True):
        if connection.connection is not None and not connection.in_atomic_block and not connection.is_usable():
            connection.close()


@task_prerun.connect(dispatch_uid="adbudget_lost_connections")
def before_task(task: Task[..., Any], **_signal: Any) -> None:
    if task.name.startswith("adbudget."):
        drop_lost_connections()


@shared_task(name="adbudget.check_campaign_dayparting", ignore_result=True)
def check_campaign_dayparting(brands: list[int] | None = None) -> dict[str, int]:
    """The tick: evaluates campaigns whose ``next_check_at`` has come."""
    return asdict(services.reconcile(brands=brands, due_only=True, now=instant()))


@shared_task(name="adbudget.update_campaign_status", ignore_result=True)
def update_campaign_status(brands: list[int] | None = None) -> dict[str, int]:
    """The sweep: evaluates every campaign, budgets and dayparting alike."""
    return asdict(services.reconcile(brands=brands, now=instant()))


@shared_task(name="adbudget.reset_daily_budgets", ignore_result=True)
def reset_daily_budgets(brands: list[int] | None = None) -> dict[str, int]:
    """Opens each brand's new local day and evaluates what is due (rule T2)."""
    return _open_periods(Period.DAY, brands)


@shared_task(name="adbudget.reset_monthly_budgets", ignore_result=True)
def reset_monthly_budgets(brands: list[int] | None = None) -> dict[str, int]:
    """Opens each brand's new local month and evaluates what is due (rule T2)."""
    return _open_periods(Period.MONTH, brands)


@shared_task(name="adbudget.record_spend", autoretry_for=(OperationalError,), retry_backoff=True, max_retries=10)
def record_spend(
    campaign_id: int,
    amount: str,
    at: str | None = None,
    idempotency_key: str | None = None,
    *,
    source: str = "",
    description: str = "",
    currency: str | None = None,
) -> dict[str, Any]:
    """Records spend: ``amount`` as a decimal string, ``at`` in ISO 8601 with its offset, and a key.

    The key is required: the caller keeps the spend and sends it again if it hears nothing (rule D5).
    """
    if idempotency_key is None:
        raise InvalidKey("idempotency_key is required: a message may be delivered twice")
    receipt = services.record_spend(
        campaign_id,
        amount,
        at=_instant(at),
        idempotency_key=idempotency_key,
        source=source,
        description=description,
        currency=currency,
        now=instant(),
    )
    return {"id": receipt.record.pk, "replayed": receipt.replayed}


@shared_task(name="adbudget.deliver_status_changes", ignore_result=True)
def deliver_status_changes() -> dict[str, int]:
    """Drains the outbox of platform orders; reads what the platform does, where that is due and the backend can.

    It ends after half a minute, since the next one begins every ten seconds: a backlog must not take every worker.
    """
    result = services.deliver_status_changes(now=instant(), seconds=30.0)
    drift.read_platform(due_only=True, now=instant())
    return asdict(result)


@shared_task(name="adbudget.send_alerts", ignore_result=True)
def send_alerts() -> dict[str, int]:
    """Tells of budgets that crossed a threshold or are about to be exhausted, by the channels of ``ALERT_CHANNELS``."""
    return asdict(services.send_alerts(now=instant()))


@shared_task(name="adbudget.verify_summaries", ignore_result=True)
def verify_summaries() -> int:
    """Compares totals with the ledger; differences are logged and sent as ``summaries_differ``."""
    differences = services.verify_summaries()
    for difference in differences:
        logger.error("a total differs from the ledger: %s", difference, extra=_keys_of(difference))
    notices.summaries_differ(ledger_alias(), differences)
    return len(differences)


def _keys_of(difference: services.Difference) -> dict[str, Any]:
    return {"brand_id": difference.brand_id, "campaign_id": difference.campaign_id}


def _open_periods(period: Period, brands: list[int] | None) -> dict[str, int]:
    opened, result = services.open_periods(period, brands=brands, now=instant())
    return {"opened": opened, **asdict(result)}


def _instant(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text)
    except (TypeError, ValueError) as error:
        raise InvalidSpendTime(f"at={text!r} is not an ISO 8601 instant") from error
