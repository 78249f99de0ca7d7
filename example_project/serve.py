"""Runs the site, its worker and its beat until Ctrl-C: `python example_project/serve.py [--port 8000]`.

`--flower 5555` runs Flower beside them, where CELERY_BROKER_URL names a broker."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from types import FrameType

from agency.processes import CELERY, POSIX, PROJECT, SERVED_WORKER, WORKER, Child, end, start

MANAGE = (sys.executable, "manage.py")
SIGNALS = [signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if POSIX else [])]


class Stop(Exception):
    """Somebody asked for the end."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default=os.environ.get("HOST", "127.0.0.1"))
    parser.add_argument("--port", default=os.environ.get("PORT", "8000"))
    parser.add_argument("--flower", metavar="PORT", default=os.environ.get("FLOWER_PORT"), help="Flower beside it")
    options = parser.parse_args()
    if options.flower:
        _check_flower(parser)
    prepared = subprocess.run([*MANAGE, "prepare"], cwd=PROJECT, check=False)
    if prepared.returncode:
        return prepared.returncode
    print(f"\nThe site is at http://{options.host}:{options.port}/ - Ctrl-C ends it.\n", flush=True)
    return run(map(start, _commands(options)))


def _commands(options: argparse.Namespace) -> list[tuple[str, ...]]:
    site = (*MANAGE, "runserver", "--noreload", f"{options.host}:{options.port}")
    # Flower shows and ends tasks for whoever reaches it, so it listens where the site does, not everywhere.
    flower = (*CELERY, "flower", f"--address={options.host}", f"--port={options.flower}")
    worker = SERVED_WORKER if _broker() else WORKER
    return [site, worker, *([flower] if options.flower else [])]


def _broker() -> str | None:
    return os.environ.get("CELERY_BROKER_URL") or os.environ.get("REDIS_URL")


def _check_flower(parser: argparse.ArgumentParser) -> None:
    if not _broker():
        parser.error("Flower listens to a broker's events; name a broker: CELERY_BROKER_URL=redis://localhost/0")
    if find_spec("flower") is None:
        parser.error("Flower is not installed: pip install 'django-adbudget[observability]'")


def run(starting: Iterable[Child]) -> int:
    """Start one after the other, run until one ends or a signal comes, then end all."""
    for number in SIGNALS:
        signal.signal(number, _stop)
    children: list[Child] = []
    try:
        for child in starting:
            children.append(child)  # noqa: PERF402 - one by one, so that a signal in between finds those there are
        return _first_to_end(children)
    except Stop:
        return 0
    finally:
        for number in SIGNALS:  # an impatient second Ctrl-C must not leave children behind
            signal.signal(number, signal.SIG_IGN)
        end(children)


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise Stop


def _first_to_end(children: Sequence[Child]) -> int:
    while True:
        for child in children:
            if child.poll() is not None:
                print(f"{child.args!r} ended with {child.returncode}; ending the others.", file=sys.stderr)
                return child.returncode or 1
        time.sleep(0.2)


if __name__ == "__main__":
    raise SystemExit(main())
