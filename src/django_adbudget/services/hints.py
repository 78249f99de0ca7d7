"""A hint to the broker that orders wait: at most one a transaction, and none for a while after a failure (D2, D5)."""

from __future__ import annotations

import logging
import time
from typing import Any

from celery import current_app
from django.db import connections, transaction

from ..conf import app_settings
from . import broker

logger = logging.getLogger(__name__)

TASK = "adbudget.deliver_status_changes"
_PAUSE = 10.0


def hint_after_commit(alias: str) -> None:
    """Ask for a delivery once the transaction commits: one message a transaction, and only a hint (rule D5)."""
    pending: list[Any] = connections[alias].run_on_commit
    if not any(_send_hint in entry for entry in pending):
        transaction.on_commit(_send_hint, using=alias, robust=True)


class _Broker:
    """Whether the broker failed a moment ago: a refused port costs more than half a second each time."""

    rests_until = 0.0


def _send_hint() -> None:
    # Where tasks run in place of being sent, there may be no broker, and nobody to hear a hint.
    if current_app.conf.task_always_eager or time.monotonic() < _Broker.rests_until:
        return
    try:
        _publish_hint()
    except Exception as error:  # noqa: BLE001  a broker fails in as many ways as there are transports
        _Broker.rests_until = time.monotonic() + _PAUSE
        logger.warning("no hint to the broker (%s); the periodic delivery will send the orders", error)


def _publish_hint() -> None:
    with broker.producer() as producer:
        current_app.send_task(
            TASK, producer=producer, queue=app_settings.QUEUE, expires=60, ignore_result=True, retry=False
        )
