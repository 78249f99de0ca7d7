"""Runs the site, its worker and its beat until Ctrl-C: `python example_project/serve.py [--port 8000]`."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from types import FrameType

from agency.processes import POSIX, PROJECT, WORKER, Child, end, start

MANAGE = (sys.executable, "manage.py")
SIGNALS = [signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if POSIX else [])]


class Stop(Exception):
    """Somebody asked for the end."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default=os.environ.get("HOST", "127.0.0.1"))
    parser.add_argument("--port", default=os.environ.get("PORT", "8000"))
    options = parser.parse_args()
    prepared = subprocess.run([*MANAGE, "prepare"], cwd=PROJECT, check=False)
    if prepared.returncode:
        return prepared.returncode
    print(f"\nThe site is at http://{options.host}:{options.port}/ - Ctrl-C ends it.\n", flush=True)
    return run([(*MANAGE, "runserver", "--noreload", f"{options.host}:{options.port}"), WORKER])


def run(commands: Sequence[Sequence[str]]) -> int:
    """Run all until one ends or a signal comes, then end all."""
    for number in SIGNALS:
        signal.signal(number, _stop)
    children: list[Child] = []
    try:
        children.extend(map(start, commands))
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
