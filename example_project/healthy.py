"""Whether a service is well: `python healthy.py web|worker|beat|flower` exits with 0 or says what is wrong.

The containers' health checks run it, in the container of the service, and so does serve_full.py."""

from __future__ import annotations

import os
import socket
import sys
from datetime import timedelta
from urllib.request import Request, urlopen

SECONDS = 5.0
# The oftenest task of the schedule is sent every ten seconds, and noted at once (CELERY_BEAT_SYNC_EVERY).
BEAT_SENDS = timedelta(minutes=2)


def web() -> None:
    # As the proxy would ask: for a host that the site knows, over TLS.
    host = os.environ.get("ALLOWED_HOSTS", "localhost").split(",")[0].strip().lstrip(".*") or "localhost"
    _get("PORT", "8000", "/healthz/", {"Host": host, "X-Forwarded-Proto": "https"})


def flower() -> None:
    _get("FLOWER_PORT", "5555", "/healthcheck", {})


def worker() -> None:
    from config import celery_app

    name = f"worker@{socket.gethostname()}"
    if not celery_app.control.ping(destination=[name], timeout=SECONDS):
        sys.exit(f"{name} does not answer")


def beat() -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from django.utils import timezone
    from django_celery_beat.models import PeriodicTask

    if not PeriodicTask.objects.filter(last_run_at__gte=timezone.now() - BEAT_SENDS).exists():
        sys.exit("beat has sent nothing lately")


CHECKS = {"web": web, "worker": worker, "beat": beat, "flower": flower}


def _get(variable: str, port: str, path: str, headers: dict[str, str]) -> None:
    """Raises OSError, also for an answer of 400 and above."""
    address = f"http://127.0.0.1:{os.environ.get(variable, port)}{path}"
    urlopen(Request(address, headers=headers), timeout=SECONDS).close()


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in CHECKS:
        sys.exit(f"usage: python healthy.py {'|'.join(CHECKS)}")
    CHECKS[sys.argv[1]]()
