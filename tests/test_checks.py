from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest
from celery import current_app
from celery.schedules import crontab
from django.core.checks import run_checks
from django.core.management import call_command
from django.db import connection

from django_adbudget import tzcheck
from django_adbudget.conf import app_settings, names
from django_adbudget.models import SpendRecord
from django_adbudget.schedules import beat_schedule
from tests.factories import NOW, make_brand

CONSOLE = "django_adbudget.platforms.ConsoleBackend"
MAIL = "django_adbudget.channels.mail.MailChannel"


class Broken:
    def __init__(self) -> None:
        raise LookupError("no key ring")


def found(**options: Any) -> dict[str, Any]:
    return {m.id: m for m in run_checks(**options) if m.id and m.id.startswith("adbudget")}


def test_a_sound_host_hears_nothing() -> None:
    assert found() == {}


def test_settings_are_read_live_and_the_nearest_name_is_given(settings: Any) -> None:
    settings.ADBUDGET = {"DEFAULT_CURENCY": "EUR"}
    assert 'Did you mean "DEFAULT_CURRENCY"' in found()["adbudget.W001"].hint
    assert app_settings.DEFAULT_CURRENCY == "USD"
    settings.ADBUDGET = {"DEFAULT_CURRENCY": "EUR"}
    assert app_settings.DEFAULT_CURRENCY == "EUR"
    settings.ADBUDGET = ["EUR"]
    assert set(found()) == {"adbudget.E001"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DEFAULT_TIMEZONE", "Mars/Phobos"),
        ("DEFAULT_CURRENCY", "eur"),
        ("DAYPARTING_DEFAULT", "SOMETIMES"),
        ("ALERT_THRESHOLDS", [0]),
        ("ALERT_THRESHOLDS", 50),
        ("ALERT_FORECAST_MINUTES", 10**6),
        ("SPEND_MAX_AGE_DAYS", -1),
        ("SPEND_MAX_AGE_DAYS", 10**6),
        ("API_MAX_AGE_DAYS", 36_501),
        ("API_MAX_BATCH", "many"),
    ],
)
def test_a_bad_value_is_named(settings: Any, name: str, value: Any) -> None:
    settings.ADBUDGET = {name: value}
    assert name in found()["adbudget.E002"].msg


#: Wrong for every setting but those named after it.
WRONG: list[tuple[Any, set[str]]] = [
    (None, {"ALERT_FORECAST_MINUTES", "SPEND_MAX_AGE_DAYS", "QUEUE", "API_BRANDS_FOR"}),
    (5, {"ALERT_FORECAST_MINUTES", "SPEND_MAX_AGE_DAYS", "API_MAX_AGE_DAYS", "API_MAX_BATCH"}),
    (-1, set()),
    (True, set()),
    ("", set()),
    ("x", {"QUEUE"}),
    ([], {"ALERT_THRESHOLDS", "ALERT_CHANNELS", "API_AUTH"}),
    ([[]], set()),
    ({}, {"BEAT"}),
    ({5: 1}, set()),
    (object(), set()),
]


@pytest.mark.parametrize("name", names())
@pytest.mark.parametrize(("value", "fine"), WRONG)
def test_a_value_of_a_wrong_type_is_an_error_that_names_the_setting(
    settings: Any, name: str, value: Any, fine: set[str]
) -> None:
    settings.ADBUDGET = {name: value}
    messages = run_checks()
    assert [m for m in messages if not m.is_serious()] == []
    assert bool(messages) == (name not in fine)
    assert all(name in m.msg for m in messages)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("API_AUTH", "ninja.security.django_auth", "cannot be 'ninja.security.django_auth'"),
        ("API_AUTH", ["os.path.sep"], "it cannot be called"),
        ("API_AUTH", ["django_adbudget.models.SpendRecord"], "it cannot be called"),
        ("API_AUTH", [f"{__name__}.Broken"], "no key ring"),
        ("API_AUTH", ["ninja.security.HttpBearer"], "abstract"),
        ("API_BRANDS_FOR", "os.path.sep", "it cannot be called"),
        ("PLATFORM_BACKEND", {"BACKEND": CONSOLE, "OPTIONS": None}, "OPTIONS must be a dict"),
        ("PLATFORM_BACKEND", {"BACKEND": CONSOLE, "OPTIONS": {5: 1}}, "keys are strings"),
        ("PLATFORM_BACKEND", {"BACKEND": CONSOLE, "OPTIONS": {"steam": 1}}, "has no option 'steam'"),
        ("PLATFORM_BACKEND", {"BACKEND": CONSOLE, "OPTION": {}}, "no key 'OPTION'"),
        ("PLATFORM_BACKEND", {"BACKEND": None}, "dotted path"),
        ("ALERT_CHANNELS", [{"CHANNEL": MAIL, "OPTIONS": "x"}], "OPTIONS of a channel must be a dict"),
        ("ALERT_CHANNELS", [{"CHANNEL": MAIL, "OPTIONS": {5: 1}}], "keys are strings"),
        ("ALERT_CHANNELS", [{"channel": MAIL}], "did you mean 'CHANNEL'"),
        ("ALERT_CHANNELS", [f"{__name__}.Broken"], "no key ring"),
    ],
)
def test_what_a_setting_names_is_looked_at(settings: Any, name: str, value: Any, words: str) -> None:
    settings.ADBUDGET = {name: value}
    (message,) = found().values()
    assert message.msg.startswith(f"ADBUDGET[{name!r}] ")
    assert words in message.msg


