"""What a backend answers, taken with care: it is other people's code, and what it says is stored and shown."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from celery.exceptions import SoftTimeLimitExceeded

from ...conf import app_settings
from ...platforms import Order, OrderResult, PlatformBackend
from .. import hiding

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """One result for each order. ``fault``: why the backend failed as a whole, None if it did not."""

    results: dict[int, OrderResult]
    fault: str | None
    seconds: float


def ask(backend: PlatformBackend, orders: Sequence[Order]) -> Answer:
    """Send orders. A backend that raises, or gives no list, has failed as a whole; one that forgets an order, it."""
    began = time.monotonic()
    results: dict[int, OrderResult] = {}
    fault = None
    try:
        results = _checked(backend.apply(list(orders)), orders)
    except SoftTimeLimitExceeded:
        raise  # the worker wants its process back; the leases run out
    except Exception as error:  # noqa: BLE001  a backend fails in as many ways as there are
        fault = described(error, backend)
        logger.debug("the platform backend failed: %s\n%s", fault, hiding.place(error))
    seconds = time.monotonic() - began
    missing = fault or "the backend gave no result"
    for order in orders:
        result = results.get(order.campaign_id) or OrderResult(order.campaign_id, ok=False, error=missing)
        results[order.campaign_id] = OrderResult(
            order.campaign_id,
            result.ok,
            "" if result.ok else hiding.clean(result.error, *_options(backend)) or "refused without a reason",
        )
    return Answer(results, fault, seconds)


def _checked(answer: object, orders: Sequence[Order]) -> dict[int, OrderResult]:
    if not isinstance(answer, Iterable) or isinstance(answer, str | bytes | Mapping):
        raise TypeError(f"apply() returned {type(answer).__name__}, not a list of OrderResult")
    asked = [order.campaign_id for order in orders]
    results: dict[int, OrderResult] = {}
    for result in answer:
        if not isinstance(result, OrderResult):
            raise TypeError(f"apply() returned {type(result).__name__} where an OrderResult belongs")
        if result.campaign_id not in asked:
            logger.warning("the platform backend answered for campaign %.50r, which was not asked", result.campaign_id)
        elif result.campaign_id in results:
            results[result.campaign_id] = OrderResult(
                result.campaign_id, ok=False, error="the backend gave two results"
            )
        else:
            # What is merely true in Python's eyes, such as the text "no", is not done.
            results[result.campaign_id] = OrderResult(result.campaign_id, result.ok is True, result.error)
    return results


def described(error: Exception, backend: PlatformBackend) -> str:
    """An exception in words that may be stored and shown."""
    return hiding.described(error, *_options(backend))


def _options(backend: PlatformBackend) -> tuple[Mapping[str, Any], Sequence[str]]:
    return app_settings.PLATFORM_BACKEND.get("OPTIONS", {}), backend.secret_options
