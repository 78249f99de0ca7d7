"""An ad platform that notes each order on a line of a file, so that it outlives whoever was killed."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from django_adbudget.platforms import Order, OrderResult, PlatformBackend

VARIABLE = "ADBUDGET_FAULTS_PAPER"


class Paper(PlatformBackend):
    def apply(self, orders: Sequence[Order]) -> list[OrderResult]:
        if VARIABLE in os.environ:
            lines = "".join(f"{order.campaign_id} {order.generation} {order.action}\n" for order in orders)
            with Path(os.environ[VARIABLE]).open("a") as file:  # one short write to an appended file is whole
                file.write(lines)
        return [OrderResult(order.campaign_id, ok=True) for order in orders]


def running(path: Path) -> dict[int, str]:
    """What the platform does for each campaign: the action of the newest generation it was told of."""
    newest: dict[int, tuple[int, str]] = {}
    for line in path.read_text().splitlines() if path.exists() else []:
        campaign, generation, action = line.split()
        newest[int(campaign)] = max(newest.get(int(campaign), (0, "")), (int(generation), action))
    return {campaign: action for campaign, (_, action) in newest.items()}
