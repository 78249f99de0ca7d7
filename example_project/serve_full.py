"""Runs what docker-compose.yml runs, by the same entrypoints and in the same order, until Ctrl-C.

`make serve-full` brings PostgreSQL and Redis; else DATABASE_URL and REDIS_URL name them. HOST, PORT and FLOWER_PORT say
where the site and Flower listen."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator

from agency.processes import PROJECT, Child, start
from serve import run

OTHERS = ("worker", "beat", "flower")
PATIENCE = 90.0


class Unwell(Exception):
    """A service has ended, or did not become healthy."""


def main() -> int:
    if missing := [name for name in ("DATABASE_URL", "REDIS_URL") if name not in os.environ]:
        print(f"{' and '.join(missing)} must name a server. `make serve-full` brings them.", file=sys.stderr)
        return 2
    try:
        return run(_services())
    except Unwell as error:
        print(error, file=sys.stderr)
        return 1


def _services() -> Iterator[Child]:
    """The others need tables: they wait until the site is healthy, as with `depends_on`."""
    children = {"web": _entrypoint("web")}
    yield children["web"]
    _wait_until_healthy("web", children["web"])
    for service in OTHERS:
        children[service] = _entrypoint(service)
        yield children[service]
    for service in OTHERS:
        _wait_until_healthy(service, children[service])
    host, port, flower = _value("HOST", "127.0.0.1"), _value("PORT", "8000"), _value("FLOWER_PORT", "5555")
    print(f"\nAll are healthy: http://{host}:{port}/, Flower http://{host}:{flower}/ - Ctrl-C ends them.\n", flush=True)


def _entrypoint(service: str) -> Child:
    return start([str(PROJECT / "packaging" / "entrypoints" / f"{service}.sh")])


def _wait_until_healthy(service: str, child: Child) -> None:
    deadline = time.monotonic() + PATIENCE
    while (check := _check(service)).returncode:
        if child.poll() is not None:
            raise Unwell(f"{service} ended with {child.returncode}.")
        if time.monotonic() > deadline:
            raise Unwell(f"{service} did not become healthy in {PATIENCE:.0f} s: {check.stderr.strip()}")
        time.sleep(0.5)
    print(f"{service} is healthy.", flush=True)


def _check(service: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "healthy.py", service]
    return subprocess.run(command, cwd=PROJECT, text=True, capture_output=True, check=False)


def _value(variable: str, default: str) -> str:
    return os.environ.get(variable, default)


if __name__ == "__main__":
    raise SystemExit(main())
