"""The harness itself: what it promises about skips, warnings, databases and servers."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from celery import Celery
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import connections

from tests import servers, settings
from tests.__main__ import SUITES, main
from tests.processes import NoServer
from tests.routers import ALIAS

ROOT = Path(__file__).resolve().parent.parent

SKIPPING = """
    import pytest
    def test_passes(): pass
    def test_skips(): pytest.skip("lazy")
    @pytest.mark.skipif(True, reason="lazy too")
    def test_is_skipped(): pass
    @pytest.mark.allowed_skip("there is no such thing on this system")
    def test_has_leave(): pytest.skip("no such thing")
    @pytest.mark.allowed_skip("")
    def test_gives_no_reason(): pytest.skip("lazy again")
    @pytest.mark.xfail(strict=True)
    def test_is_known_to_fail(): assert False
"""


@pytest.fixture
def harness(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    pytester.plugins = ["no:django", "tests.noskip"]
    return pytester


def test_a_skip_without_leave_fails(harness: pytest.Pytester) -> None:
    harness.makepyfile(SKIPPING)
    result = harness.runpytest_subprocess()
    result.assert_outcomes(passed=1, failed=2, errors=1, skipped=1, xfailed=1)
    result.stdout.fnmatch_lines(["*skipped without leave (lazy too)*"])
    assert result.ret == pytest.ExitCode.TESTS_FAILED


def test_a_module_that_skips_itself_fails(harness: pytest.Pytester) -> None:
    harness.makepyfile("import pytest; pytest.importorskip('no_such_module_at_all')")
    result = harness.runpytest_subprocess()
    result.assert_outcomes(errors=1)
    assert result.ret == pytest.ExitCode.INTERRUPTED


def test_warnings_are_errors() -> None:
    with pytest.raises(DeprecationWarning):
        warnings.warn("planted", DeprecationWarning, stacklevel=1)


@pytest.mark.django_db
def test_models_have_their_migrations() -> None:
    call_command("makemigrations", "django_adbudget", check=True, dry_run=True, verbosity=0)


@pytest.mark.router
@pytest.mark.django_db(databases=["default", ALIAS])
def test_the_router_moves_the_app_to_its_alias() -> None:
    tables = {alias: connections[alias].introspection.table_names() for alias in connections}
    assert any(name.startswith("django_adbudget_") for name in tables[ALIAS])
    assert not any(name.startswith("django_adbudget_") for name in tables["default"])


@pytest.mark.parametrize(
    ("kind", "variable", "sentence"),
    [
        ("postgres", "DATABASE_URL", r"`make test` or `python -m tests\.servers postgres -- pytest`"),
        ("mariadb", "ADBUDGET_MARIADB_URL", r"`make test-mariadb` or `python -m tests\.servers mariadb"),
        ("oracle", "DATABASE_URL", "not one of sqlite, postgres, mariadb"),
    ],
)
def test_settings_say_what_a_database_needs(
    kind: str, variable: str, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(variable, raising=False)
    with pytest.raises(ImproperlyConfigured, match=sentence):
        settings.database(kind)


def test_an_unknown_suite_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sqlight"]) == 2
    assert "there are " + ", ".join(SUITES) in capsys.readouterr().err


# Servers


def without_urls() -> dict[str, str]:
    variables = {variable for variable, _ in servers.SERVERS.values()}
    return {name: value for name, value in os.environ.items() if name not in variables}


@pytest.fixture
def bare_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, _ in servers.SERVERS.values():
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(servers, "debian_postgres", list)
    monkeypatch.setattr(servers, "program", lambda *names: None)


@pytest.mark.parametrize("name", list(servers.SERVERS))
def test_a_server_that_cannot_be_had_says_what_to_do(
    name: str, bare_machine: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(servers, "wheel_file", lambda package, pattern: None)
    variable, start = servers.SERVERS[name]
    with pytest.raises(NoServer, match=rf"^No .* was found: install .* or set {variable}"), start():
        pass


@pytest.mark.parametrize("name", list(servers.SERVERS))
def test_a_given_url_is_taken(name: str, bare_machine: None, monkeypatch: pytest.MonkeyPatch) -> None:
    variable, start = servers.SERVERS[name]
    monkeypatch.setenv(variable, "scheme://given")
    with start() as url:
        assert url == "scheme://given"


@pytest.mark.integration
def test_wheels_serve_a_bare_machine(bare_machine: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even if they lie where another user, which PostgreSQL needs under root, cannot reach them."""
    import psycopg

    monkeypatch.setattr(servers, "open_to_all", lambda path: False)
    with servers.redis() as broker:
        assert answers(broker)
    with servers.postgres() as url, psycopg.connect(url) as connection:
        row = connection.execute("SELECT current_setting('max_connections')").fetchone()
        assert row == ("200",)


def answers(url: str) -> bool:
    parts = urlsplit(url)
    with socket.socket() as probe:
        return probe.connect_ex((str(parts.hostname), int(parts.port or 0))) == 0


@contextmanager
def runner(script: str) -> Iterator[subprocess.Popen[str]]:
    """In a process group of its own, to which a terminal would send Ctrl-C."""
    command = [sys.executable, "-m", "tests.servers", "redis", "--", sys.executable, "-c", script]
    # What a shell has started in the background ignores Ctrl-C, and so would what it starts.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with subprocess.Popen(
        command, cwd=ROOT, env=without_urls(), stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        yield process


SAY_URL = "import os, signal, sys; print(os.environ['REDIS_URL'], flush=True); "


@pytest.mark.integration
def test_the_childs_exit_code_is_ours_and_the_server_ends() -> None:
    with runner(SAY_URL + "sys.exit(7)") as process:
        out, _ = process.communicate()
    assert process.returncode == 7
    assert not answers(out.strip())


@pytest.mark.integration
@pytest.mark.parametrize(("number", "send"), [(signal.SIGINT, os.killpg), (signal.SIGTERM, os.kill)])
def test_a_signal_ends_child_and_server(number: signal.Signals, send: Callable[[int, int], None]) -> None:
    with runner(SAY_URL + "signal.pause()") as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert answers(url)
        send(process.pid, number)
        process.wait()
    assert process.returncode == 128 + number
    assert not answers(url)


@pytest.mark.integration
def test_the_command_line_fails_in_one_sentence() -> None:
    command = [sys.executable, "-m", "tests.servers", "--only", "wheels", "mariadb", "--", "true"]
    result = subprocess.run(command, cwd=ROOT, env=without_urls(), capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert result.stderr.strip() == f"tests.servers: {servers.NO_MARIADB}"


@pytest.mark.broker
def test_a_message_passes_through_the_real_broker(redis_app: Celery) -> None:
    redis_app.send_task("nobody.knows", kwargs={"amount": "0.000001"})
    with (
        redis_app.connection_for_read() as connection,
        connection.SimpleQueue(redis_app.conf.task_default_queue) as queue,
    ):
        message = queue.get(timeout=10)
        message.ack()
    assert message.headers["task"] == "nobody.knows"
