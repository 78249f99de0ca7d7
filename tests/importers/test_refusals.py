"""What is refused: with its line, and nothing of the file is imported."""

from __future__ import annotations

import io
import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from django_adbudget.importers import faults, posting, spool
from django_adbudget.models import Brand, Campaign, SpendRecord
from django_adbudget.services.audit.archiving import archive
from tests.factories import NOW, make_brand, make_campaign
from tests.importers.conftest import Write
from tests.importers.reports import imported, refusal

GOOD = "1001,2026-03-01,5"
CURRENCY = "Campaign ID,Day,Cost,Currency code"


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("1001,03/04/2026,1", "the date '03/04/2026' is ambiguous: say --date-format dmy or --date-format mdy"),
        ("1001,3.4.2026,1", "ambiguous"),
        ("1001,yesterday,1", "'yesterday' is not a date"),
        ("1001,2026-02-30,1", "'2026-02-30' is not a date of the calendar"),
        ("1001,01/02/26,1", "'01/02/26' is not a date"),
        ("1001,2026-03-01T25:00,1", "'2026-03-01T25:00' is not a time"),
        ("1001,0001-01-01,1", "outside the years 1970 to 9998"),
        ("1001,,1", "'' is not a date"),
        ("1001,2026-03-12,1", "2026-03-12 lies in the future of Europe/Berlin"),
        ("1001,2026-03-01", "has 2 cells where the header has 3"),
        ("1001,Spring,2026-03-01,1", "has 4 cells where the header has 3"),
        ("4711,2026-03-01,1", "no campaign has '4711' as its external id"),
        ("Spring,2026-03-01,1", "no campaign has 'Spring' as its external id"),
        ("1.001E+3,2026-03-01,1", "a spreadsheet has shortened the ids"),
        (",2026-03-01,1", "the campaign id is missing"),
        ("--,2026-03-01,1", "the campaign id is missing"),
        ("1001,2026-03-01,-1", "spend must not be negative, not '-1'"),
        ("1001,2026-03-01,1.2.3", "'1.2.3' is not a number"),
        ("1001,2026-03-01,$5", "'$5' is not a number"),
        ("1001,2026-03-01,1e3", "'1e3' is not a number"),
        ("1001,2026-03-01,٣", "'٣' is not a number"),
        ("1001,2026-03-01,inf", "'inf' is not a number"),
        ('1001,2026-03-01,"1,23"', "'1,23' is not a number; if this is a decimal comma, say --decimal-comma"),
        ('1001,2026-03-01,"12,34,567"', "is not a number"),
        ("1001,2026-03-01,0.0000001", "more than 6 decimal places"),
        ("1001,2026-03-01,1000000000", "larger than 999,999,999.999999"),
        (f"1001,2026-03-01,{'9' * 2000}", "is not a number"),
        ('1001,2026-03-01,"5', "this is not CSV"),
        ('1001,"2026-03-01"x,5', "this is not CSV"),
        ("1001,2026-03-01,5\0", "NUL"),
    ],
)
def test_a_bad_row_is_refused_with_its_line(brand: Brand, write: Write, row: str, sentence: str) -> None:
    message = refusal(write(GOOD, "", row))
    assert "nothing was imported\n  line 4: " in message
    assert sentence in message


@pytest.mark.parametrize(
    ("rows", "options", "sentence"),
    [
        ([f"{GOOD},EUR", f"{GOOD},USD"], {}, "line 3: this line says USD, the brand Fahrrad says EUR"),
        ([f"{GOOD},USD"], {}, "line 2: this line says USD, the brand Fahrrad says EUR; spend is refused"),
        ([f"{GOOD},EURO"], {}, "line 2: 'EURO' is not an ISO 4217 currency"),
        ([f"{GOOD},EUR"], {"currency": "usd"}, "line 2: this line says EUR, --currency says USD"),
        ([f"{GOOD},"], {"currency": "USD"}, "line 2: --currency says USD, the brand Fahrrad says EUR"),
    ],
)
def test_a_mixed_or_foreign_currency_is_refused(
    brand: Brand, write: Write, rows: Any, options: Any, sentence: str
) -> None:
    assert sentence in refusal(write(*rows, header=CURRENCY), **options)


def test_a_foreign_currency_in_the_header_is_refused(brand: Brand, write: Write) -> None:
    file = write(GOOD, header="Campaign ID,Reporting starts,Amount spent (USD)")
    assert "line 2: the header says USD, the brand Fahrrad says EUR" in refusal(file, "meta")


