"""Child processes that end for certain, with whatever they started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

PROJECT = Path(__file__).resolve().parents[1]
CELERY = (sys.executable, "-m", "celery", "--app", "config")
# The solo pool runs one task at a time: SQLite has one writer at a time anyway. --beat puts beat beside it.
SERVED_WORKER = (*CELERY, "worker", "--beat", "--pool", "solo", "--loglevel", "INFO")
# With files as the broker nobody listens to what workers tell each other and Flower.
WORKER = (*SERVED_WORKER, "--without-gossip", "--without-mingle", "--without-heartbeat")
GRACE = 15.0
POSIX = os.name == "posix"

Child = subprocess.Popen[bytes]


def start(command: Sequence[str], env: Mapping[str, str] | None = None, out: IO[str] | None = None) -> Child:
    # A group of its own: Ctrl-C does not reach it, and its own children can be ended with it.
    return subprocess.Popen(command, cwd=PROJECT, env=env, stdout=out, stderr=out, start_new_session=POSIX)


def end(children: Sequence[Child]) -> None:
    """Ask all to end, and kill what has not ended in time."""
    for child in children:
        child.terminate()
    deadline = time.monotonic() + GRACE
    for child in children:
        with suppress(subprocess.TimeoutExpired):
            child.wait(max(deadline - time.monotonic(), 0.1))
    for child in children:
        _kill_group(child)
        child.wait()


def _kill_group(child: Child) -> None:
    with suppress(ProcessLookupError, PermissionError):
        if POSIX:
            os.killpg(child.pid, signal.SIGKILL)
        else:
            child.kill()
