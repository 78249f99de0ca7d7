"""pgbench running the statements that one spend runs, as the service sends them."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from django.db import connections
from django.test.utils import CaptureQueriesContext

from benchmarks import data
from benchmarks.server import pgbench
from django_adbudget import services

#: Ids and a key that stand for nothing else in a statement.
_ID = 900_000_001
_KEY = "the-key-of-pgbench"


def script(folder: Path, campaigns: int) -> Path:
    """The statements of a spend, each with a brand, a campaign of the same id and a key of its own."""
    statements = _captured()
    lines = [rf"\set one random(1, {campaigns})", r"\set key random(1, 9000000000000000000)", "BEGIN;"]
    for statement in statements:
        line = " ".join(statement.split())
        line = re.sub(rf"\b{_ID}\b", ":one", line).replace(_KEY, ":key")
        lines.append(f"{line};")
    path = folder / "spend.pgbench"
    path.write_text("\n".join([*lines, "COMMIT;", ""]))
    return path


def _captured() -> list[str]:
    connection = connections["default"]
    with connection.cursor() as cursor:
        for table in ("django_adbudget_brand", "django_adbudget_campaign"):
            cursor.execute(f"SELECT * FROM {table} WHERE id = 1")
            names = [column[0] for column in cursor.description]
            taken = ", ".join({"id": str(_ID), "brand_id": str(_ID), "name": "'of pgbench'"}.get(n, n) for n in names)
            cursor.execute(f"INSERT INTO {table} ({', '.join(names)}) SELECT {taken} FROM {table} WHERE id = 1")
    with CaptureQueriesContext(connection) as queries:
        services.record_spend(_ID, 1, idempotency_key=_KEY, now=data.NOW)
    return [q["sql"] for q in queries if q["sql"] not in ("BEGIN", "COMMIT")]


def per_second(path: Path, clients: int, seconds: int) -> float:
    """Transactions a second."""
    program, settings = pgbench(), connections["default"].settings_dict
    assert program is not None  # the caller has looked
    done = subprocess.run(
        [
            *(program, "-n", "-M", "simple", "-c", str(clients), "-j", str(min(clients, 2)), "-T", str(seconds)),
            *("-f", path, "-h", settings["HOST"], "-p", str(settings["PORT"]), "-U", settings["USER"]),
            settings["NAME"],
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    found = re.search(r"tps = ([\d.]+)", done.stdout)
    if done.returncode or not found or "number of failed transactions: 0 " not in done.stdout:
        raise RuntimeError(f"pgbench failed: {done.stderr[-500:]} {done.stdout[-500:]}")
    return float(found[1])
