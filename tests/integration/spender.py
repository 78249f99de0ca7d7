"""A process that spends: `python -m tests.integration.spender DATABASE NUMBER CAMPAIGN_ID ...`.

It says so when it could begin, begins at a line on its input, and exits with an error if anything fails.
"""

from __future__ import annotations

import os
import sys

import django

SPENDS, SHARED_KEYS = 40, 15
"""Spends of a process, and how many of them every other process sends too."""


def main(database: str, number: str, *campaigns: str) -> None:
    os.environ["ADBUDGET_TEST_DB"] = "sqlite"
    from tests import celery_app, settings

    settings.DATABASES["default"]["NAME"] = database
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    django.setup()
    from django_adbudget import services

    assert celery_app.app.conf.broker_url == "memory://"
    print("ready", flush=True)
    sys.stdin.readline()
    for n in range(SPENDS):
        key = f"shared {n}" if n < SHARED_KEYS else f"of {number} {n}"
        services.record_spend(int(campaigns[n % len(campaigns)]), "0.10", idempotency_key=key)
    services.reconcile()


if __name__ == "__main__":
    main(*sys.argv[1:])
