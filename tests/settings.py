"""The host that the tests run in; ADBUDGET_TEST_DB is its database: sqlite (default), postgres, mariadb."""

from __future__ import annotations

import atexit
import os
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import dj_database_url
import django
from django.core.exceptions import ImproperlyConfigured

TEMPORARY = Path(tempfile.gettempdir())
OURS = f"adbudget-tests-{os.getpid()}"


@atexit.register
def remove_files() -> None:
    for path in TEMPORARY.glob(f"{OURS}-*"):
        path.unlink(missing_ok=True)


def sqlite(name: str) -> dict[str, Any]:
    """A file also while testing, since a database in memory belongs to one thread.

    Nothing is made here: type checkers load settings too, and leave without their exit handlers."""
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": TEMPORARY / f"{OURS}-{name}.sqlite3",
        "TEST": {"NAME": TEMPORARY / f"{OURS}-test-{name}.sqlite3"},
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL;",
        },
    }


def server(name: str, variable: str, run: str) -> dict[str, Any]:
    url = os.environ.get(variable)
    if not url:
        raise ImproperlyConfigured(
            f"ADBUDGET_TEST_DB={name} needs a server: run `{run}` or "
            f"`python -m tests.servers {name} -- pytest`, "
            f"or set {variable} to one where databases may be created."
        )
    return dict(dj_database_url.parse(url))


def postgres() -> dict[str, Any]:
    return server("postgres", "DATABASE_URL", "make test")


def mariadb() -> dict[str, Any]:
    database = server("mariadb", "ADBUDGET_MARIADB_URL", "make test-mariadb")
    return {**database, "TEST": {"CHARSET": "utf8mb4"}}


def database(kind: str) -> dict[str, Any]:
    kinds = {"sqlite": lambda: sqlite("default"), "postgres": postgres, "mariadb": mariadb}
    if kind not in kinds:
        raise ImproperlyConfigured(f"ADBUDGET_TEST_DB={kind} is not one of {', '.join(kinds)}.")
    return kinds[kind]()


SECRET_KEY = "only-for-tests"
USE_TZ = True
TIME_ZONE = "UTC"
ROOT_URLCONF = "tests.urls"
STATIC_URL = "static/"
if django.VERSION >= (6, 1):
    # In place of EMAIL_BACKEND, which is on its way out.
    MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # fast; nothing here is worth guarding

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.admin",
    "django.contrib.staticfiles",
    *(["django_celery_beat"] if find_spec("django_celery_beat") else []),  # it does not take the newest Django
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

DATABASES = {"default": database(os.environ.get("ADBUDGET_TEST_DB", "sqlite"))}
DATABASE_ROUTERS: list[str] = []
if os.environ.get("ADBUDGET_TEST_ROUTER") == "1":
    DATABASES["ledger"] = sqlite("ledger")
    DATABASE_ROUTERS = ["tests.routers.LedgerRouter"]

# Messages go nowhere, unless a test asks for a real broker by the fixture `redis_app`.
CELERY_BROKER_URL = "memory://"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TIMEZONE = "UTC"