def test_a_header_that_fixes_dollars_is_held_to_it(brand: Brand, write: Write) -> None:
    file = write(GOOD, header="campaign_id,day,cost_in_usd")
    assert "line 2: the header says USD" in refusal(file, "linkedin")


def test_a_row_of_several_days_is_refused(brand: Brand, write: Write) -> None:
    file = write("1001,2026-03-01,2026-03-31,5", header="Campaign ID,Reporting starts,Reporting ends,Amount spent")
    assert "line 2: covers 2026-03-01 to 2026-03-31; export the report by day" in refusal(file, "meta")


@pytest.mark.parametrize(
    ("layout", "header", "rows", "options"),
    [
        (
            "meta",
            "ID,Début des rapports,Fin des rapports,Montant dépensé (EUR)",
            ["1001,2026-02-01,2026-02-28,500", "1002,2026-02-01,2026-02-28,5"],
            {"map": ["campaign_id=ID", "date=Début des rapports", "spend=Montant dépensé"]},
        ),
        (
            "generic",
            "Campaign ID,Date,End date,Spend",
            ["1001,2026-02-02,2026-02-08,7", "1001,2026-02-09,2026-02-15,7"],
            {},
        ),
        ("snapchat", "id,start_time,end_time,spend", ["1001,2026-02-01T00:00:00Z,2026-03-01T00:00:00Z,5000000"], {}),
    ],
    ids=["meta in French", "generic by week", "snapchat by month"],
)  # fmt: skip
def test_a_range_is_seen_by_its_dates(
    brand: Brand, write: Write, layout: str, header: str, rows: list[str], options: dict[str, Any]
) -> None:
    message = refusal(write(*rows, header=header), layout, **options)
    assert "rows cover several days: " in message
    assert "export the report by day, or without that column if it is something else" in message


@pytest.mark.parametrize(
    "rows",
    [
        ["1001,2026-03-01,2026-03-05,5", "1001,2026-03-02,2026-03-05,5"],
        ["1001,2026-03-01,2026-03-05,5", "1002,2026-03-01,2026-03-07,5"],
        ["1001,2026-03-01,2026-12-31,5"],
        ["1001,2026-03-01,2026-01-01,5"],
        ["1001,2026-03-01,2026-03-01,5"],
        ["1001,2026-03-01,2026-03-02T00:00:00Z,5"],
        ["1001,2026-03-01,2026-03-05,5", "1002,2026-03-01,,5"],
        ["1001,2026-03-01,2026-03-05,5", "1002,2026-03-01,never,5"],
    ],
)
def test_a_date_of_the_campaigns_own_is_no_range(brand: Brand, write: Write, rows: list[str]) -> None:
    report = imported(write(*rows, header="Campaign ID,Day,Campaign end,Cost"), "google_ads")
    assert report["recorded"] == len(rows)


@pytest.mark.parametrize(
    ("header", "stamp"),
    [
        ("_fivetran_synced", "2026-03-02 06:12:01.123"),
        ("loaded", "2026-03-02"),
        ("Last spend date", "2026-03-02"),
        ("Campaign end", "2026-03-02 06:00"),
    ],
)
def test_when_a_row_was_loaded_is_no_end_of_it(brand: Brand, write: Write, header: str, stamp: str) -> None:
    file = write(f"1001,2026-03-01,{stamp},5", header=f"Campaign ID,Day,{header},Cost")
    assert imported(file, "google_ads")["recorded"] == 1


@pytest.mark.parametrize("unit", ["Weekly", "Monthly", "Summary"])
def test_a_report_that_says_it_is_not_by_day_is_refused(brand: Brand, write: Write, unit: str) -> None:
    for preamble in (f'"Report Aggregation: {unit}"', f"Report aggregation,{unit}"):
        file = write(preamble, "", "Time period,Campaign ID,Spend", "2026-03-01,1001,70", header="Report Name: x")
        assert f"line 2: the report's aggregation is {unit.lower()}; export it by day" in refusal(file, "microsoft")
    file = write("Report Aggregation: Daily", "Time period,Campaign ID,Spend", "2026-03-01,1001,70", header="x")
    assert imported(file, "microsoft")["recorded"] == 1


