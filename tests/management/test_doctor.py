"""`adbudget_doctor`: faults of the host, each made to happen, and mended by the command that it names."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from celery import Celery, current_app
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from django_adbudget import tzcheck
from django_adbudget.models import (
    Brand,
    Campaign,
    Heartbeat,
    PlatformOrder,
    SpendRecord,
)
from django_adbudget.schedules import beat_schedule
from django_adbudget.services import doctor
from django_adbudget.services.doctor import Patient, running
from tests.management.calling import said
from tests.management.surgery import findings, obey, only
from tests.processes import free_port
from tests.processes import running as server_running
from tests.servers import find_redis, redis_answers

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound_host")]


def test_a_sound_host_is_told_so(campaign: Campaign) -> None:
    assert findings() == []
    assert said("adbudget_doctor") == ["Nothing is wrong, by 12 examinations."]
    assert said("adbudget_doctor", quick=True) == ["Nothing is wrong, by 10 examinations."]


def everything() -> list[Any]:
    tables = (Campaign, Brand, Heartbeat, PlatformOrder)
    return [list(model._base_manager.order_by("pk").values()) for model in tables]


def test_it_changes_nothing(campaign: Campaign) -> None:
    Campaign.objects.update(status="INACTIVE", next_check_at=timezone.now() - timedelta(hours=1))
    before = [
        list(model._base_manager.order_by("pk").values()) for model in (Campaign, Brand, Heartbeat, PlatformOrder)
    ]
    findings()
    after = [list(model._base_manager.order_by("pk").values()) for model in (Campaign, Brand, Heartbeat, PlatformOrder)]
    assert after == before


def test_drift_is_looked_at_again(campaign: Campaign) -> None:
    seen = {"observed_action": "STOP", "observed_at": timezone.now() + timedelta(minutes=1)}
    PlatformOrder.objects.filter(campaign=campaign).update(action="RUN", **seen)
    (found,) = only("drift", "error")
    assert "1 campaign was seen doing the opposite" in found["what"]
    assert found["mends"][0]["command"] == "manage.py adbudget_deliver --drift"


def test_alerts_that_nobody_can_send(settings: Any) -> None:
    settings.ADBUDGET = {**getattr(settings, "ADBUDGET", {}), "ALERT_CHANNELS": [5]}
    assert "ALERT_CHANNELS cannot be read" in next(f["what"] for f in findings() if f["code"] == "alerts-unsent")


@pytest.mark.parametrize("name", ["tick", "sweep", "deliverer"])
@pytest.mark.parametrize("never", [True, False])
def test_beat_silent(name: str, never: bool) -> None:
    if never:
        Heartbeat.objects.filter(name=name).delete()
    else:
        Heartbeat.objects.filter(name=name).update(at=timezone.now() - timedelta(minutes=16))
    (found,) = only("beat-silent", "error")
    assert ("never ran" if never else "has been silent for 16 min") in found["what"]
    assert found["mends"][0]["command"] == "celery -A tests worker --beat"
    obey(found, choice=1)
    assert findings() == []


def test_beat_is_silent_by_the_interval_that_an_operator_chose() -> None:
    Heartbeat.objects.filter(name="tick").update(at=timezone.now() - timedelta(minutes=16))
    assert len(findings()) == 1
    row = PeriodicTask.objects.get(name="adbudget:check_campaign_dayparting")
    row.interval = IntervalSchedule.objects.create(every=10, period="minutes")
    row.save()
    assert findings() == []


def test_a_heartbeat_from_the_future_is_no_life_sign() -> None:
    Heartbeat.objects.filter(name="tick").update(at=timezone.now() + timedelta(days=1))
    only("beat-silent", "error")


def test_schedule_missing() -> None:
    PeriodicTask.objects.filter(name__startswith="adbudget:").delete()
    (found,) = only("schedule-missing", "error")
    obey(found)
    assert findings() == []


def test_schedule_disabled_by_an_operator() -> None:
    PeriodicTask.objects.filter(name="adbudget:verify_summaries").update(enabled=False)
    (found,) = only("schedule-missing", "error")
    obey(found, choice=1)
    assert findings() == []


def test_schedule_missing_without_django_celery_beat(monkeypatch: pytest.MonkeyPatch) -> None:
    PeriodicTask.objects.all().delete()
    installed = apps.is_installed
    monkeypatch.setattr(apps, "is_installed", lambda name: name != "django_celery_beat" and installed(name))
    (found,) = only("schedule-missing", "error")
    assert found["mends"] == []
    assert "CELERY_BEAT_SCHEDULE = beat_schedule()" in found["what"]


def test_schedule_doubled() -> None:
    interval = IntervalSchedule.objects.create(every=7, period="minutes")
    PeriodicTask.objects.create(name="my own", task="adbudget.verify_summaries", interval=interval)
    (found,) = only("schedule-doubled", "warning")
    assert found["mends"][0]["note"] == "to disable my own"
    obey(found)
    assert findings() == []
    assert PeriodicTask.objects.get(name="adbudget:verify_summaries").enabled


def test_schedule_doubled_by_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = beat_schedule()["adbudget:verify_summaries"]
    monkeypatch.setitem(current_app.conf.beat_schedule, "own", entry)
    (found,) = only("schedule-doubled", "warning")
    assert "Keep either CELERY_BEAT_SCHEDULE or the rows" in found["what"]
    monkeypatch.delitem(current_app.conf.beat_schedule, "own")
    assert findings() == []


def test_tz_data_at_odds(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    """T7. What pip would bring is played by the comparison."""
    monkeypatch.setattr(tzcheck, "differing", lambda zones, now=None: sorted(zones))
    (found,) = only("tz-data", "warning")
    assert "Europe/Berlin" in found["what"]
    assert found["mends"][0]["command"] == "pip install -U tzdata"
    monkeypatch.undo()
    assert findings() == []


def test_triggers_absent(campaign: Campaign) -> None:
    """L1."""
    if connection.vendor == "mysql":
        return
    table = SpendRecord._meta.db_table
    name = "adbudget_append_only" + (f"_{table}" if connection.vendor == "sqlite" else "")
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER {name}" + ("" if connection.vendor == "sqlite" else f" ON {table}"))
    (found,) = only("triggers-absent", "warning")
    obey(found)
    assert findings() == []


@pytest.mark.broker
@pytest.mark.django_db
def test_broker_away(use_app: Callable[[Celery], Celery], tmp_path: Path) -> None:
    port = free_port()
    url = f"redis://127.0.0.1:{port}/0"
    use_app(Celery("away", broker=url, set_as_current=False))
    (found,) = only("broker-away", "error")
    assert f"The broker at {url} does not answer" in found["what"]
    program, *arguments = shlex.split(found["mends"][0]["command"])
    assert (program, arguments) == ("redis-server", ["--port", str(port)])
    with server_running([find_redis(None), *arguments, "--bind", "127.0.0.1"], lambda: redis_answers(port), tmp_path):
        assert findings() == []


@pytest.mark.django_db
def test_where_tasks_are_not_sent_there_is_no_broker_to_miss(use_app: Callable[[Celery], Celery]) -> None:
    app = use_app(Celery("away", broker=f"redis://127.0.0.1:{free_port()}/0", set_as_current=False))
    app.conf.task_always_eager = True
    assert findings() == []


def test_a_broker_that_is_away_is_shown_without_its_password(use_app: Callable[[Celery], Celery]) -> None:
    use_app(Celery("away", broker=f"amqp://me:secret@127.0.0.1:{free_port()}//", set_as_current=False))
    (found,) = only("broker-away", "error")
    assert "secret" not in json.dumps(found)
    assert found["mends"][0]["command"] == "rabbitmq-server -detached"


def test_bad_settings_are_among_the_findings(settings: Any) -> None:
    settings.ADBUDGET = {"DEFAULT_CURENCY": "EUR", "ALERT_THRESHOLDS": [0]}
    found = {finding["code"]: finding for finding in findings()}
    assert found["adbudget-W001"]["severity"] == "warning"
    assert 'Did you mean "DEFAULT_CURRENCY"?' in found["adbudget-W001"]["what"]
    assert found["adbudget-E002"]["severity"] == "error"


def test_people_read_errors_first_and_what_to_type(campaign: Campaign, capsys: pytest.CaptureFixture[str]) -> None:
    Brand.objects.update(daily_budget=3000)
    Heartbeat.objects.filter(name="tick").delete()
    with pytest.raises(CommandError, match=r"^1 error to mend$"):
        call_command("adbudget_doctor", no_color=True)
    pk, owner = campaign.brand_id, f"brand {campaign.brand_id} (Fahrrad)"
    edit = f"x = Brand.objects.get(pk={pk}); x.daily_budget = x.monthly_budget; x.save()"
    assert capsys.readouterr().out.splitlines() == [
        "ERROR    The tick never ran; it should run every 60 s. [beat-silent]",
        "         $ celery -A tests worker --beat    # and leave it running",
        "         $ manage.py enforce_dayparting    # once, by hand",
        f"WARNING  The daily budget of {owner}, 3000.00, is above its monthly one, 2000.00. [budget-order]",
        f'         $ manage.py shell -c "from django_adbudget.models import Brand; {edit}"    # as tight as before',
        "",
        "1 error, 1 warning, 0 hints",
    ]


def test_a_schedule_that_cannot_be_read_is_a_finding_and_no_crash(settings: Any) -> None:
    settings.ADBUDGET = {"BEAT": {"verify": {"schedule": 60}}}
    assert [(finding["code"], finding["severity"]) for finding in findings()] == [("adbudget-E003", "error")]


def test_tables_of_django_celery_beat_may_not_be_there_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    names = connection.introspection.table_names
    there = [name for name in names() if not name.startswith("django_celery_beat")]
    monkeypatch.setattr(connection.introspection, "table_names", lambda *args, **options: there)
    (found,) = only("schedule-missing", "error")
    assert found["mends"][0]["command"] == "manage.py adbudget_sync_schedules"


def test_an_examination_that_fails_stops_no_other(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(patient: Patient) -> list[Any]:
        raise OperationalError("no such table: adbudget_order\nLINE 1")

    monkeypatch.setattr(doctor, "EXAMINATIONS", {**doctor.EXAMINATIONS, "orders": broken})
    monkeypatch.setattr("django_adbudget.management.diagnosis.EXAMINATIONS", doctor.EXAMINATIONS)
    Heartbeat.objects.filter(name="tick").delete()
    found = findings()
    assert [finding["code"] for finding in found] == ["beat-silent", "examination-failed"]
    assert found[1]["what"] == "The examination of orders failed: no such table: adbudget_order."


def test_migrations_that_are_not_applied() -> None:
    MigrationRecorder.Migration.objects.using(connection.alias).filter(app="django_adbudget").delete()
    (found,) = findings()
    assert (found["code"], found["severity"]) == ("migrations", "error")
    assert "django_adbudget.0003_ledger" in found["what"]
    assert found["mends"][0]["command"] == "manage.py migrate django_adbudget"


def test_a_project_without_an_application_of_its_own_is_called_yoursite(use_app: Callable[[Celery], Celery]) -> None:
    use_app(Celery("__main__", broker="memory://", set_as_current=False))
    Heartbeat.objects.all().delete()
    patient = Patient("default", timezone.now())
    assert "celery -A yoursite worker --beat" in [found.mends[0].command for found in running.silent_beats(patient)]
