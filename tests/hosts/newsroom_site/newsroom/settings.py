"""A small site that does what ours do not: its own users, admin, schema and router, and no translations."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django_adbudget.schedules import beat_schedule

HERE = Path(__file__).parent.parent


def sqlite(name: str) -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": HERE / f"{name}.sqlite3",
        "TEST": {"NAME": HERE / f"test-{name}.sqlite3"},
        "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": "PRAGMA journal_mode=WAL;"},
    }


def postgres(server: str, name: str, **more: Any) -> dict[str, Any]:
    where = urlsplit(server)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": where.hostname,
        "PORT": where.port,
        "USER": where.username,
        "PASSWORD": where.password or "",
        "NAME": name,
        **more,
    }


SERVER = os.environ.get("NEWSROOM_POSTGRES")
if SERVER:
    # The template has the schema "ads" and no "public".
    in_schema = {"OPTIONS": {"options": "-c search_path=ads"}, "TEST": {"TEMPLATE": os.environ["NEWSROOM_TEMPLATE"]}}
    DATABASES = {
        "default": postgres(SERVER, "newsroom"),
        "ledger": postgres(SERVER, "newsroom_ledger", **in_schema),
    }
else:
    DATABASES = {"default": sqlite("newsroom"), "ledger": sqlite("ledger")}
DATABASE_ROUTERS = ["newsroom.routers.Router"]

SECRET_KEY = "only-for-tests"
DEBUG = False
ALLOWED_HOSTS = ["testserver"]
USE_TZ = True
TIME_ZONE = "America/Sao_Paulo"
USE_I18N = False
ROOT_URLCONF = "newsroom.urls"
STATIC_URL = "static/"
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
AUTH_USER_MODEL = "newsroom.Person"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

INSTALLED_APPS = [
    "newsroom.apps.NewsroomConfig",
    "newsroom.apps.DeskConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_adbudget",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
TEMPLATES = [
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

CELERY_BROKER_URL = "memory://"
CELERY_BEAT_SCHEDULE = beat_schedule()
ADBUDGET = {
    "DEFAULT_TIMEZONE": "America/Sao_Paulo",
    "DEFAULT_CURRENCY": "BRL",
    "PLATFORM_BACKEND": {"BACKEND": "newsroom.ads.AdServer", "OPTIONS": {"zone": "south"}},
}