def test_a_currency_in_the_header_does_not_overrule_what_says_micro(brand: Brand, write: Write) -> None:
    row = "1001,2026-03-01,5000000"
    imported(write(row, header="Campaign ID,Day,cost_micros (EUR)"), "google_ads")
    assert SpendRecord.objects.total() == 5
    imported(write(row, header="Campaign ID,Day,Kosten (EUR)"), "google_ads", map=["spend_micros=Kosten"])
    assert SpendRecord.objects.total() == 5


def test_micro_units_that_look_like_money_are_told(brand: Brand, write: Write) -> None:
    file = write("1001,2026-03-01,12", header="Campaign ID,Date,Spend")
    assert imported(file, "reddit", dry_run=True)["notes"][0] == (
        "every amount is under 0.01; if they are no micro-units, say --map spend='Spend'"
    )
    assert "not a whole number of micro-units" in refusal(
        write("1001,2026-03-01,12.00", header="Campaign ID,Date,Spend"), "reddit"
    )
    imported(file, "reddit", map=["spend=Spend"])
    assert SpendRecord.objects.total() == 12


def test_a_header_is_found_as_it_stands(brand: Brand, write: Write) -> None:
    file = write("1001,2026-03-01,5,6", header="Campaign ID,Day,Cost (USD),Cost (EUR)")
    imported(file, "google_ads", map=["spend=Cost (EUR)"])
    assert SpendRecord.objects.total() == 6


@pytest.mark.parametrize("reference", ["1.23457E+14", "1001.0", '="1001"'])
def test_no_campaign_is_made_of_an_altered_id(brand: Brand, write: Write, reference: str) -> None:
    quoted = reference.replace('"', '""')
    message = refusal(write(f'"{quoted}",2026-03-01,5'), brand="Fahrrad", create=True)
    assert "a spreadsheet" in message


@pytest.mark.parametrize("total", ["合計", "Total général", "Totaux", "Summe", "Gesamt: Konto", "All campaigns"])
def test_totals_of_other_languages_are_no_campaigns(brand: Brand, write: Write, total: str) -> None:
    rows = ["Spring,2026-03-01,5", f"{total},2026-03-01,5"]
    message = refusal(write(*rows, header="Campaign,Date,Spend"), "generic", brand="Fahrrad", create=True)
    assert f"line 3: '{total}' is taken for a total, not for a campaign" in message


@pytest.mark.parametrize(
    ("names", "line"),
    [(["spring"], 2), (["Winter", "winter"], 3), (["Café", "Cafe\u0301"], 3), (["Winter ", "Winter"], 0)],
)
def test_names_that_people_take_for_the_same_are_not_two_campaigns(
    brand: Brand, write: Write, names: list[str], line: int
) -> None:
    file = write(*(f"{name},2026-03-01,5" for name in names), header="Campaign,Date,Spend")
    options: dict[str, Any] = {"brand": "Fahrrad", "create": True}
    if line:
        assert f"line {line}: " in (message := refusal(file, "generic", **options))
        assert "are too much alike for two campaigns; call them the same" in message
    else:
        assert imported(file, "generic", **options)["created"] == ["Winter"]


def test_the_rows_of_a_day_must_sum_up_to_what_a_record_can_hold(brand: Brand, write: Write) -> None:
    rows = ["1001,2026-03-01,999999999"] * 2
    assert "line 3: the campaign's rows of this day sum up to more" in refusal(write("1001,2026-03-02,1", *rows))


@pytest.mark.parametrize("held", [1, 10_000])
def test_a_sum_past_every_integer_is_refused(
    brand: Brand, write: Write, monkeypatch: pytest.MonkeyPatch, held: int
) -> None:
    monkeypatch.setattr(spool, "_BUFFER", held)
    rows = (f"1001,2026-03-01 0{n % 2}:00,999999999" for n in range(20_000))
    assert "line 2: the campaign's rows of this day sum up to more" in refusal(write(*rows))


def test_a_decimal_comma_is_not_taken_for_thousands(brand: Brand, write: Write) -> None:
    file = write("1001;2026-03-01;1,234", header=HEADER_SEMICOLONS)
    assert "line 2: '1,234' may have a decimal comma; say --decimal-comma, or write a point" in refusal(file)


