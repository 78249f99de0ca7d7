"""The newsroom's own ad server."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.core.checks import CheckMessage, Error

from django_adbudget.platforms import Order, OrderResult, PlatformBackend

#: What its banners do, by campaign.
BANNERS: dict[int, str] = {}


class AdServer(PlatformBackend):
    def __init__(self, *, zone: str = "", **options: Any) -> None:
        super().__init__(**options)
        self.zone = zone

    def apply(self, orders: Sequence[Order]) -> list[OrderResult]:
        BANNERS.update({order.campaign_id: order.action for order in orders})
        return [OrderResult(order.campaign_id, ok=True) for order in orders]

    def check(self) -> Iterable[CheckMessage]:
        return [] if self.zone else [Error("the ad server needs a zone", id="newsroom.E001")]
