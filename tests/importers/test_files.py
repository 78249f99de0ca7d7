"""Files as they come: encodings, packed, by a pipe, with what people's programs put around the table."""

from __future__ import annotations

import gzip
import io
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from django_adbudget.importers.files import text_of
from django_adbudget.models import Brand, Campaign
from tests.importers.conftest import Write
from tests.importers.reports import FIXTURES, HEADER, imported, ledger, refusal

TEXT = (FIXTURES / "google_ads.csv").read_text()
DAYS = {("1001", "2026-03-01"): "1234.56", ("1001", "2026-03-02"): "0.44", ("1002", "2026-03-01"): "100.000001"}


def pipe(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=Slow(data)))


class Slow(io.BytesIO):
    """A pipe that hands out a byte, then a few at a time."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(1 if self.tell() < 4 else min(size if size and size > 0 else 999, 999))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("packed", [False, True])
def test_encodings_line_ends_and_gzip(brand: Brand, tmp_path: Path, encoding: str, line_end: str, packed: bool) -> None:
    data = TEXT.replace("\n", line_end).encode(encoding)
    path = tmp_path / "report"  # nothing is read from the name
    path.write_bytes(gzip.compress(data) if packed else data)
    assert imported(path, "google_ads")["rows"] == 4
    assert ledger() == DAYS


def test_big_endian_utf_16(brand: Brand, tmp_path: Path) -> None:
    path = tmp_path / "report.csv"
    path.write_bytes(b"\xfe\xff" + TEXT.encode("utf-16-be"))
    imported(path, "google_ads")
    assert ledger() == DAYS


@pytest.mark.parametrize("packed", [False, True])
def test_standard_input(brand: Brand, monkeypatch: pytest.MonkeyPatch, packed: bool) -> None:
    data = TEXT.encode("utf-8-sig")
    pipe(monkeypatch, gzip.compress(data) if packed else data)
    assert imported("-", "google_ads")["file"] == "-"
    assert ledger() == DAYS
    assert not sys.stdin.buffer.closed


@pytest.mark.parametrize("delimiter", ["\t", ";", "|"])
def test_other_delimiters(brand: Brand, write: Write, delimiter: str) -> None:
    imported(write("1001,2026-03-01,5".replace(",", delimiter), header=HEADER.replace(",", delimiter)), "google_ads")
    assert ledger() == {("1001", "2026-03-01"): "5"}


def test_what_is_not_utf8_is_refused(brand: Brand, write: Write) -> None:
    file = write("1001,Frühling,2026-03-01,5", header="Campaign ID,Campaign,Day,Cost", encoding="latin-1")
    assert "is not UTF-8" in refusal(file)


def test_utf_16_without_its_mark_is_refused(brand: Brand, tmp_path: Path) -> None:
    path = tmp_path / "report.csv"
    path.write_bytes(TEXT.encode("utf-16-le"))
    assert "line 1: holds a NUL character" in refusal(path)


def test_an_empty_file_is_refused(brand: Brand, tmp_path: Path) -> None:
    path = tmp_path / "report.csv"
    path.touch()
    assert "there is no header of Google Ads" in refusal(path)


def test_a_header_without_rows_changes_nothing(brand: Brand, write: Write) -> None:
    report = imported(write(), "google_ads")
    assert (report["rows"], report["totals"], report["first_day"], report["amounts"]) == (0, 0, None, {})


@pytest.mark.parametrize("cut", [30, 12])
def test_a_gzip_file_that_is_cut_off_is_refused(brand: Brand, tmp_path: Path, cut: int) -> None:
    path = tmp_path / "report.csv.gz"
    path.write_bytes(gzip.compress(TEXT.encode())[:-cut])
    assert "the gzip file is cut off or damaged" in refusal(path)


def test_a_gzip_file_that_is_damaged_is_refused(brand: Brand, tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(TEXT.encode()))
    packed[40:60] = b"\xff" * 20
    path = tmp_path / "report.csv.gz"
    path.write_bytes(packed)
    assert "the gzip file is cut off or damaged" in refusal(path)


def test_a_workbook_is_told_from_a_table(brand: Brand, tmp_path: Path) -> None:
    path = tmp_path / "report.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("sheet.xml", "<xml/>")
    assert "this is a ZIP archive or an Excel workbook" in refusal(path)


def test_a_directory_is_refused(brand: Brand, tmp_path: Path) -> None:
    assert "cannot read" in refusal(tmp_path)


def test_a_preamble_may_hold_quotes_and_commas(brand: Brand, tmp_path: Path) -> None:
    path = tmp_path / "report.csv"
    path.write_text(f'The "best" report, of "all\n"x\n\n{HEADER}\n1001,2026-03-01,5\n')
    imported(path, "google_ads")
    assert ledger() == {("1001", "2026-03-01"): "5"}


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_a_header_may_hold_line_breaks(brand: Brand, tmp_path: Path, line_end: str) -> None:
    path = tmp_path / "report.csv"
    header = '"Campaign\nID","Day","Reach\n(\n%)","Amount\nspent (EUR)"'
    text = f'A "report"\n"of\nall",x\n\n{header}\n1001,2026-03-01,7,5\n1001,x,7,5\n'
    path.write_text(text.replace("\n", line_end), newline="")
    assert refusal(path, "meta").splitlines()[1:] == ["  line 11: 'x' is not a date"]
    path.write_text(text.replace("1001,x,7,5\n", "").replace("\n", line_end), newline="")
    assert imported(path, "meta")["amounts"] == {"EUR": "5.00"}


def test_a_header_of_two_lines_is_held_to_its_currency(brand: Brand, write: Write) -> None:
    file = write("1001,2026-03-01,5", header='Campaign ID,Day,"Amount\nspent (USD)"')
    assert "line 3: the header says USD, the brand Fahrrad says EUR" in refusal(file, "meta")


def test_a_quote_that_opens_nothing_takes_no_rows_with_it(brand: Brand, write: Write) -> None:
    file = write("1001,2026-03-01,5,x", "1001,2026-03-02,6,x", header=f'"About,this\n{HEADER},"Notes')
    assert imported(file, "google_ads")["rows"] == 2


def test_a_cell_may_hold_a_line_break_and_lines_are_still_counted(brand: Brand, write: Write) -> None:
    header = "Campaign ID,Campaign,Day,Cost"
    rows = ['1001,"two\nlines",2026-03-01,5', '1001,"and\nagain",2026-03-02,x']
    assert "  line 4: 'x' is not a number" in refusal(write(*rows, header=header))


def test_a_campaign_called_total_is_no_totals_row(brand: Brand, write: Write) -> None:
    Campaign.objects.create(brand=brand, name="Total: war", external_id="Total: 7")
    file = write(
        "Total: war,1001,2026-03-01,5",
        "Total,--,--,5",
        "Total war,,2026-03-01,1",
        header="Campaign,Campaign ID,Day,Cost",
    )
    assert refusal(file).splitlines()[1:] == [
        "  line 4: the campaign id is missing (of a summary row, export without it)"
    ]


@pytest.mark.parametrize("row", ["Total,,5", "Total: 5 campaigns,,5", "Grand total,--,5", "Total,5", "TOTALS"])
def test_totals_rows_of_any_shape(brand: Brand, write: Write, row: str) -> None:
    report = imported(write("1001,2026-03-01,5", row), "google_ads")
    assert (report["rows"], report["rows_left_out"]) == (1, 1)


@pytest.mark.parametrize("row", ["Total of 12 results,,5", "Total,Total,5", "Total,2026-03-01,", "Gesamt,--,5"])
def test_totals_rows_that_give_no_spend_of_a_day(brand: Brand, write: Write, row: str) -> None:
    report = imported(write("1001,2026-03-01,5", row), "google_ads", brand="Fahrrad", create=True)
    assert (report["rows"], report["rows_left_out"], report["created"]) == (1, 1, [])


@pytest.mark.parametrize("row", ["2026-03-01,Total,5", "2026-03-01,Total: all,5", "2026-03-01,Grand total,5"])
@pytest.mark.parametrize("options", [{}, {"brand": "Fahrrad", "create": True}])
def test_a_total_of_a_day_makes_no_campaign(brand: Brand, write: Write, row: str, options: Any) -> None:
    message = refusal(write("2026-03-01,1001,5", row, header="Day,Campaign ID,Cost"), **options)
    name = row.split(",")[1]
    assert message.splitlines()[1:] == [
        f"  line 3: {name!r} is taken for a total, not for a campaign; export without totals of days"
    ]


@pytest.mark.parametrize("blank", [[], [""]])
@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("(c) promo,2026-03-01,,5", "the campaign id is missing"),
        ("Total: war,2026-03-01,,5", "the campaign id is missing"),
        ("Copyright: a film,2026-03-0", "has 2 cells where the header has 4"),
        ("(c) promo,2026-03-01,1001,5", ""),
    ],
)
def test_spend_is_never_left_out_as_a_footer(
    brand: Brand, write: Write, blank: list[str], row: str, sentence: str
) -> None:
    file = write(*blank, row, header="Campaign,Day,Campaign ID,Cost")
    if sentence:
        assert f"line {2 + len(blank)}: {sentence}" in refusal(file)
    else:
        assert imported(file, "google_ads")["rows"] == 1


@pytest.mark.parametrize("row", ["2026-03-0", "2026-03-01 05:0", "3 Mar", "Mar 3", "a-b_c"])
def test_a_row_that_is_cut_off_below_a_blank_line_is_no_footer(brand: Brand, write: Write, row: str) -> None:
    file = write("2026-03-01,1001,5", "", row, header="Day,Campaign ID,Cost")
    assert "line 4: has 1 cells where the header has 3" in refusal(file)


@pytest.mark.parametrize(
    "rows", [["", "Generated by nobody"], ["(c) 2026 A Company"], ["", "All times in UTC,,"], ["", "Rows: 4"]]
)
def test_footers(brand: Brand, write: Write, rows: Any) -> None:
    assert imported(write("1001,2026-03-01,5", *rows), "google_ads")["rows"] == 1


def test_bytes_are_counted_for_the_bar() -> None:
    seen: list[int] = []
    data = gzip.compress(TEXT.encode())
    with text_of(io.BytesIO(data), seen.append) as text:
        assert text.read() == TEXT
    assert sum(seen) == len(data)
