"""System checks. Each has a stable id and a hint that names the line to write."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, TypeGuard

from celery import current_app
from django.apps import AppConfig, apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags
from django.core.checks import Warning as CheckWarning
from django.core.checks import register as register_check
from django.db import connections, router, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils.module_loading import import_string

from . import channels, conf, currencies, schedules, tzcheck
from .models import Brand, SpendRecord
from .platforms import ConsoleBackend, PlatformBackend, RecordingBackend, get_backend
from .rules import Dayparting, known_zones
from .services import hiding
from .services.audit import guard

Apps = Sequence[AppConfig] | None


def register() -> None:
    for check in (check_settings, check_time_zone_support, check_sqlite, check_backend, check_channels):
        register_check(check)
    for check in (check_triggers, check_isolation, check_tz_data, check_schedule):
        register_check(check, Tags.database)


def check_settings(app_configs: Apps, **kwargs: Any) -> list[CheckMessage]:
    found = getattr(settings, "ADBUDGET", {})
    if not isinstance(found, dict):
        return [
            Error(
                "The setting ADBUDGET must be a dict.",
                hint='ADBUDGET = {"DEFAULT_CURRENCY": "EUR"}',
                id="adbudget.E001",
            )
        ]
    return [*_unknown_settings(found), *_bad_values(), *_bad_schedule(), *_bad_paths()]


def _unknown_settings(found: dict[Any, Any]) -> Iterator[CheckMessage]:
    for name in sorted(found.keys() - set(conf.names()), key=repr):
        if not isinstance(name, str):
            yield Error(f"ADBUDGET has the key {name!r}, which is no string.", id="adbudget.E007")
            continue
        near = get_close_matches(name.upper(), conf.names(), n=1, cutoff=0.5)
        hint = f'Did you mean "{near[0]}"?' if near else f"The settings are {', '.join(conf.names())}."
        yield CheckWarning(f'ADBUDGET has no setting "{name}".', hint=hint, id="adbudget.W001")


def _bad_values() -> Iterator[CheckMessage]:
    for name, (is_good, example) in _VALUES.items():
        value = getattr(conf.app_settings, name)
        if not is_good(value):
            yield Error(f"ADBUDGET[{name!r}] cannot be {value!r}.", hint=f"For example {example}.", id="adbudget.E002")


#: Days, a hundred years of them: where a calendar ends is no limit that anybody meant.
_LONGEST_AGE = 36_500
#: Minutes of a year.
_LONGEST_FORECAST = 365 * 24 * 60


def _is_count(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _is_age(value: object) -> bool:
    return _is_count(value) and value <= _LONGEST_AGE


def _is_forecast(value: object) -> bool:
    return value is None or (_is_count(value) and value <= _LONGEST_FORECAST)


def _is_text(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and value != ""


def _is_zone(value: object) -> bool:
    return _is_text(value) and value in known_zones()


def _are_paths(value: object) -> bool:
    return isinstance(value, list | tuple) and all(map(_is_text, value))


def _are_thresholds(value: object) -> bool:
    return isinstance(value, list | tuple) and all(_is_count(t) and t <= 1000 for t in value)


#: What a setting may be, and an example.
_VALUES: dict[str, tuple[Callable[[Any], bool], str]] = {
    "DEFAULT_TIMEZONE": (_is_zone, '"DEFAULT_TIMEZONE": "Europe/Berlin"'),
    "DEFAULT_CURRENCY": (lambda value: _is_text(value) and currencies.is_currency(value), '"DEFAULT_CURRENCY": "EUR"'),
    "DAYPARTING_DEFAULT": (lambda value: _is_text(value) and value in set(Dayparting), '"DAYPARTING_DEFAULT": "AUTO"'),
    "ALERT_THRESHOLDS": (_are_thresholds, '"ALERT_THRESHOLDS": [50, 80, 100]'),
    "ALERT_FORECAST_MINUTES": (_is_forecast, '"ALERT_FORECAST_MINUTES": 60'),
    "SPEND_MAX_AGE_DAYS": (lambda value: value is None or _is_age(value), '"SPEND_MAX_AGE_DAYS": 35'),
    "QUEUE": (lambda value: value is None or _is_text(value), '"QUEUE": "budgets"'),
    "API_MAX_AGE_DAYS": (_is_age, '"API_MAX_AGE_DAYS": 35'),
    "API_MAX_BATCH": (_is_count, '"API_MAX_BATCH": 1000'),
    "API_AUTH": (_are_paths, '"API_AUTH": ["django_adbudget.api.auth.BearerAuth"]'),
    "API_BRANDS_FOR": (lambda value: value is None or _is_text(value), '"API_BRANDS_FOR": "mysite.tenants.brands_for"'),
}


def _bad_schedule() -> Iterator[CheckMessage]:
    overrides: object = conf.app_settings.BEAT
    try:
        if not isinstance(overrides, Mapping):
            raise TypeError(f"it must be a dict, not {overrides!r}")
        schedules.beat_schedule(overrides=overrides)
    except (ValueError, TypeError) as error:
        hint = '"BEAT": {"adbudget.verify_summaries": {"schedule": 3600.0}}'
        yield Error(f"ADBUDGET['BEAT']: {error}", hint=hint, id="adbudget.E003")


def _bad_paths() -> Iterator[CheckMessage]:
    """What would only be found out by the first request. It is other people's code, which may raise anything."""
    for name, path in _paths():
        try:
            found = import_string(path)
            # As the REST API takes it.
            used = found() if name == "API_AUTH" and isinstance(found, type) else found
            if not callable(used):
                raise TypeError(f"of type {type(used).__name__}, it cannot be called")
        except Exception as error:  # noqa: BLE001
            hint = f"For example {_VALUES[name][1]}."
            yield Error(
                f"ADBUDGET[{name!r}] names {path!r}, which does not load: {error}", hint=hint, id="adbudget.E006"
            )


