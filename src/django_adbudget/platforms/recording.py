"""A platform in memory, for the tests of hosts.

with recording() as platform:
    services.record_spend(campaign, 100)
    services.deliver_status_changes()
assert platform.running == {campaign.pk: "STOP"}
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.conf import settings

from .base import Order, OrderResult, PlatformBackend

if TYPE_CHECKING:
    from ..models import Campaign


@dataclass
class RecordedPlatform:
    """What was sent, and how the platform is to behave.

    ``orders`` are all that arrived, oldest first; ``running`` is what each campaign does, ``"RUN"`` or ``"STOP"``, and
    may be changed as if by somebody outside. ``refuses`` maps campaign ids to the error with which they fail;
    ``down`` is raised by every call.
    """

    orders: list[Order] = field(default_factory=list)
    running: dict[int, str] = field(default_factory=dict)
    refuses: dict[int, str] = field(default_factory=dict)
    down: Exception | None = None
    undoes_drift: bool = False

    def clear(self) -> None:
        """As new: nothing sent, nothing refused."""
        self.orders.clear()
        self.running.clear()
        self.refuses.clear()
        self.down, self.undoes_drift = None, False


class RecordingBackend(PlatformBackend):
    """Sends to ``platform``, or without one to that which all such backends of the process share."""

    shared = RecordedPlatform()
    read_every = 0.0

    def __init__(self, *, platform: RecordedPlatform | None = None, **options: Any) -> None:
        super().__init__(**options)
        self.platform = platform or RecordingBackend.shared
        self.undoes_drift = self.platform.undoes_drift

    def apply(self, orders: Sequence[Order]) -> list[OrderResult]:
        self.platform.orders += orders
        if self.platform.down is not None:
            raise self.platform.down
        return [self._apply_one(order) for order in orders]

    def read(self, campaigns: Sequence[Campaign]) -> dict[int, str]:
        if self.platform.down is not None:
            raise self.platform.down
        return {c.pk: self.platform.running[c.pk] for c in campaigns if c.pk in self.platform.running}

    def _apply_one(self, order: Order) -> OrderResult:
        error = self.platform.refuses.get(order.campaign_id)
        if error is not None:
            return OrderResult(order.campaign_id, ok=False, error=error)
        self.platform.running[order.campaign_id] = order.action
        return OrderResult(order.campaign_id, ok=True)


@contextmanager
def recording(**options: Any) -> Iterator[RecordedPlatform]:
    """Within the block orders go to a platform in memory; ``options`` are fields of ``RecordedPlatform``."""
    # What Django has for tests is not imported in production.
    from django.test.utils import override_settings

    platform = RecordedPlatform(**options)
    config = {"BACKEND": "django_adbudget.platforms.RecordingBackend", "OPTIONS": {"platform": platform}}
    with override_settings(ADBUDGET={**getattr(settings, "ADBUDGET", {}), "PLATFORM_BACKEND": config}):
        yield platform
