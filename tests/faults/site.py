"""Settings of a site on a database and a broker of its own, for processes that faults happen to."""

from __future__ import annotations

import os
from typing import Any

import dj_database_url

from django_adbudget.schedules import beat_schedule
from tests.settings import (
    INSTALLED_APPS,
    MIDDLEWARE,
    SECRET_KEY,
    STATIC_URL,
    TEMPLATES,
    TIME_ZONE,
    USE_TZ,
)

__all__ = ["INSTALLED_APPS", "MIDDLEWARE", "SECRET_KEY", "STATIC_URL", "TEMPLATES", "TIME_ZONE", "USE_TZ"]

ROOT_URLCONF = "tests.faults.urls"
ALLOWED_HOSTS = ["127.0.0.1"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"


def _database(url: str) -> dict[str, Any]:
    found: dict[str, Any] = dict(dj_database_url.parse(url, conn_max_age=60))
    if found["ENGINE"].endswith("sqlite3"):
        found["CONN_MAX_AGE"] = 0
        found["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 60,
            "init_command": "PRAGMA journal_mode=WAL;",
        }
    return found


DATABASES = {"default": _database(os.environ["ADBUDGET_FAULTS_DATABASE"])}

ADBUDGET: dict[str, Any] = {
    "API_AUTH": ["django_adbudget.api.auth.BearerAuth"],
    "PLATFORM_BACKEND": {"BACKEND": "tests.faults.paper.Paper"},
}

CELERY_BROKER_URL = os.environ.get("ADBUDGET_FAULTS_BROKER", "memory://")
CELERY_TASK_IGNORE_RESULT = True
CELERY_TIMEZONE = "UTC"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# With one worker of two dead, the other must not sit on its messages.
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BEAT_SCHEDULE = beat_schedule(
    overrides={
        "check_campaign_dayparting": {"schedule": 1.0},
        "update_campaign_status": {"schedule": 5.0},
        "reset_daily_budgets": {"schedule": 5.0},
        "deliver_status_changes": {"schedule": 2.0},
    }
)
