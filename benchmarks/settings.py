"""The host that is measured: PostgreSQL, and beside it SQLite for the portable way."""

from __future__ import annotations

import os

import dj_database_url

from tests.settings import *  # noqa: F403
from tests.settings import INSTALLED_APPS, sqlite

ROOT_URLCONF = "benchmarks.urls"
ALLOWED_HOSTS = ["*"]
MIDDLEWARE = []
INSTALLED_APPS = [app for app in INSTALLED_APPS if app != "django_celery_beat"]
DATABASES = {
    # What a host should set: a connection that lives as long as its process.
    "default": {**dj_database_url.parse(os.environ["ADBUDGET_BENCH_URL"]), "CONN_MAX_AGE": None},
    "portable": {**sqlite("portable"), "CONN_MAX_AGE": None},
}
DATABASE_ROUTERS = ["benchmarks.routers.Chosen"]
ADBUDGET = {"API_AUTH": ["django_adbudget.api.auth.BearerAuth"]}
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "loggers": {"django_adbudget": {"handlers": [], "level": "ERROR", "propagate": False}},
}
