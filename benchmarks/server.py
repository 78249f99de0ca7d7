"""A PostgreSQL of the benchmarks' own, as durable as it is by default; the tests' servers do without fsync."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.processes import HOST, Command, free_port, fresh_home, other_user, run, running
from tests.servers import create_postgres_database, find_postgres, postgres_answers, within_reach


@contextmanager
def postgres() -> Iterator[str]:
    """Its URL; that of ``DATABASE_URL`` if the environment has one."""
    if given := os.environ.get("DATABASE_URL"):
        server = given.rpartition("/")[0]
        create_postgres_database(server, f"adbudget_bench_{os.getpid()}")
        yield f"{server}/adbudget_bench_{os.getpid()}"
        return
    user, port, found = other_user("postgres"), free_port(), find_postgres(None)
    with fresh_home(user) as home:
        programs, data = within_reach(found, user, home), home / "data"
        kind = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C"]
        run([programs / "initdb", "-D", data, *kind], user, home)
        command: Command = [
            programs / "postgres",
            *("-D", data, "-p", str(port), f"--listen_addresses={HOST}", "--unix_socket_directories="),
            *("--max_connections=100", "--max_wal_size=4GB"),
        ]
        server = f"postgres://postgres@{HOST}:{port}"
        with running(command, lambda: postgres_answers(f"{server}/postgres"), home, user, signal.SIGINT):
            create_postgres_database(server, "adbudget")
            yield f"{server}/adbudget"


def pgbench() -> Path | None:
    """PostgreSQL's own program, where it is installed: some packages leave it out."""
    beside = find_postgres(None) / "pgbench"
    return beside if beside.exists() else None