@pytest.mark.parametrize("amount", ["1,234", "12.345", "999,999"])
@pytest.mark.parametrize("sign", ["\t", "|"])
def test_where_cells_are_parted_by_neither_both_are_asked_about(
    brand: Brand, write: Write, amount: str, sign: str
) -> None:
    file = write(f"1001;2026-03-01;{amount}".replace(";", sign), header=HEADER_SEMICOLONS.replace(";", sign))
    assert f"line 2: '{amount}' may be a number of thousands; say --decimal-comma or --decimal-point" in refusal(file)
    other = [f"1001;2026-03-01;{amount}", "1002;2026-03-01;1,234.50"]
    file = write(*(row.replace(";", sign) for row in other), header=HEADER_SEMICOLONS.replace(";", sign))
    assert imported(file, "google_ads")["recorded"] == 2


@pytest.mark.parametrize("amount", ["1.234", "12.345", "1.234.567"])
def test_a_point_that_may_part_thousands_is_asked_about(brand: Brand, write: Write, amount: str) -> None:
    file = write(f"1001;2026-03-01;{amount}", "1001;2026-03-02;7", header=HEADER_SEMICOLONS)
    asked = f"line 2: '{amount}' may be a number of thousands; say --decimal-comma or --decimal-point"
    assert asked in refusal(file)
    assert not SpendRecord.objects.exists()


@pytest.mark.parametrize(
    ("rows", "options", "spent"),
    [
        (["1001;2026-03-01;1.234"], {"decimal_comma": True}, "1234"),
        (["1001;2026-03-01;1.234"], {"decimal_point": True}, "1.234"),
        (["1001;2026-03-01;1,234.5"], {"decimal_point": True}, "1234.5"),
        (["1001;2026-03-01;1.234", "1001;2026-03-02;0.5"], {}, "1.734"),
        (["1001;2026-03-01;0.234"], {}, "0.234"),
    ],
)
def test_what_an_option_or_another_amount_says_is_not_asked(
    brand: Brand, write: Write, rows: list[str], options: dict[str, Any], spent: str
) -> None:
    imported(write(*rows, header=HEADER_SEMICOLONS), "google_ads", **options)
    assert SpendRecord.objects.total() == Decimal(spent)


HEADER_SEMICOLONS = "Campaign ID;Day;Cost"


def test_a_truncated_last_row_is_no_footer(brand: Brand, write: Write) -> None:
    assert "line 3: has 1 cells where the header has 3" in refusal(write(GOOD, "100"))


def test_every_fault_is_told_in_order(brand: Brand, write: Write) -> None:
    message = refusal(write("x,2026-03-01,1", "1001,soon,1", "1001,2026-03-01,x", "", "1001,2026-03-12,1"))
    assert [line.split(":")[0] for line in message.splitlines()[1:]] == ["  line 2", "  line 3", "  line 4", "  line 6"]


def test_the_first_faults_are_shown_and_the_others_counted(brand: Brand, write: Write) -> None:
    rows = [f"1001,2026-03-01,x{n}" for n in range(faults.KEPT + 50)]
    lines = refusal(write(*rows)).splitlines()
    assert len(lines) == 22
    assert lines[-1] == "  ... and 230 more"


def test_an_unknown_campaign_is_told_once(brand: Brand, write: Write) -> None:
    message = refusal(write("7,2026-03-01,1", "7,2026-03-02,1", "8,2026-03-02,1"))
    assert [line.split(":")[0] for line in message.splitlines()[1:]] == ["  line 2", "  line 4"]


def test_an_id_of_two_brands_needs_the_brand(brand: Brand, write: Write) -> None:
    other = make_brand(name="Other")
    Campaign.objects.create(brand=other, name="Spring", external_id="1001")
    message = refusal(write(GOOD))
    assert "line 2: campaign '1001' is one of several brands (Fahrrad, Other); say which by --brand" in message
    call_command("import_spend", str(write(GOOD)), layout="google_ads", brand="Other", now=NOW, stdout=io.StringIO())
    assert other.spend_records.count() == 1
    assert not brand.spend_records.exists()


def test_a_brand_of_an_unknown_zone_takes_no_spend(brand: Brand, write: Write) -> None:
    Brand.objects.filter(pk=brand.pk).update(timezone="Mars/Olympus")
    assert "line 2: campaign '1001' is of a brand whose time zone is not known" in refusal(write(GOOD))


