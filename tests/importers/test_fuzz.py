"""Whatever a file holds, it is imported or refused in a sentence."""

from __future__ import annotations

import gzip
from contextlib import suppress
from pathlib import Path

import pytest
from django.core.management import CommandError
from django.db import transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from django_adbudget.importers import LAYOUTS
from tests.importers.reports import FIXTURES, imported

GOOD = [path.read_bytes() for path in sorted(FIXTURES.iterdir())]
cells = st.sampled_from(
    ["1001", "1002", "--", "", "2026-03-01", "2026-03-01 05:00", "03/04/2026", "5", "1e9", "-1", "Total: x", '"', '""',
     "EUR", "\0", "9" * 30, "2026-03-01T05:00+99:99", "9998-12-31 23:00-23:59",
     "1970-01-01 00:00+23:59", "٣", "\u2028", "\x85", "é"]
)  # fmt: skip
tables = st.lists(st.lists(cells, max_size=4).map(",".join), max_size=8).map(
    lambda rows: "\n".join(["Campaign ID,Day,Cost,Currency code", *rows]).encode()
)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    data = bytearray(draw(st.sampled_from(GOOD)))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(data) - 1))
        data[at : at + draw(st.integers(0, 9))] = draw(st.binary(max_size=9))
        data = data or bytearray(b"x")
    return bytes(data)


@pytest.mark.django_db
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    data=st.one_of(st.binary(max_size=300), tables, damaged(), damaged().map(gzip.compress)),
    layout=st.sampled_from(sorted(LAYOUTS)),
    as_events=st.booleans(),
    cut=st.booleans(),
)
@example(b"Campaign ID,Day,Cost\n1001,9998-12-31 23:00-23:59,1\n", "google_ads", False, False)
@example(b"Campaign ID,Day,Cost\n1001,1970-01-01 00:01+23:59,1\n", "google_ads", False, False)
def test_a_file_is_imported_or_refused(
    brand: object, tmp_path: Path, data: bytes, layout: str, as_events: bool, cut: bool
) -> None:
    path = tmp_path / "report"
    path.write_bytes(data[: len(data) // 2] if cut else data)
    with transaction.atomic():
        with suppress(CommandError):
            imported(path, layout, as_events=as_events)
        transaction.set_rollback(True)
