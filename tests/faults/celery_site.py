"""The Celery application of `site`, with a clock that a file moves on: `celery -A tests.faults.celery_site`."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path

from celery import Celery
from django.utils import timezone

CLOCK = "ADBUDGET_FAULTS_CLOCK"


class MovedClock:
    """Stands in for ``django.utils.timezone`` in the one module that reads it; the file holds seconds to be added."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def now(self) -> datetime:
        return timezone.now() + timedelta(seconds=float(self._path.read_text()))


def install_clock() -> None:
    from django_adbudget import clock

    setattr(clock, "timezone", MovedClock(Path(os.environ[CLOCK])))  # noqa: B010  an import of its own, to mypy


app = Celery("storm")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
if CLOCK in os.environ:
    app.on_after_finalize.connect(lambda **_: install_clock(), weak=False)
