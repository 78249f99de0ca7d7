"""Plants each bug in a copy of the package and runs the tests that must see it: `python -m tests.faults.planted`.

    python -m tests.faults.planted [--some N] [--only NAME] [--table]

First the copy as it is must pass all of these tests; then every named test must fail with its bug, by an assertion.
Needs DATABASE_URL of a PostgreSQL for the bugs that show only among several who write (`make test-planted`).
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from xml.etree import ElementTree as ET

from tests.__main__ import SUITES

from . import BUGS
from .bug import Bug
from .table import DOCUMENT, SOURCE, planted, table

ROOT = SOURCE.parents[1]
#: How a failure begins that is a test's own verdict, and no accident on the way to it.
VERDICTS = ("assert", "AssertionError", "Failed: DID NOT RAISE")
PYTEST = ("-q", "-n0", "-p", "no:cacheprovider")


class Copy:
    """The package in a folder of its own, which comes first on the path."""

    def __init__(self, folder: Path) -> None:
        self._package = folder / SOURCE.name
        self._folder = folder
        self._tick = time.time()
        shutil.copytree(SOURCE, self._package)

    @contextmanager
    def with_bug(self, bug: Bug) -> Iterator[None]:
        before = {file: (self._package / file).read_text() for file, _, _ in bug.changes}
        try:
            for file, text in planted(bug).items():
                self._write(file, text)
            yield
        finally:
            for file, text in before.items():
                self._write(file, text)

    def _write(self, file: str, text: str) -> None:
        """With a time of its own: Python tells stale bytecode by second and size."""
        path = self._package / file
        path.write_text(text)
        self._tick += 2
        os.utime(path, (self._tick, self._tick))

    def run(self, tests: Iterable[str], database: str) -> dict[str, set[str]]:
        """Verdicts by test: "passed", "assertion", "error"."""
        report = self._folder / "report.xml"
        report.unlink(missing_ok=True)
        paths = [f"tests/{test}" for test in tests]
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-m",
            SUITES[database].select,
            *PYTEST,
            f"--junitxml={report}",
            *paths,
        ]
        environment = {**os.environ, "PYTHONPATH": str(self._folder), "ADBUDGET_TEST_DB": database}
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        if not report.exists():
            raise SystemExit(f"pytest did not run:\n{done.stdout}\n{done.stderr}")
        return verdicts(report)


def verdicts(report: Path) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for case in ET.parse(report).iter("testcase"):
        path = (case.get("classname") or "").removeprefix("tests.").split(".")
        inside = [part for part in path if part[:1].isupper()]
        file = "/".join(path[: len(path) - len(inside)]) + ".py"
        name = "::".join([file, *inside, (case.get("name") or "").split("[")[0]])
        failure = case.find("failure")
        if case.find("error") is not None:
            verdict = "error"
        elif failure is not None:
            verdict = "assertion" if (failure.get("message") or "").startswith(VERDICTS) else "error"
        else:
            verdict = "passed"
        found.setdefault(name, set()).add(verdict)
    return found


def missed(bug: Bug, found: dict[str, set[str]]) -> list[str]:
    """The named tests that did not fail by an assertion."""
    return [test for test in bug.caught_by if "assertion" not in found.get(test, set())]


def healthy(copy: Copy, bugs: Sequence[Bug]) -> bool:
    """Whether the package as it is passes what is to fail."""
    for database in sorted({bug.database for bug in bugs}):
        tests = sorted({test for bug in bugs if bug.database == database for test in bug.caught_by})
        found = copy.run(tests, database)
        failed = [name for name, seen in found.items() if seen != {"passed"}]
        print(f"without a bug: {len(found) - len(failed)} of {len(tests)} tests pass on {database}", flush=True)
        if failed or set(tests) - set(found):
            print(f"  failed or not found: {', '.join([*failed, *(set(tests) - set(found))])}")
            return False
    return True


def chosen(options: argparse.Namespace) -> list[Bug]:
    bugs = [bug for bug in BUGS if options.only in (None, bug.name)]
    if options.some is None:
        return bugs
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(10_000)
    print(f"{options.some} of {len(bugs)} bugs, chosen by --seed {seed}")
    return random.Random(seed).sample(bugs, options.some)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.planted")
    parser.add_argument("--some", type=int, help="as many, chosen by chance")
    parser.add_argument("--seed", type=int, help="chosen as in an earlier run")
    parser.add_argument("--only", help="one, by its name")
    parser.add_argument("--table", action="store_true", help=f"write {DOCUMENT.name} and run nothing")
    options = parser.parse_args(arguments)
    if options.table:
        DOCUMENT.write_text(table())
        return 0
    bugs, begun, escaped = chosen(options), time.monotonic(), []
    with tempfile.TemporaryDirectory(prefix="adbudget-planted-") as folder:
        copy = Copy(Path(folder))
        if not bugs or not healthy(copy, bugs):
            return 1
        for bug in bugs:
            with copy.with_bug(bug):
                found = copy.run(bug.caught_by, bug.database)
            escapes = missed(bug, found)
            escaped += [bug.name] if escapes else []
            print(f"{'MISSED' if escapes else 'caught'}: {bug.name} {found if escapes else ''}", flush=True)
    print(f"{len(bugs) - len(escaped)} of {len(bugs)} planted bugs caught in {time.monotonic() - begun:.0f} s")
    return 1 if escaped else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
