"""Each platform's export, as it looks when it is downloaded or comes by a connector."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from django_adbudget import services
from django_adbudget.importers import LAYOUTS
from django_adbudget.importers.layouts import squashed
from django_adbudget.models import Brand, SpendRecord
from tests.importers.reports import FIXTURES, imported, ledger

A, B = "1001", "1002"
GERMAN = {
    "map": ["campaign_name=Kampagne", "date=Tag", "spend=Betrag"],
    "decimal_comma": True,
    "date_format": "dmy",
}
# file, layout, options, rows, total, the ledger after it
REPORTS: list[tuple[str, str, dict[str, Any], int, str, dict[tuple[str, str], str]]] = [
    ("google_ads.csv", "google_ads", {}, 4, "1335.000001", {
        (A, "2026-03-01"): "1234.56", (A, "2026-03-02"): "0.44", (B, "2026-03-01"): "100.000001"}),
    ("google_ads_api.csv", "google_ads", {}, 4, "1335.000001", {
        (A, "2026-03-01"): "1234.56", (A, "2026-03-02"): "0.44", (B, "2026-03-01"): "100.000001"}),
    ("meta.csv", "meta", {}, 5, "60.10", {
        (A, "2026-03-01"): "41", (A, "2026-03-02"): "12", (B, "2026-03-02"): "7.1"}),
    ("microsoft.csv", "microsoft", {}, 4, "1022.25", {
        (A, "2026-03-01"): "22.25", (A, "2026-03-02"): "1000"}),
    ("linkedin.csv", "linkedin", {}, 3, "100.01", {
        (A, "2026-02-14"): "51.4", (A, "2026-02-15"): "48.6", (B, "2026-02-15"): "0.01"}),
    ("linkedin_connector.csv", "linkedin", {}, 3, "100.01", {
        (A, "2026-02-14"): "51.4", (A, "2026-02-15"): "48.6", (B, "2026-02-15"): "0.01"}),
    ("tiktok.csv", "tiktok", {}, 4, "32.222000", {
        (A, "2026-03-01"): "10", (A, "2026-03-02"): "22.222"}),
    ("amazon.csv", "amazon", {}, 3, "15.00", {
        (A, "2026-03-01"): "8.1", (A, "2026-03-02"): "6.9"}),
    ("pinterest.csv", "pinterest", {}, 3, "25.500001", {
        (A, "2026-03-01"): "12.5", (A, "2026-03-02"): "13.000001"}),
    ("reddit.csv", "reddit", {}, 3, "10.000015", {
        (A, "2026-03-01"): "4.25", (A, "2026-03-02"): "5.75", (B, "2026-03-02"): "0.000015"}),
    ("snapchat.csv", "snapchat", {}, 5, "1.750000", {
        # 22:00 UTC is 23:00 in Berlin; the two hours after it are the next day there.
        (A, "2026-03-01"): "0.001353", (A, "2026-03-02"): "0.75", (B, "2026-03-02"): "0.998647"}),
    ("x.csv", "x", {}, 3, "10.090001", {
        (A, "2026-03-01"): "10", (B, "2026-03-02"): "0.090001"}),
    ("generic.csv", "generic", GERMAN, 3, "1252.00", {
        (A, "2026-03-01"): "1234.56", (A, "2026-03-02"): "17", (B, "2026-03-01"): "0.44"}),
]  # fmt: skip


@pytest.mark.parametrize(("file", "layout", "options", "rows", "total", "days"), REPORTS, ids=[r[0] for r in REPORTS])
def test_a_report_is_imported_once(
    brand: Brand, file: str, layout: str, options: Any, rows: int, total: str, days: Any
) -> None:
    first = imported(FIXTURES / file, layout, **options)
    assert (first["rows"], first["source"], first["notes"][1:]) == (rows, layout, [])
    assert Decimal(first["amounts"]["EUR"]) == Decimal(total)
    assert ledger() == days
    assert first["recorded"] == len(days) == SpendRecord.objects.filter(source=layout).count()
    assert services.verify_summaries() == []

    second = imported(FIXTURES / file, layout, **options)
    assert (second["recorded"], second["unchanged"]) == (0, first["totals"])
    assert second["status_changes"] == []
    assert ledger() == days


def test_every_layout_has_a_fixture() -> None:
    assert {layout for _, layout, *_ in REPORTS} == set(LAYOUTS)


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS.keys())
def test_no_column_is_listed_twice(layout: Any) -> None:
    for headers in (
        [choice.header for choice in layout.when],
        [choice.header for choice in layout.amount],
        layout.campaign_id,
        layout.currency,
    ):
        assert len({squashed(header) for header in headers}) == len(headers)


def test_totals_rows_and_footers_are_counted(brand: Brand) -> None:
    assert imported(FIXTURES / "google_ads.csv", "google_ads")["rows_left_out"] == 2
    assert imported(FIXTURES / "microsoft.csv", "microsoft")["rows_left_out"] == 1


def test_a_cell_without_a_value_is_no_zero(brand: Brand) -> None:
    report = imported(FIXTURES / "google_ads.csv", "google_ads")
    assert (report["rows_without_amount"], report["totals"]) == (1, 3)


def test_headers_of_a_layout_can_be_mapped(brand: Brand, write: Any) -> None:
    file = write("1001,2026-03-01,5,EUR", header="Kampagnen-ID,Tag,Kosten,Währungscode")
    fields = ["campaign_id=Kampagnen-ID", "date=Tag", "spend=Kosten", "currency=Währungscode"]
    assert imported(file, "google_ads", map=fields)["amounts"] == {"EUR": "5.00"}


def test_a_header_with_a_currency_is_made_for_people_and_has_no_micro_units(brand: Brand, write: Any) -> None:
    assert imported(write("1001,2026-03-01,5", header="Campaign ID,Date,Spend (EUR)"), "reddit")["amounts"] == {
        "EUR": "5.00"
    }


def test_sources_do_not_mix(brand: Brand) -> None:
    imported(FIXTURES / "x.csv", "x")
    imported(FIXTURES / "x.csv", "x", source="x-second-account")
    assert ledger()[A, "2026-03-01"] == "20"
