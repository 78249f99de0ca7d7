"""Servers and processes that can be ended, any way there is, and started again at the same place."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests import servers
from tests.processes import HOST, Command, NoServer, free_port, fresh_home, other_user, program, run, spawn, stop
from tests.processes import wait_until as wait_for_server

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 120.0


def wait_for(condition: Callable[[], object], what: str, seconds: float = PATIENCE) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{what}: not in {seconds:.0f} s"
        time.sleep(0.01)  # a condition that others bring about


@dataclass
class Machine:
    command: Command
    answers: Callable[[], bool]
    home: Path
    user: str | None = None
    asked_to_end_by: signal.Signals = signal.SIGTERM
    process: subprocess.Popen[bytes] = field(init=False)

    def start(self) -> None:
        self.process = spawn(self.command, self.user, self.home)
        wait_for_server(self.answers, self.process, self.home)

    def end(self, how: signal.Signals) -> None:
        stop(self.process, how)

    @contextmanager
    def running(self) -> Iterator[None]:
        try:
            self.start()
            yield
        finally:
            self.end(self.asked_to_end_by)


@dataclass
class Postgres:
    machine: Machine
    server: str

    @property
    def url(self) -> str:
        return f"{self.server}/adbudget"

    def restart_at_once(self) -> None:
        """What ``pg_ctl restart -m immediate`` does: no farewell to anybody, and recovery from the log."""
        self.machine.end(signal.SIGQUIT)
        self.machine.start()

    def terminate_backends(self) -> int:
        import psycopg

        with psycopg.connect(f"{self.server}/postgres", autocommit=True) as connection:
            others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'adbudget'"
            return len(connection.execute(others).fetchall())


@contextmanager
def postgres() -> Iterator[Postgres]:
    """A cluster of its own with the durability that PostgreSQL has by default."""
    user, port, found = other_user("postgres"), free_port(), servers.find_postgres(None)
    with fresh_home(user) as home:
        programs, data = servers.within_reach(found, user, home), home / "data"
        kind = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]
        run([programs / "initdb", "-D", data, *kind], user, home)
        network = ["-p", str(port), f"--listen_addresses={HOST}", "--unix_socket_directories="]
        server = f"postgres://postgres@{HOST}:{port}"
        command: Command = [programs / "postgres", "-D", data, *network, "--max_connections=200"]
        machine = Machine(command, lambda: servers.postgres_answers(f"{server}/postgres"), home, user, signal.SIGINT)
        with machine.running():
            servers.create_postgres_database(server, "adbudget")
            yield Postgres(machine, server)


@contextmanager
def pgbouncer(database: str) -> Iterator[str]:
    """PgBouncer in transaction mode with few connections before a database; gives the URL that goes through it."""
    found, port, user = program("pgbouncer"), free_port(), other_user("postgres")
    if found is None:
        raise NoServer("No PgBouncer was found: install it (Debian: apt-get install pgbouncer).")
    place = database.rpartition("@")[2].partition("/")[0].split(":")
    with fresh_home(user) as home:
        settings = home / "pgbouncer.ini"
        settings.write_text(
            f"[databases]\nadbudget = host={place[0]} port={place[1]} dbname=adbudget user=postgres\n"
            f"[pgbouncer]\nlisten_addr = {HOST}\nlisten_port = {port}\nauth_type = any\nunix_socket_dir =\n"
            "pool_mode = transaction\ndefault_pool_size = 5\nmax_client_conn = 200\n"
        )
        settings.chmod(0o644)
        url = f"postgres://postgres@{HOST}:{port}/adbudget"
        machine = Machine([found, settings], lambda: servers.postgres_answers(url), home, user, signal.SIGINT)
        with machine.running():
            yield url


@contextmanager
def redis() -> Iterator[tuple[Machine, str]]:
    port, found = free_port(), servers.find_redis(None)
    with fresh_home(None) as home:
        kind = ["--save", "", "--appendonly", "no", "--dir", str(home)]
        command: Command = [found, "--port", str(port), "--bind", HOST, *kind]
        machine = Machine(command, lambda: servers.redis_answers(port), home)
        with machine.running():
            yield machine, f"redis://{HOST}:{port}/0"


# Our own processes


def environment(database: str, **added: str) -> dict[str, str]:
    ours = {
        "ADBUDGET_TEST_DB": "sqlite",
        "DJANGO_SETTINGS_MODULE": "tests.faults.site",
        "ADBUDGET_FAULTS_DATABASE": database,
    }
    return {**os.environ, **ours, **added}


def on_stage(action: str, spends: int, env: dict[str, str]) -> dict[str, Any]:
    """What `tests.faults.stage` prints."""
    command = [sys.executable, "-m", "tests.faults.stage", action, str(spends)]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def expect_exact(told: dict[str, Any], spends: int) -> None:
    assert (told["records"], told["lost"], told["doubled"], told["wrong"]) == (spends, 0, 0, 0), told
    assert told["total"] == told["wanted"]
    assert told["paused"] > 0  # or budgets have played no part


def children_of(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []


def kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def accepts(port: int) -> bool:
    try:
        socket.create_connection((HOST, port), timeout=2).close()
    except OSError:
        return False
    return True


def table(title: str, rows: dict[str, object]) -> str:
    width = max(map(len, rows))
    return "\n".join([f"\n{title}", *(f"  {name:<{width}}  {value}" for name, value in rows.items())])