def _paths() -> Iterator[tuple[str, str]]:
    auth: object = conf.app_settings.API_AUTH
    brands_for: object = conf.app_settings.API_BRANDS_FOR
    if isinstance(auth, list | tuple):
        yield from (("API_AUTH", path) for path in auth if _is_text(path))
    if _is_text(brands_for):
        yield "API_BRANDS_FOR", brands_for


def check_time_zone_support(app_configs: Apps, **kwargs: Any) -> list[CheckMessage]:
    if settings.USE_TZ:
        return []
    return [Error("Spend needs instants, not wall clocks.", hint="USE_TZ = True", id="adbudget.E004")]


def check_backend(app_configs: Apps, **kwargs: Any) -> list[CheckMessage]:
    """A backend reports its own faults, and is other people's code: one that breaks here must not break the command."""
    hint = '"PLATFORM_BACKEND": {"BACKEND": "mysite.ads.Backend", "OPTIONS": {}}'
    options: Mapping[str, Any] = {}
    try:
        options = _backend_options(conf.app_settings.PLATFORM_BACKEND)
        backend = get_backend()
        if not isinstance(backend, PlatformBackend):
            raise TypeError(f"{type(backend).__name__} is not a PlatformBackend")
        if type(backend) in _WITHOUT_MORE and backend.options:
            raise TypeError(f"{type(backend).__name__} has no option {min(backend.options)!r}")
        return list(backend.check())
    except Exception as error:  # noqa: BLE001  it may raise anything, and all of it is to be shown
        why = hiding.clean(repr(error), options, options.keys())
        return [Error(f"ADBUDGET['PLATFORM_BACKEND'] does not load: {why}", hint=hint, id="adbudget.E005")]


#: Backends that keep options which they do not know, since one that is derived from them may.
_WITHOUT_MORE = (ConsoleBackend, RecordingBackend)


def _backend_options(config: object) -> Mapping[str, Any]:
    """Raises ``ValueError`` or ``TypeError``, without the values: secrets are among them."""
    if not isinstance(config, Mapping):
        raise TypeError(f"it must be a dict, not of type {type(config).__name__}")
    for key in config.keys() - {"BACKEND", "OPTIONS"}:
        raise ValueError(f"it has no key {key!r}, only BACKEND and OPTIONS")
    if not isinstance(config.get("BACKEND"), str):
        raise TypeError("it needs the dotted path of a class under BACKEND")
    options = config.get("OPTIONS", {})
    if not isinstance(options, Mapping) or not all(isinstance(name, str) for name in options):
        raise TypeError("its OPTIONS must be a dict whose keys are strings")
    return options


def check_channels(app_configs: Apps, **kwargs: Any) -> list[CheckMessage]:
    """So does each alert channel."""
    hint = '"ALERT_CHANNELS": [{"CHANNEL": "django_adbudget.channels.mail.MailChannel", "OPTIONS": {"to": [...]}}]'
    found: list[CheckMessage] = []
    options: Mapping[str, Any] = {}
    try:
        for config in channels.configured():
            options = config.options
            found += config.load().check()
    except Exception as error:  # noqa: BLE001  as with a backend
        # Which options it would call secret nobody knows yet.
        why = hiding.described(error, options, options.keys())
        return [Error(f"ADBUDGET['ALERT_CHANNELS'] does not load: {why}", hint=hint, id="adbudget.E030")]
    return found


