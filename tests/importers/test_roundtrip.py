"""Any report, in any layout and dress, comes to its exact total, and to nothing more when it comes again."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from django_adbudget.importers import LAYOUTS, Layout
from django_adbudget.models import Campaign, SpendRecord
from tests.factories import make_brand
from tests.importers.reports import imported

FIRST = date(2026, 1, 1)
IDS = ["1001", "1002", "a-b_c", "9" * 19]


@dataclass(frozen=True)
class Line:
    campaign: str
    day: date
    micros: int


@dataclass(frozen=True)
class Dress:
    """How the same rows may be written."""

    layout: Layout
    amount: int
    day: str
    delimiter: str
    encoding: str
    line_end: str
    packed: bool
    upper: bool
    thousands: bool
    preamble: int

    def write(self, lines: list[Line]) -> bytes:
        out = io.StringIO()
        for number in range(self.preamble):
            out.write(f"About this report: {number}{self.line_end}")
        table = csv.writer(out, delimiter=self.delimiter, lineterminator=self.line_end)
        column = self.layout.amount[self.amount]
        header = [self.layout.campaign_id[0], self.day, "Clicks", column.header]
        table.writerow([name.upper() if self.upper else name for name in header])
        for line in lines:
            table.writerow([line.campaign, line.day, 7, self.money(line.micros, column.micros)])
        table.writerow(["Total: all", "--", "--", "--"])
        data = out.getvalue().encode(self.encoding)
        return gzip.compress(data) if self.packed else data

    def money(self, micros: int, in_micros: bool) -> str:
        sign = "," if self.thousands and self.delimiter != ";" else ""
        if in_micros:
            return format(micros, sign)
        return format(Decimal(micros).scaleb(-6), f"{sign}f")


lines = st.lists(
    st.builds(
        Line,
        st.sampled_from(IDS),
        st.integers(0, 60).map(lambda days: FIRST + timedelta(days)),
        st.one_of(st.just(0), st.integers(0, 10**7), st.integers(0, 10**13)),
    ),
    max_size=40,
)
dressed = st.sampled_from(sorted(LAYOUTS)).flatmap(
    lambda name: st.builds(
        Dress,
        layout=st.just(LAYOUTS[name]),
        amount=st.integers(0, len(LAYOUTS[name].amount) - 1),
        day=st.sampled_from([choice.header for choice in LAYOUTS[name].when if not choice.hours]),
        delimiter=st.sampled_from(",\t;|"),
        encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
        line_end=st.sampled_from(["\n", "\r\n"]),
        packed=st.booleans(),
        upper=st.booleans(),
        thousands=st.booleans(),
        preamble=st.integers(0, 12),
    )
)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("reports") / "report"


@pytest.mark.django_db
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=lines, dress=dressed)
def test_any_report_comes_to_its_exact_total(db: None, path: Path, rows: list[Line], dress: Dress) -> None:
    path.write_bytes(dress.write(rows))
    wanted: dict[tuple[str, date], int] = defaultdict(int)
    for row in rows:
        wanted[row.campaign, row.day] += row.micros
    with transaction.atomic():
        brand = make_brand(currency="USD")
        Campaign.objects.bulk_create([Campaign(brand=brand, name=name, external_id=name) for name in IDS])
        first = imported(path, dress.layout.name, decimal_point=True)
        second = imported(path, dress.layout.name, decimal_point=True)
        found = {
            (record.campaign.external_id, record.spend_date): int(record.amount.scaleb(6))
            for record in SpendRecord.objects.select_related("campaign")
        }
        transaction.set_rollback(True)
    assert found == {key: micros for key, micros in wanted.items() if micros}
    assert Decimal(first["amounts"].get("USD", 0)).scaleb(6) == sum(wanted.values())
    assert (first["rows"], first["rows_left_out"], first["totals"]) == (len(rows), 1, len(wanted))
    assert (second["recorded"], second["unchanged"]) == (0, len(wanted))


def test_the_marks_that_python_writes_are_those_that_are_read() -> None:
    assert "x".encode("utf-16").startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
