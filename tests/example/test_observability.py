"""What the example shows to whoever runs it: logs, results, Flower, OpenTelemetry; each in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from .test_site import DEADLINE, EXAMPLE, run

pytestmark = pytest.mark.integration
Environment = dict[str, str]


def test_the_log_is_json_in_files_with_the_keys_of_each_record(environment: Environment, tmp_path: Path) -> None:
    prepared = run(environment, "manage.py", "prepare")
    assert prepared.returncode == 0, prepared.stderr
    lines = [json.loads(line) for line in (tmp_path / "logs" / "agency.jsonl").read_text().splitlines()]
    changes = [line for line in lines if line["logger"] == "django_adbudget.status"]
    assert len(changes) == 17  # of 18 campaigns one is off, as it was
    keys = {"brand_id", "campaign_id", "from_status", "to_status", "reasons", "generation", "cause", "actor"}
    assert all(keys <= line.keys() for line in changes)
    assert {(line["level"], line["cause"], line["actor"]) for line in changes} == {("INFO", "EDIT", "seed")}
    assert all(line["timestamp"].endswith("+00:00") for line in lines)


WRITE = """
import logging, logging.config, sys
from pathlib import Path
from config import logs
config = logs.to_console_and_files(Path(sys.argv[1]))
config["handlers"]["file"]["maxBytes"] = 20_000
config["handlers"]["file"]["backupCount"] = 100
config["root"]["handlers"] = ["file"]
logging.config.dictConfig(config)
for number in range(400):
    logging.getLogger("writer").info("line", extra={"number": f"{sys.argv[2]}-{number}"})
"""


def test_processes_that_write_at_once_lose_no_line_when_the_file_rotates(
    environment: Environment, tmp_path: Path
) -> None:
    command = [sys.executable, "-c", WRITE, str(tmp_path)]
    writers = [subprocess.Popen([*command, str(n)], cwd=EXAMPLE, env=environment) for n in range(3)]
    assert [writer.wait(DEADLINE) for writer in writers] == [0, 0, 0]
    files = list(tmp_path.glob("agency.jsonl*"))
    assert len(files) > 3
    written = [json.loads(line)["number"] for file in files for line in file.read_text().splitlines()]
    assert sorted(written) == sorted(f"{n}-{number}" for n in range(3) for number in range(400))


RESULTS = """
import json
import django
django.setup()
from config.celery import app
from django.contrib import admin
from django_celery_beat.models import PeriodicTask
from django_celery_results.models import TaskResult
app.loader.import_default_modules()
app.conf.update(task_always_eager=True, task_store_eager_result=True)
for name in ("adbudget.update_campaign_status", "adbudget.check_campaign_dayparting", "agency.collect_spend"):
    app.tasks[name].apply_async()
print(json.dumps([
    sorted(TaskResult.objects.values_list("task_name", flat=True)),
    TaskResult in admin.site._registry and PeriodicTask in admin.site._registry,
]))
"""


def test_results_worth_reading_are_rows_in_the_admin(environment: Environment) -> None:
    assert run(environment, "manage.py", "prepare").returncode == 0
    script = run({**environment, "DJANGO_SETTINGS_MODULE": "config.settings"}, "-c", RESULTS)
    assert script.returncode == 0, script.stderr
    assert json.loads(script.stdout.splitlines()[-1]) == [
        ["adbudget.update_campaign_status", "agency.collect_spend"],
        True,
    ]


def test_flower_needs_a_broker(environment: Environment) -> None:
    refused = run(environment, "serve.py", "--flower", "5555")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "CELERY_BROKER_URL=redis://localhost/0" in refused.stderr


COMMANDS = """
import argparse, json
import serve
options = argparse.Namespace(host="127.0.0.1", port=8000, flower=5555)
print(json.dumps([command[1:] for command in serve._commands(options)]))
"""


def test_flower_listens_where_the_site_does(environment: Environment) -> None:
    """It shows and ends tasks for whoever reaches it."""
    script = run({**environment, "CELERY_BROKER_URL": "redis://localhost/0"}, "-c", COMMANDS)
    _, worker, flower = json.loads(script.stdout)
    assert flower == ["-m", "celery", "--app", "config", "flower", "--address=127.0.0.1", "--port=5555"]
    assert "--without-heartbeat" not in worker  # by which Flower knows that it lives
    shown = run(environment, *flower[:5], "--help")
    assert (shown.returncode, "flower" in shown.stdout) == (0, True), shown.stderr


def test_opentelemetry_tells_of_the_site_when_asked_for(environment: Environment) -> None:
    told = run({**environment, "TELEMETRY": "console"}, "manage.py", "prepare")
    assert told.returncode == 0, told.stderr
    assert '"service.name": "agency"' in told.stdout
    assert '"name": "adbudget.status.changes"' in told.stdout
    # To a collector, where one is named; that none is there harms nobody.
    endpoint = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_EXPORTER_OTLP_TIMEOUT": "1"}
    assert run({**environment, **endpoint}, "manage.py", "prepare").returncode == 0
    refused = run({**environment, "TELEMETRY": "nowhere"}, "manage.py", "prepare")
    assert 'TELEMETRY is "otlp" or "console", not \'nowhere\'' in refused.stderr


OFF = """
import django, sys
django.setup()
from opentelemetry import metrics, trace
print(type(metrics.get_meter_provider()).__name__, type(trace.get_tracer_provider()).__name__)
print([name for name in sys.modules if name.startswith("opentelemetry.instrumentation")])
"""


@pytest.mark.parametrize("settings", ["config.settings", "config.demo_settings"])
def test_opentelemetry_is_off_else_and_in_the_demonstration_always(environment: Environment, settings: str) -> None:
    asked = {"TELEMETRY": "console"} if settings == "config.demo_settings" else {}
    script = run({**environment, **asked, "DJANGO_SETTINGS_MODULE": settings}, "-c", OFF)
    assert (script.returncode, script.stdout) == (0, "_ProxyMeterProvider ProxyTracerProvider\n[]\n"), script.stderr
