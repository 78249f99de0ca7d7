"""Database and broker: embedded unless the environment names servers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured


def database(url: str, embedded: Path) -> dict[str, Any]:
    return from_url(url) if url else sqlite(embedded)


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


def from_url(url: str) -> dict[str, Any]:
    try:
        import dj_database_url
    except ImportError as error:
        message = "DATABASE_URL is set, but dj-database-url is not installed: pip install dj-database-url"
        raise ImproperlyConfigured(message) from error
    return dict(dj_database_url.parse(url, conn_max_age=60))


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
