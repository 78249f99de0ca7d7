"""A process that delivers until it is killed: `python -m tests.faults.deliverer DATABASE URL SPEED BEGAN`.

Its clock runs SPEED times as fast as the machine's, from the instant BEGAN (seconds since 1970) on.
"""

from __future__ import annotations

import os
import sys
import time
from datetime import UTC, datetime

import django

TIMEOUT = 5.0
SECRET = "a secret that only tests know, and nobody else at all"


def accelerated(began: float, speed: float) -> datetime:
    return datetime.fromtimestamp(began + (time.time() - began) * speed, UTC)


def main(database: str, url: str, speed: str, began: str) -> None:
    from tests import settings

    settings.DATABASES["default"]["NAME"] = database
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    django.setup()
    from django.test.utils import override_settings

    from django_adbudget import services

    options = {"url": url, "secret": SECRET, "timeout": TIMEOUT, "allow_private": ["127.0.0.1"], "allow_http": True}
    backend = {"BACKEND": "django_adbudget.platforms.WebhookBackend", "OPTIONS": options}
    with override_settings(ADBUDGET={"PLATFORM_BACKEND": backend}):
        print("ready", flush=True)
        while True:
            if not services.deliver_status_changes(now=accelerated(float(began), float(speed))).sent:
                time.sleep(0.02)  # a deliverer's rest is beat's interval; here it is short


if __name__ == "__main__":
    main(*sys.argv[1:])