def check_sqlite(app_configs: Apps, **kwargs: Any) -> list[CheckMessage]:
    """With deferred transactions, writers that meet are told "locked" instead of waiting for each other."""
    connection = connections[router.db_for_write(SpendRecord)]
    options = connection.settings_dict.get("OPTIONS", {})
    if connection.vendor != "sqlite" or str(options.get("transaction_mode")).upper() in {
        "IMMEDIATE",
        "EXCLUSIVE",
    }:
        return []
    return [
        CheckWarning(
            f"The SQLite database {connection.alias!r} does not begin its transactions as writers.",
            hint='"OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 20}',
            id="adbudget.W006",
        )
    ]


def check_triggers(app_configs: Apps, databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    return [
        CheckWarning(
            f"The append-only triggers of the ledger are missing in {connection.alias!r}.",
            hint="manage.py migrate django_adbudget",
            id="adbudget.W007",
        )
        for connection in _ledgers(databases)
        if guard.triggers_missing(connection.alias)
    ]


_ISOLATION_SQL = {
    "postgresql": "SELECT current_setting('transaction_isolation')",
    "mysql": "SHOW VARIABLES WHERE Variable_name IN ('transaction_isolation', 'tx_isolation')",
}


def check_isolation(app_configs: Apps, databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    messages: list[CheckMessage] = []
    for connection in _ledgers(databases):
        level = _isolation(connection)
        if level not in {None, "read committed"}:
            messages.append(
                CheckWarning(
                    f"The database {connection.alias!r} isolates transactions as {level}: what is read under the gate "
                    "may be older than the gate.",
                    hint="Leave the option isolation_level away, or set it to READ COMMITTED.",
                    id="adbudget.W008",
                )
            )
    return messages


def _isolation(connection: BaseDatabaseWrapper) -> str | None:
    if connection.vendor not in _ISOLATION_SQL:
        return None
    # Drivers make the option isolation_level a part of BEGIN.
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        cursor.execute(_ISOLATION_SQL[connection.vendor])
        return str(cursor.fetchone()[-1]).lower().replace("-", " ")


def check_tz_data(app_configs: Apps, databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    messages: list[CheckMessage] = []
    for connection in _ledgers(databases):
        if Brand._meta.db_table not in connection.introspection.table_names():
            continue
        zones = Brand._base_manager.using(connection.alias).order_by().values_list("timezone", flat=True).distinct()
        differing = tzcheck.differing(zones)
        if differing:
            messages.append(
                CheckWarning(
                    f"The machine's time-zone data and the tzdata package disagree on {', '.join(differing)} within "
                    "the next 400 days.",
                    hint="Update the older one: pip install -U tzdata, or your system's tzdata package.",
                    id="adbudget.W009",
                )
            )
    return messages


def check_schedule(app_configs: Apps, databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """Each task that keeps the promises of time is run by beat, and by one entry."""
    if not _ledgers(databases):
        return []
    counts = Counter(entry["task"] for entry in current_app.conf.beat_schedule.values() if isinstance(entry, dict))
    counts += Counter(_periodic_tasks())
    missing = [task for task in schedules.INTERVALS if not counts[task]]
    doubled = [task for task in schedules.INTERVALS if counts[task] > 1]
    return [*_missing(missing), *_doubled(doubled)]


def _missing(tasks: list[str]) -> Iterator[CheckMessage]:
    if tasks:
        hint = "from django_adbudget.schedules import beat_schedule; CELERY_BEAT_SCHEDULE = beat_schedule()"
        if apps.is_installed("django_celery_beat"):
            hint = f"manage.py adbudget_sync_schedules, or {hint}"
        yield CheckWarning(f"Beat does not run {', '.join(tasks)}.", hint=hint, id="adbudget.W010")


def _doubled(tasks: list[str]) -> Iterator[CheckMessage]:
    if tasks:
        yield CheckWarning(
            f"Beat runs {', '.join(tasks)} by more than one entry.",
            hint="Keep either CELERY_BEAT_SCHEDULE or the rows of django-celery-beat.",
            id="adbudget.W011",
        )


def _periodic_tasks() -> Iterator[str]:
    if apps.is_installed("django_celery_beat"):
        model = apps.get_model("django_celery_beat", "PeriodicTask")
        connection = connections[router.db_for_read(model)]
        if model._meta.db_table in connection.introspection.table_names():
            yield from model._default_manager.filter(enabled=True, task__startswith="adbudget.").values_list(
                "task", flat=True
            )


def _ledgers(databases: Sequence[str] | None) -> list[BaseDatabaseWrapper]:
    """The ledger's database, if it is among those that may be asked."""
    alias = router.db_for_write(SpendRecord)
    return [connections[alias]] if alias in (databases or ()) else []
