"""Starting and ending a server process, and the places where it may live; `tests.servers` says which."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

HOST = "127.0.0.1"
START_SECONDS = 60
STOP_SECONDS = 20
# Debian keeps servers in sbin, which is not on everybody's PATH.
SEARCH_PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin"])


Command = Sequence[str | Path]


class NoServer(RuntimeError):
    """A server cannot be had; the message says in one sentence what to do."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def other_user(*names: str) -> str | None:
    """The user to run a database as: they refuse root, anybody else runs them himself."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next((name for name in (*names, "nobody") if name in known), None)


def spawn(command: Command, user: str | None, home: Path) -> subprocess.Popen[bytes]:
    """Starts `command` in a session of its own: Ctrl-C must reach the tests and not the server under them.

    The environment is emptied of what would steer a server (PGDATA, MYSQL_HOME and the like)."""
    environment = {"PATH": SEARCH_PATH, "HOME": str(home), "LC_ALL": "C"}
    with (home / "log").open("ab") as log:
        return subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=home,
            env=environment,
            user=user,
            group=pwd.getpwnam(user).pw_gid if user else None,
            extra_groups=[] if user else None,
            start_new_session=True,
        )


def last_words(home: Path) -> str:
    lines = (home / "log").read_text(errors="replace").strip().splitlines()
    return " | ".join(lines[-5:]) or "it printed nothing"


def run(command: Command, user: str | None, home: Path) -> None:
    if spawn(command, user, home).wait(START_SECONDS) != 0:
        raise NoServer(f"{command[0]} failed: {last_words(home)}")


def stop(process: subprocess.Popen[bytes], how: signal.Signals) -> None:
    if process.poll() is None:
        process.send_signal(how)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def wait_until(answers: Callable[[], bool], process: subprocess.Popen[bytes], home: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not answers():
        if process.poll() is not None:
            raise NoServer(f"{process.args!r} ended at once: {last_words(home)}")
        if time.monotonic() > deadline:
            raise NoServer(f"{process.args!r} did not answer in {START_SECONDS} s: {last_words(home)}")
        time.sleep(0.02)


@contextmanager
def running(
    command: Command,
    answers: Callable[[], bool],
    home: Path,
    user: str | None = None,
    stop_by: signal.Signals = signal.SIGTERM,
) -> Iterator[None]:
    process = spawn(command, user, home)
    try:
        wait_until(answers, process, home)
        yield
    finally:
        stop(process, stop_by)


def open_to_all(path: Path) -> bool:
    """Whether any user can get to `path`; what lies under a 0700 folder is closed to all but its owner."""
    return all(place.stat().st_mode & stat.S_IXOTH for place in (path, *path.resolve().parents))


@contextmanager
def fresh_home(user: str | None) -> Iterator[Path]:
    """A new folder that `user` owns and can reach, whatever TMPDIR says."""
    places = [Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp")]
    place = next((place for place in places if user is None or open_to_all(place)), places[0])
    with tempfile.TemporaryDirectory(prefix="adbudget-", dir=place, ignore_cleanup_errors=True) as name:
        if user:
            shutil.chown(name, user)
        yield Path(name)


def wheel_file(package: str, pattern: str) -> Path | None:
    """A file inside an installed wheel, found without importing it."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        return None
    return next(iter(sorted(Path(spec.origin).parent.glob(pattern))), None)


def program(*names: str) -> Path | None:
    found = (shutil.which(name, path=SEARCH_PATH) for name in names)
    return next((Path(path) for path in found if path), None)
