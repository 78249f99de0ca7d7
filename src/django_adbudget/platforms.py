"""How orders reach an ad platform (rule D1). A host writes a ``PlatformBackend`` for each platform it buys from."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.checks import CheckMessage
from django.utils.module_loading import import_string

from .conf import app_settings

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Order:
    """What the platform must do with a campaign. A platform able to compare refuses an older ``generation``."""

    campaign_id: int
    external_id: str | None
    brand_id: int
    action: str
    generation: int


@dataclass(frozen=True, slots=True)
class OrderResult:
    """What became of an order: done, or an error in words, after which it is tried again."""

    campaign_id: int
    ok: bool
    error: str = ""


class PlatformBackend:
    """Base of backends. ``OPTIONS`` of the setting ``PLATFORM_BACKEND`` arrive as keyword arguments."""

    #: Seconds within which ``apply`` returns; the lease on an order is longer.
    timeout: float = 30.0

    def __init__(self, **options: Any) -> None:
        self.options = options

    def apply(self, orders: Sequence[Order]) -> list[OrderResult]:
        """Carry out orders, one result for each. Called outside any transaction; may raise."""
        raise NotImplementedError

    def check(self) -> Iterable[CheckMessage]:
        """Faults of this backend's configuration, for Django's system checks."""
        return ()


class LoggingBackend(PlatformBackend):
    """The default: writes orders to the log and calls them done."""

    def apply(self, orders: Sequence[Order]) -> list[OrderResult]:
        for order in orders:
            logger.info("%s campaign %s (generation %s)", order.action, order.campaign_id, order.generation)
        return [OrderResult(order.campaign_id, ok=True) for order in orders]


def get_backend() -> PlatformBackend:
    """The backend that the setting ``PLATFORM_BACKEND`` names. Raises ``ImportError`` if there is none."""
    config = app_settings.PLATFORM_BACKEND
    backend: PlatformBackend = import_string(config["BACKEND"])(**config.get("OPTIONS", {}))
    return backend
