"""All tests, on each kind of database in turn: `python -m tests [SUITE ...] [-- PYTEST ARGUMENTS]`.

Every test runs in at least one suite; those that touch a database run again in the next."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Suite:
    select: str
    servers: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    where: tuple[str, ...] = ("--ignore=tests/browser",)  # it needs an extra of its own to be imported at all
    processes: tuple[str, ...] = ("-n", "logical", "--maxprocesses", "4", "--dist", "loadgroup")

    def command(self, runner: Sequence[str], arguments: Sequence[str]) -> list[str]:
        # What coverage sees are processes that Python's own multiprocessing starts.
        processes = () if "coverage" in runner else self.processes
        pytest = [sys.executable, "-m", *runner, "-m", self.select, *self.where, *processes, *arguments]
        if not self.servers:
            return pytest
        return [sys.executable, "-m", "tests.servers", *self.servers, "--", *pytest]


SUITES = {
    "sqlite": Suite(
        "not (postgres or mariadb or server or broker or router or faults)",
        environment={"ADBUDGET_TEST_DB": "sqlite"},
    ),
    "router": Suite("router", environment={"ADBUDGET_TEST_DB": "sqlite", "ADBUDGET_TEST_ROUTER": "1"}, processes=()),
    "postgres": Suite("(database or broker) and not (sqlite or mariadb or router or faults)", ("postgres", "redis")),
    "mariadb": Suite("database and not (sqlite or postgres or broker or router or faults)", ("mariadb",)),
    # Its tests start the servers that they end.
    "faults": Suite(
        "faults", environment={"ADBUDGET_TEST_DB": "sqlite"}, where=("-o", "testpaths=tests/faults"), processes=()
    ),
    "crashes": Suite("faults and database", ("postgres",), where=("-o", "testpaths=tests/faults"), processes=()),
    "browser": Suite(
        "browser",
        environment={
            "ADBUDGET_TEST_DB": "sqlite",
            "DJANGO_SETTINGS_MODULE": "tests.browser.settings",
            "DJANGO_ALLOW_ASYNC_UNSAFE": "1",  # Playwright keeps an event loop in the tests' thread
        },
        where=("-o", "testpaths=tests/browser"),
        processes=(),
    ),
}
DEFAULT = ("sqlite", "router", "postgres")


def run(name: str, runner: Sequence[str], arguments: Sequence[str]) -> bool:
    suite, begun = SUITES[name], time.monotonic()
    print(f"\n== tests on {name}", flush=True)
    environment = {**os.environ, **suite.environment}
    code = subprocess.run(suite.command(runner, arguments), env=environment, check=False).returncode
    print(
        f"== {name}: {'passed' if code == 0 else f'exit {code}'} in {time.monotonic() - begun:.0f} s",
        flush=True,
    )
    return code == 0


def main(arguments: Sequence[str]) -> int:
    at = arguments.index("--") if "--" in arguments else len(arguments)
    names, rest = list(arguments[:at]), arguments[at + 1 :]
    runner = ["coverage", "run", "-m", "pytest"] if "--coverage" in names else ["pytest"]
    names = [name for name in names if name != "--coverage"] or list(DEFAULT)
    if unknown := set(names) - set(SUITES):
        print(f"No such suite: {', '.join(sorted(unknown))}; there are {', '.join(SUITES)}.", file=sys.stderr)
        return 2
    passed = [run(name, runner, rest) for name in names]
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
