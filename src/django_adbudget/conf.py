"""Settings: one dict, ``ADBUDGET``, read live. The attributes below are names, types, defaults and documentation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.conf import settings


class AdBudgetSettings:
    DEFAULT_TIMEZONE: str = "UTC"
    """Zone of a brand that names none."""
    DEFAULT_CURRENCY: str = "USD"
    """ISO 4217 code of a brand that names none."""
    DAYPARTING_DEFAULT: str = "AUTO"
    """``dayparting`` of a campaign that names none (rule T6)."""
    ALERT_THRESHOLDS: tuple[int, ...] = (50, 80, 100)
    """Per cent of a budget at which an alert is raised, for brands that name none of their own (rule D4)."""
    ALERT_FORECAST_MINUTES: int | None = 60
    """An alert is raised where a budget will be reached within so many minutes; None: never (rule D4)."""
    ALERT_CHANNELS: tuple[str | Mapping[str, Any], ...] = ()
    """What sends alerts: dotted paths, or ``{"CHANNEL": path, "OPTIONS": {}, "NAME": "..."}`` (rule D4)."""
    SPEND_MAX_AGE_DAYS: int | None = None
    """Days back that spend may be dated, at most 36,500; None: as far as anyone likes (rule T4)."""
    PLATFORM_BACKEND: Mapping[str, Any] = {
        "BACKEND": "django_adbudget.platforms.ConsoleBackend",
        "OPTIONS": {},
    }
    """What carries orders to the ad platform (rule D1)."""
    QUEUE: str | None = None
    """Celery queue of the default beat entries; None: the project's default."""
    BEAT: Mapping[str, Mapping[str, Any]] = {}
    """Overrides of beat entries by task name, such as ``{"adbudget.verify_summaries": {"schedule": 3600.0}}``."""
    API_MAX_AGE_DAYS: int = 35
    """Days back that spend sent to the REST API may be dated, at most 36,500."""
    API_MAX_BATCH: int = 1000
    """Records that one REST batch may hold."""
    API_AUTH: tuple[str, ...] = ()
    """Dotted paths of ninja auth callables; empty: the session."""
    API_BRANDS_FOR: str | None = None
    """Dotted path of ``request -> Brand queryset``; None: every brand."""

    if not TYPE_CHECKING:

        def __getattribute__(self, name):
            default = super().__getattribute__(name)
            return overrides().get(name, default) if name.isupper() else default


def overrides() -> Mapping[str, Any]:
    """The host's ``ADBUDGET`` as it is at this moment; what is no dict is left to the system check."""
    value: object = getattr(settings, "ADBUDGET", None)
    return value if isinstance(value, Mapping) else {}


def names() -> list[str]:
    return [name for name in vars(AdBudgetSettings) if name.isupper()]


app_settings = AdBudgetSettings()


def default_timezone() -> str:
    return app_settings.DEFAULT_TIMEZONE


def default_currency() -> str:
    return app_settings.DEFAULT_CURRENCY


def default_dayparting() -> str:
    return app_settings.DAYPARTING_DEFAULT
