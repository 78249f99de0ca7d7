"""A process of many threads that spend, tick and deliver: `python -m tests.faults.crowding NUMBER OF THREADS SPENDS`.

NUMBER is this process's among OF. Every spend is sent by two threads, of whatever process, with one key.
"""

from __future__ import annotations

import os
import sys
from functools import partial

import django


def spend_some(share: int, shares: int, spends: int) -> None:
    """Every ``shares``-th spend, and those of the next share too; now and then a tick, a sweep and a delivery."""
    from django_adbudget import services
    from django_adbudget.models import Campaign

    from .plan import Spend

    ids = list(Campaign.objects.order_by("pk").values_list("pk", flat=True))
    mine = [n for n in range(spends) if n % shares in (share, (share + 1) % shares)]
    for turn, number in enumerate(mine):
        spend = Spend(number)
        services.record_spend(ids[spend.campaign], spend.amount, idempotency_key=spend.key, source="crowd")
        if turn % 50 == share:
            services.reconcile(due_only=turn % 100 < 50)
            services.deliver_status_changes()


def main(number: int, of: int, threads: int, spends: int) -> None:
    from tests.integration.crowd import together

    shares = of * threads
    together([partial(spend_some, number * threads + thread, shares, spends) for thread in range(threads)])


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.faults.site"
    django.setup()
    main(*map(int, sys.argv[1:]))
