"""Runs benchmarks on a PostgreSQL of their own and prints the table."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from benchmarks.server import postgres

NAMES = (
    "spends",
    "usual",
    "batches",
    "portable",
    "sweeps",
    "million",
    "memory",
    "midnight",
    "requests",
    "imports",
)
ONLY_FULL = ("growth",)


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="quick|NAME", help=f"quick, and any of {', '.join(NAMES + ONLY_FULL)}"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    options = parser.parse_args(arguments)
    options.quick = "quick" in options.names
    options.names = [name for name in options.names if name != "quick"]
    if unknown := set(options.names) - {*NAMES, *ONLY_FULL}:
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}")
    options.names = options.names or [*NAMES, *(() if options.quick else ONLY_FULL)]
    return options


def benchmarks() -> dict[str, Callable[..., Iterator[object]]]:
    """By name; imported once Django is set up."""
    from benchmarks import batches, doors, growth, midnight, reconciling, spends

    return {
        "spends": spends.spends,
        "usual": spends.usual_way,
        "batches": batches.batches,
        "portable": batches.portable_batch,
        "sweeps": reconciling.sweeps,
        "million": reconciling.million,
        "memory": growth.memory,
        "midnight": midnight.midnight,
        "requests": doors.requests,
        "imports": doors.imports,
        "growth": growth.growth,
    }


def main(arguments: Sequence[str]) -> int:
    options = parse(arguments)
    with postgres() as url:
        os.environ["ADBUDGET_BENCH_URL"] = url
        os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.settings"
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        run(options)
    return 0


def run(options: argparse.Namespace) -> None:
    from django.db import connections

    from benchmarks.measuring import Row, Scale, write_json

    rows: list[Row] = []
    known = benchmarks()
    for name in options.names:
        begun = time.monotonic()
        for row in known[name](Scale(options.quick)):
            assert isinstance(row, Row)
            rows.append(row)
            print(row, flush=True)
        print(f"  -- {name}: {time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)
    if options.json:
        write_json(options.json, rows)
    missed = [row.work for row in rows if not row.is_met]
    print(f"{len(rows) - len(missed)} of {len(rows)} targets met" + "".join(f"\n  missed: {work}" for work in missed))
    connections.close_all()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
