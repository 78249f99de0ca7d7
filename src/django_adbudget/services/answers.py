"""What a backend answers, taken with care: it is other people's code, and what it says is stored and shown."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from celery.exceptions import SoftTimeLimitExceeded

from ..conf import app_settings
from ..platforms import Order, OrderResult, PlatformBackend

logger = logging.getLogger(__name__)

LONGEST_ERROR = 500
_NAMES = r"secret|token|passw|pwd|api.?key|private.?key|access.?key|authorization|signature|credential"
_HIDDEN = "***"
_PATTERNS = (
    (re.compile(r"://[^/\s@]+@"), f"://{_HIDDEN}@"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{6,}"), rf"\1 {_HIDDEN}"),
    (
        re.compile(
            rf"(?i)([\w-]{{0,30}}(?:{_NAMES})[\w-]{{0,30}}[\"']?\s*[=:]\s*[\"']?)(?!bearer|basic)[^\s\"'&,;)}}]+"
        ),
        rf"\1{_HIDDEN}",
    ),
)


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
    except Exception as error:
        fault = described(error, backend)
        logger.debug("the platform backend failed", exc_info=True)
    seconds = time.monotonic() - began
    missing = fault or "the backend gave no result"
    for order in orders:
        result = results.get(order.campaign_id) or OrderResult(order.campaign_id, ok=False, error=missing)
        results[order.campaign_id] = OrderResult(
            order.campaign_id,
            result.ok,
            "" if result.ok else clean(result.error, backend) or "refused without a reason",
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
    try:
        words = str(error)
    except Exception:  # noqa: BLE001  an exception of somebody else's whose text is broken too
        words = ""
    return clean(words, backend) or type(error).__name__


def clean(text: object, backend: PlatformBackend) -> str:
    """An error as text, without what looks like a secret or is an option that holds one, cut to ``LONGEST_ERROR``."""
    words = text if isinstance(text, str) else repr(text)
    # What is searched for secrets is longer than what is kept, so that none is cut in two; and no longer than that.
    words = words[: 8 * LONGEST_ERROR].replace("\x00", "").encode("utf-8", "replace").decode()
    for secret in sorted(
        set(_secrets(app_settings.PLATFORM_BACKEND.get("OPTIONS", {}), backend)), key=len, reverse=True
    ):
        words = words.replace(secret, _HIDDEN)
    for pattern, instead in _PATTERNS:
        words = pattern.sub(instead, words)
    return words.strip()[:LONGEST_ERROR]


def _secrets(options: Mapping[str, Any], backend: PlatformBackend) -> Iterator[str]:
    for name, value in options.items():
        if name in backend.secret_options or re.search(_NAMES, name, re.IGNORECASE):
            yield from _texts(value)
        elif isinstance(value, Mapping):
            yield from _secrets(value, backend)


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        # Shorter ones are parts of ordinary words.
        if len(value) >= 4:
            yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, Iterable) and not isinstance(value, bytes):
        for part in value:
            yield from _texts(part)
