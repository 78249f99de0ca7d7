"""A host's settings. No server is needed; DATABASE_URL and CELERY_BROKER_URL name them if you have any."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from config import backends, logs

BASE_DIR = Path(__file__).resolve().parent.parent
# What the site writes; ignored by git, yours to delete.
STATE_DIR = Path(os.environ.get("EXAMPLE_STATE", BASE_DIR / ".demo")).resolve()

DEBUG = os.environ.get("DEBUG", "1") == "1"
SECRET_KEY = os.environ.get("SECRET_KEY", "for-development-only-set-SECRET_KEY-where-it-matters")
ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]").split(",")

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_celery_beat",
    "django_celery_results",
    "django_adbudget",
    "agency",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
STATIC_URL = "static/"
USE_TZ = True
TIME_ZONE = "UTC"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

DATABASES = {"default": backends.database(os.environ.get("DATABASE_URL", ""), STATE_DIR / "site.sqlite3")}

# Beat reads its schedule from the database: `manage.py adbudget_sync_schedules` puts the budget tasks there.
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_TIMEZONE = "UTC"
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# Results are rows, to be read in the admin; beat's backend_cleanup deletes those older than a day.
CELERY_RESULT_BACKEND = "django-db"
CELERY_RESULT_EXTENDED = True
# The package's periodic tasks keep none, since there would be many. These few are worth reading.
CELERY_TASK_ANNOTATIONS = {
    name: {"ignore_result": False} for name in ("adbudget.update_campaign_status", "adbudget.verify_summaries")
}
if "CELERY_BROKER_URL" in os.environ:
    CELERY_BROKER_URL = os.environ["CELERY_BROKER_URL"]
    # For Flower; with files as the broker there is nobody to read them.
    CELERY_WORKER_SEND_TASK_EVENTS = CELERY_TASK_SEND_SENT_EVENT = True
else:
    globals().update(backends.files_broker(STATE_DIR / "broker"))

ADBUDGET: dict[str, Any] = {
    "DEFAULT_TIMEZONE": "Europe/Berlin",
    "DEFAULT_CURRENCY": "EUR",
    "PLATFORM_BACKEND": {"BACKEND": "agency.adserver.AdServer"},
    "API_AUTH": ["django_adbudget.api.auth.SessionAuth", "django_adbudget.api.auth.BearerAuth"],
}

LOGGING = logs.to_console_and_files(STATE_DIR / "logs")

# Where OpenTelemetry's spans and metrics go: "otlp", "console", or nowhere (see telemetry.py).
TELEMETRY = os.environ.get("TELEMETRY", "otlp" if "OTEL_EXPORTER_OTLP_ENDPOINT" in os.environ else "")
