"""Database and broker: embedded unless the environment names servers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from config import env

PARTS = ("POSTGRES_DB", "POSTGRES_USER", "POSTGRES_PASSWORD", "POSTGRES_HOST", "POSTGRES_PORT")
REDIS = ("redis", "rediss")
BROKERS = (*REDIS, "sentinel", "amqp", "amqps", "sqs")
NO_DATABASE = "Nor are POSTGRES_DB, POSTGRES_USER and POSTGRES_PASSWORD: postgres://user:password@host:5432/name"
NO_BROKER = "Nor is REDIS_URL: redis://host:6379/0"
ONE_PROCESS = (
    "SQLite is a file in one container, and several write: name a server, postgres://user:password@host:5432/name"
)

# A connection is kept for a minute, and looked at before a request that finds it kept.
KEPT = {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}


def database(embedded: Path, *, required: bool) -> dict[str, Any]:
    """DATABASE_URL, else the parts POSTGRES_..., else a file."""
    if url := env.text("DATABASE_URL", ""):
        return from_url(url, served=required)
    if any(env.text(name, "") for name in PARTS):
        return from_parts()
    if required:
        env.text("DATABASE_URL", None, NO_DATABASE)
    return sqlite(embedded)


def from_parts() -> dict[str, Any]:
    hint = f"DATABASE_URL is not set, and of {', '.join(PARTS)} some are: name the others, or none."
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": env.text("POSTGRES_DB", None, hint),
        "USER": env.text("POSTGRES_USER", None, hint),
        "PASSWORD": env.text("POSTGRES_PASSWORD", None, hint),
        "HOST": env.text("POSTGRES_HOST", "localhost"),
        "PORT": env.integer("POSTGRES_PORT", 5432),
        **KEPT,
    }


def broker_url(*, required: bool) -> str:
    """CELERY_BROKER_URL, else REDIS_URL, else nothing, which means files."""
    redis = env.url("REDIS_URL", REDIS, "", "redis://host:6379/0")
    return env.url("CELERY_BROKER_URL", BROKERS, redis or (None if required else ""), NO_BROKER)


def result_backend() -> str:
    value = env.text("CELERY_RESULT_BACKEND", "django-db")
    named = value in {"django-db", "django-cache"} or "://" in value
    env.refuse("CELERY_RESULT_BACKEND", not named, "It is django-db, or an address such as redis://host:6379/1")
    return value


def sqlite(path: Path) -> dict[str, Any]:
    path.parent.mkdir(parents=True, exist_ok=True)
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": path,
        "OPTIONS": {
            # A transaction takes its place in the queue of writers at its start. One that begins by reading
            # (the default) is refused at its first write, without waiting, if another was faster.
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        },
    }


def from_url(url: str, *, served: bool) -> dict[str, Any]:
    try:
        import dj_database_url
    except ImportError as error:
        message = "DATABASE_URL is set, but dj-database-url is not installed: pip install dj-database-url"
        raise ImproperlyConfigured(message) from error
    try:
        found: dict[str, Any] = dict(dj_database_url.parse(url))
    except ValueError as error:  # which would repeat the password
        raise ImproperlyConfigured("DATABASE_URL cannot be read: postgres://user:password@host:5432/name") from error
    env.refuse("DATABASE_URL", served and "sqlite" in found["ENGINE"], ONE_PROCESS)
    return {**found, **KEPT}


def files_broker(folder: Path) -> dict[str, Any]:
    """Settings of a Celery whose messages are files (see transport.py)."""
    return {
        "CELERY_BROKER_URL": "filesystem://localhost//",  # a name that kombu wants and nobody uses
        "CELERY_BROKER_TRANSPORT": "config.transport:Transport",
        "CELERY_BROKER_TRANSPORT_OPTIONS": {
            "data_folder_in": str(folder / "messages"),
            "data_folder_out": str(folder / "messages"),
            "control_folder": str(folder / "control"),
            "polling_interval": 0.2,
        },
    }
