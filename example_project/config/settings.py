"""A host's settings, read from the environment. AGENCY_ENV says how strictly:

- ``dev``, the default: every variable may be missing, and no server is needed.
- ``qa`` and ``prod``: what is missing or unsafe is an error that names it. ``prod`` refuses DEBUG and wants TLS.

packaging/environments/ holds an example for each, with every variable.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from config import backends, env, logs

BASE_DIR = Path(__file__).resolve().parent.parent
# What the site writes; ignored by git, yours to delete.
STATE_DIR = Path(os.environ.get("EXAMPLE_STATE", BASE_DIR / ".demo")).resolve()

AGENCY_ENV = env.choice("AGENCY_ENV", ("dev", "qa", "prod"), "dev")
DEPLOYED = AGENCY_ENV != "dev"
DEBUG = env.flag("DEBUG", not DEPLOYED)
# With DEBUG off somebody means it, even where AGENCY_ENV was forgotten.
SECRET_KEY = env.secret_key("SECRET_KEY") if DEPLOYED or not DEBUG else env.text("SECRET_KEY", "for-development-only")
ALLOWED_HOSTS = env.words(
    "ALLOWED_HOSTS",
    None if DEPLOYED else "localhost,127.0.0.1,[::1]",
    "The names under which the site is reached, with commas between: ads.example.com",
)
if AGENCY_ENV == "prod":
    env.refuse("DEBUG", DEBUG, "It shows settings and code to strangers: leave it out where AGENCY_ENV is prod.")
    env.refuse("ALLOWED_HOSTS", "*" in ALLOWED_HOSTS, "With * a stranger chooses the site's name: write its names.")

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
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
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
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
USE_TZ = True
TIME_ZONE = "UTC"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Served by WhiteNoise: in dev from where they lie, else from what collectstatic has gathered, to be cached for good.
STATIC_URL = "static/"
STATIC_ROOT = STATE_DIR / "static"
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = not DEPLOYED
if DEPLOYED:
    STORAGES = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    }

if env.flag("BEHIND_TLS", AGENCY_ENV == "prod"):
    # TLS ends at a proxy that sets this header itself and drops what a client has sent under its name.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    # An hour, so that a mistake passes; a year (31536000) when all has run well for some time.
    SECURE_HSTS_SECONDS = env.integer("HSTS_SECONDS", 3600)
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = True

DATABASES = {"default": backends.database(STATE_DIR / "site.sqlite3", required=DEPLOYED)}

# Beat reads its schedule from the database: `manage.py adbudget_sync_schedules` puts the budget tasks there.
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
# Beat writes down each task that it has sent, not all of them every three minutes: its health check reads that.
CELERY_BEAT_SYNC_EVERY = 1
CELERY_TIMEZONE = "UTC"
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# A worker keeps its connection to the database for so many tasks; the budget tasks look first whether it is still good.
CELERY_DB_REUSE_MAX = 1000
# Results are rows, to be read in the admin; beat's backend_cleanup deletes those older than a day.
CELERY_RESULT_BACKEND = backends.result_backend()
CELERY_RESULT_EXTENDED = True
# The package's periodic tasks keep none, since there would be many. These few are worth reading.
CELERY_TASK_ANNOTATIONS = {
    name: {"ignore_result": False} for name in ("adbudget.update_campaign_status", "adbudget.verify_summaries")
}
if broker := backends.broker_url(required=DEPLOYED):
    CELERY_BROKER_URL = broker
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
# Whether `manage.py prepare` fills an empty site with the example's brands.
EXAMPLE_BRANDS = env.flag("EXAMPLE_BRANDS", not DEPLOYED)

if sys.argv[1:2] == ["test"]:
    SILENCED_SYSTEM_CHECKS = ["adbudget.W010"]  # beat does not run on the tests' database, which has no schedule

LOGGING = logs.to_stdout() if DEPLOYED else logs.to_console_and_files(STATE_DIR / "logs")

# Where OpenTelemetry's spans and metrics go: "otlp", "console", or nowhere (see telemetry.py).
TELEMETRY = env.text("TELEMETRY", "otlp" if env.text("OTEL_EXPORTER_OTLP_ENDPOINT", "") else "")