def test_spend_older_than_the_host_accepts_is_refused(brand: Brand, write: Write, settings: Any) -> None:
    settings.ADBUDGET = {"SPEND_MAX_AGE_DAYS": 10}
    # It is noon of the 11th: the first instant of the 1st is more than ten days ago.
    message = refusal(write("1001,2026-03-02,1", "1001,2026-03-01,1"))
    assert "line 3: 2026-03-01 is older than 10 days (SPEND_MAX_AGE_DAYS)" in message
    assert "line 2" not in message
    settings.ADBUDGET = {"SPEND_MAX_AGE_DAYS": 10**12}  # a system check tells of it
    message = refusal(write("1001,1970-01-01,1", "1001,2026-03-01,-1"))
    assert "line 3" in message
    assert "line 2" not in message


@pytest.mark.parametrize("dry_run", [False, True])
def test_a_day_that_is_archived_is_refused_before_anything_is_written(
    brand: Brand, write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dry_run: bool
) -> None:
    monkeypatch.setattr(posting, "MOST_WRITTEN", 1)
    last = make_campaign(make_brand(name="Last"), external_id="9")
    imported(write("9,2026-01-31,1"), "google_ads")
    archive(last.brand, date(2026, 2, 1), tmp_path, now=NOW)
    old = ("9,2026-01-31,1", "9,2026-02-01,1")
    for message in (
        refusal(write("1001,2026-01-31,5", *old), dry_run=dry_run),
        refusal(write("new,2026-03-01,5", *old), brand="Last", create=True, dry_run=dry_run),
    ):
        assert message.splitlines()[1:] == [
            "  line 3: 2026-01-31 is archived; what was posted for it is no longer known"
        ]


@pytest.mark.parametrize(
    ("header", "sentence"),
    [
        ("Campaign ID,Day,Clicks", "line 1: the header lacks the spend (Cost, metrics.cost_micros"),
        ("Campaign,Day,Cost", "line 1: the header lacks the campaign id (Campaign ID"),
        ("Campaign ID,Week,Cost", "line 1: the header lacks the day (Day, Date, segments.date"),
        ("a,b,c", "there is no header of Google Ads in the first 100 lines"),
        ("", "there is no header of Google Ads"),
        ("Campaign ID,Day,Cost,Cost", "line 1: the header has two columns for 'Cost'"),
        ("Campaign ID,Day,Cost (EUR),Cost (USD)", "line 1: the header has two columns for 'Cost'"),
    ],
)
def test_a_header_must_be_there_and_plain(brand: Brand, write: Write, header: str, sentence: str) -> None:
    assert sentence in refusal(write(header=header))


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"create": True}, "--create needs --brand"),
        ({"activate": True}, "--activate is for campaigns that --create makes"),
        ({"brand": "nobody"}, "no brands have 'nobody'"),
        ({"timezone": "Mars/Olympus"}, "--timezone: 'Mars/Olympus' is not a time zone"),
        ({"currency": "EURO"}, "--currency EURO is not an ISO 4217 currency"),
        ({"date_format": "%d/%m"}, "--date-format: '%d/%m' does not give day, month and year"),
        ({"date_format": "%q"}, "--date-format: %q is not read"),
        ({"map": ["colour=Farbe"]}, "--map: there is no field 'colour' to map; the fields are campaign_id"),
        ({"map": ["spend"]}, "--map spend is not like FIELD=HEADER"),
        (
            {"map": ["spend=Cost", "spend_micros=Cost"]},
            "the fields spend and spend_micros cannot both be mapped",
        ),
        ({"map": ["date=Day", "hour=Hour"]}, "--map: the fields date and hour cannot both be mapped"),
        ({"map": ["spend=Cost", "spend = Betrag"]}, "--map spend is given twice, with different headers"),
        ({"source": "x" * 65}, "--source has 65 characters; 64 are allowed"),
        ({"as_events": True}, "the report gives days, which are totals"),
    ],
)
def test_options_that_make_no_sense_are_refused(brand: Brand, write: Write, options: Any, sentence: str) -> None:
    assert sentence in refusal(write(GOOD), **options)


def test_a_file_that_is_not_there_is_refused(brand: Brand, tmp_path: Path) -> None:
    assert "cannot read" in refusal(tmp_path / "nothing.csv")


def test_scripts_read_faults_as_json(brand: Brand, write: Write) -> None:
    out = io.StringIO()
    with pytest.raises(CommandError):
        call_command("import_spend", str(write("7,soon,1")), layout="google_ads", format="json", stdout=out, now=NOW)
    report = json.loads(out.getvalue())
    assert (report["imported"], report["errors"]) == (False, 1)
    assert report["faults"] == [{"line": 2, "error": "'soon' is not a date"}]
