"""Spends, ticks and deliveries at once: four processes on a SQLite file, 16 threads on MariaDB, through PgBouncer.

Rules L2 to L5, S4, D1 and H1."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

import pytest

from tests import servers

from .machines import ROOT, environment, expect_exact, on_stage, pgbouncer, postgres, table
from .size import part_of

pytestmark = [pytest.mark.faults, pytest.mark.integration]

Urls = tuple[str, str]
"""What the crowd uses, and what the check after it uses."""


@contextmanager
def sqlite(home: Path) -> Iterator[Urls]:
    url = f"sqlite:///{home / 'ledger.sqlite3'}"
    yield url, url


@contextmanager
def mariadb(home: Path) -> Iterator[Urls]:
    with servers.mariadb() as url:
        yield url, url


@contextmanager
def behind_pgbouncer(home: Path) -> Iterator[Urls]:
    """With Django's settings as they are: prepared statements off, server-side cursors not disabled."""
    with postgres() as database, pgbouncer(database.url) as pooled:
        yield pooled, database.url


@pytest.mark.parametrize(
    ("place", "processes", "threads", "spends"),
    [
        pytest.param(sqlite, 4, 1, part_of(4_000), id="sqlite"),
        pytest.param(mariadb, 1, 16, part_of(20_000), id="mariadb"),
        pytest.param(behind_pgbouncer, 4, 4, part_of(20_000), id="pgbouncer"),
    ],
)
def test_totals_are_exact(
    place: Callable[[Path], AbstractContextManager[Urls]], processes: int, threads: int, spends: int, tmp_path: Path
) -> None:
    with place(tmp_path) as (used, checked):
        on_stage("prepare", spends, environment(checked))
        began = time.monotonic()
        crowd(environment(used), processes, threads, spends)
        took = time.monotonic() - began
        result = on_stage("check", spends, environment(checked))
    expect_exact(result, spends)
    rows = {
        "processes, threads each": f"{processes}, {threads}",
        "spends": f"{spends}, each sent twice",
        "lost, doubled": f"{result['lost']}, {result['doubled']}",
        "ledger": f"{result['total']} of {result['wanted']}",
        "changes of status": result["changes"],
        "seconds": f"{took:.0f}, {2 * spends / took:.0f} calls/s",
    }
    print(table(place.__name__, rows))


def crowd(env: dict[str, str], processes: int, threads: int, spends: int) -> None:
    command = [sys.executable, "-m", "tests.faults.crowding"]
    with ExitStack() as stack:
        children = [
            subprocess.Popen(
                [*command, str(number), str(processes), str(threads), str(spends)],
                cwd=ROOT,
                env=env,
                stderr=subprocess.PIPE,
                text=True,
            )
            for number in range(processes)
        ]
        for child in children:
            stack.enter_context(child)
            stack.callback(child.kill)
        errors = [child.communicate()[1] for child in children]
    assert [child.returncode for child in children] == [0] * processes, "\n".join(errors)
