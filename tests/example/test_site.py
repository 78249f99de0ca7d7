"""The example as its users run it: in processes of its own, with what it writes in a folder of the test's."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path

import pytest

from tests.processes import free_port

EXAMPLE = Path(__file__).parents[2] / "example_project"
DEADLINE = 180  # seconds, of a machine that is busy

pytestmark = pytest.mark.integration


def run(environment: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *arguments]
    return subprocess.run(
        command, cwd=EXAMPLE, env=environment, text=True, capture_output=True, timeout=DEADLINE, check=False
    )


def wait_for(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not come"
        time.sleep(0.1)


def test_the_demonstration_finds_everything_as_it_should_be(environment: dict[str, str]) -> None:
    demo = run(environment, "manage.py", "demo")
    assert demo.returncode == 0, demo.stdout + demo.stderr
    findings = [line.split()[0] for line in demo.stdout.splitlines() if line.startswith(("  yes", "  NO"))]
    assert findings == ["yes"] * 6
    for line in (
        "Tue 01 Apr 00:00 Pacific/Honolulu    Aloha Surf / Night reels         runs: local midnight, a new month",
        "Mon 31 Mar 00:00 Pacific/Kiritimati  Lagoon Air / Stopover            runs: local midnight, a new day",
        "mia switches Board sale off",
        "The ad server has carried out every order",
    ):
        assert line in demo.stdout


def test_the_demonstration_refuses_a_database_that_is_not_its_own(environment: dict[str, str]) -> None:
    assert run(environment, "manage.py", "prepare").returncode == 0
    refused = run({**environment, "DJANGO_SETTINGS_MODULE": "config.settings"}, "manage.py", "demo")
    assert refused.returncode == 1
    assert "the demo deletes its database" in refused.stderr
    with closing(sqlite3.connect(Path(environment["EXAMPLE_STATE"], "site.sqlite3"))) as database:
        assert database.execute("SELECT count(*) FROM django_adbudget_brand").fetchone() == (6,)


def test_preparing_twice_adds_nothing(environment: dict[str, str]) -> None:
    first, second = (run(environment, "manage.py", "prepare") for _ in range(2))
    assert "admin with the password admin" in first.stdout
    assert second.returncode == 0, second.stderr
    assert "6 brands" not in second.stdout


SETTINGS = """
import json
from config import settings
broker = getattr(settings, "CELERY_BROKER_TRANSPORT", None)
print(json.dumps([settings.DATABASES["default"]["ENGINE"], settings.CELERY_BROKER_URL, broker]))
"""


def test_it_is_embedded_unless_servers_are_named(environment: dict[str, str]) -> None:
    servers = {"DATABASE_URL": "postgres://u:p@db.example/site", "CELERY_BROKER_URL": "redis://broker.example/0"}
    embedded, served = (run(env, "-c", SETTINGS) for env in (environment, {**environment, **servers}))
    assert json.loads(embedded.stdout) == [
        "django.db.backends.sqlite3", "filesystem://localhost//", "config.transport:Transport",
    ]  # fmt: skip
    assert json.loads(served.stdout) == ["django.db.backends.postgresql", "redis://broker.example/0", None]


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def site(environment: dict[str, str], port: int, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, str(EXAMPLE / "serve.py"), "--port", str(port)]
    with (tmp_path / "serve.log").open("w") as log:
        server = subprocess.Popen(command, env=environment, text=True, stdout=log, stderr=log)
    yield server
    if server.poll() is None:
        server.send_signal(signal.SIGTERM)
    server.wait(DEADLINE)


def processes() -> dict[int, int]:
    """Living processes and their parents. One that has ended and that nobody has asked about yet is not alive."""
    command = ["ps", "-eo", "pid=,ppid=,stat="]
    lines = subprocess.run(command, text=True, capture_output=True, check=True).stdout.splitlines()
    rows = (line.split() for line in lines)
    return {int(pid): int(parent) for pid, parent, state in rows if not state.startswith("Z")}


def descendants(pid: int) -> set[int]:
    parents, family = processes(), {pid}
    while grown := {child for child, parent in parents.items() if parent in family} - family:
        family |= grown
    return family - {pid}


def test_the_site_its_worker_and_its_beat_start_and_end_together(
    site: subprocess.Popen[str], port: int, tmp_path: Path
) -> None:
    log = tmp_path / "serve.log"

    def page() -> bool:
        assert site.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/") as answer:
                return b"Kiritimati" in answer.read()
        except OSError:
            return False

    def beat_and_worker() -> bool:
        _, _, after = log.read_text().partition("Sending due task adbudget:deliver_status_changes")
        return "adbudget.deliver_status_changes" in after and "succeeded" in after

    wait_for(page, "the page")
    wait_for(beat_and_worker, "a task that beat sent and the worker did")
    family = descendants(site.pid)
    assert len(family) == 3  # the site, the worker, its beat
    site.send_signal(signal.SIGINT)
    assert site.wait(DEADLINE) == 0, log.read_text()
    assert family.isdisjoint(processes())