def test_a_key_that_is_no_setting(settings: Any) -> None:
    settings.ADBUDGET = {"default_timezone": "UTC", 5: 1}
    messages = found()
    assert 'Did you mean "DEFAULT_TIMEZONE"' in messages["adbudget.W001"].hint
    assert "5" in messages["adbudget.E007"].msg


@pytest.mark.parametrize("entry", [{"schedule": "x"}, {"schedule": 0}, {"schedul": 5}, {"task": "os.system"}, 5])
def test_an_entry_of_beat_is_looked_at(settings: Any, entry: Any) -> None:
    settings.ADBUDGET = {"BEAT": {"verify_summaries": entry}}
    message = found()["adbudget.E003"]
    assert message.msg.startswith("ADBUDGET['BEAT']: ")
    assert "'verify_summaries'" in message.msg
    settings.ADBUDGET = {"BEAT": {"verify_summaries": {"schedule": crontab(minute=0)}}}
    assert found() == {}


def test_options_that_a_backend_knows_are_fine(settings: Any) -> None:
    settings.ADBUDGET = {"PLATFORM_BACKEND": {"BACKEND": CONSOLE, "OPTIONS": {"stream": None}}}
    assert found() == {}


def test_other_faults_of_settings(settings: Any) -> None:
    settings.USE_TZ = False
    settings.ADBUDGET = {"BEAT": {"verify": {}}, "PLATFORM_BACKEND": {"BACKEND": "nowhere.Backend"}}
    assert {"adbudget.E003", "adbudget.E004", "adbudget.E005"} <= set(found())
    settings.ADBUDGET = {"PLATFORM_BACKEND": "nowhere.Backend"}
    assert "adbudget.E005" in found()


@pytest.mark.sqlite
def test_sqlite_without_immediate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(connection.settings_dict, "OPTIONS", {})
    assert "transaction_mode" in found()["adbudget.W006"].hint


@pytest.mark.django_db
def test_the_schedule_missing_and_doubled(monkeypatch: pytest.MonkeyPatch) -> None:
    missing = found(databases=["default"])["adbudget.W010"]
    assert "adbudget.check_campaign_dayparting" in missing.msg
    assert "adbudget_sync_schedules" in missing.hint
    call_command("adbudget_sync_schedules", verbosity=0)
    assert "adbudget.W010" not in found(databases=["default"])
    monkeypatch.setitem(current_app.conf.beat_schedule, "own", beat_schedule()["adbudget:verify_summaries"])
    assert "adbudget.verify_summaries" in found(databases=["default"])["adbudget.W011"].msg


@pytest.mark.django_db
def test_absent_triggers_are_found_and_put_back() -> None:
    """L1."""
    if connection.vendor == "mysql":
        return
    table = SpendRecord._meta.db_table
    name = "adbudget_append_only" + (f"_{table}" if connection.vendor == "sqlite" else "")
    drop = f"DROP TRIGGER {name}" + ("" if connection.vendor == "sqlite" else f" ON {table}")
    assert "adbudget.W007" not in found(databases=["default"])
    with connection.cursor() as cursor:
        cursor.execute(drop)
    assert found(databases=["default"])["adbudget.W007"].hint == "manage.py migrate django_adbudget"


@pytest.mark.server
@pytest.mark.django_db(transaction=True)
def test_another_isolation_than_read_committed() -> None:
    """L4c."""
    assert "adbudget.W008" not in found(databases=["default"])
    session = "SET SESSION CHARACTERISTICS AS" if connection.vendor == "postgresql" else "SET SESSION"
    with connection.cursor() as cursor:
        cursor.execute(f"{session} TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    try:
        assert "repeatable read" in found(databases=["default"])["adbudget.W008"].msg
    finally:
        connection.close()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_another_isolation_by_the_option_of_the_driver() -> None:
    """L4c: what the option says is a part of BEGIN."""
    from django.db.backends.postgresql.psycopg_any import IsolationLevel

    connection.ensure_connection()
    connection.connection.isolation_level = IsolationLevel.SERIALIZABLE
    try:
        assert "serializable" in found(databases=["default"])["adbudget.W008"].msg
    finally:
        connection.close()


@pytest.mark.django_db
def test_time_zone_data_at_odds(monkeypatch: pytest.MonkeyPatch) -> None:
    """T7."""
    make_brand(timezone="Asia/Tokyo")
    assert "adbudget.W009" not in found(databases=["default"])
    monkeypatch.setattr(tzcheck, "_packaged", lambda zone: ZoneInfo("UTC"))
    assert "Asia/Tokyo" in found(databases=["default"])["adbudget.W009"].msg
    assert tzcheck.differing(["Asia/Tokyo", "Mars/Phobos"], NOW) == ["Asia/Tokyo"]
