"""What an import does to the ledger and to campaigns, and what a preview says of it."""

from __future__ import annotations

import io
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.core.management.base import OutputWrapper
from django.db import OperationalError

from django_adbudget import services
from django_adbudget.importers import LAYOUTS, posting
from django_adbudget.importers.campaigns import Campaigns
from django_adbudget.importers.spool import Sum
from django_adbudget.management import progress as bars
from django_adbudget.models import Brand, BudgetSummary, Campaign, SpendRecord
from django_adbudget.models.ledger import Kind
from django_adbudget.rules import Status
from tests.factories import NOW, make_brand, make_campaign
from tests.importers.conftest import Write
from tests.importers.reports import FIXTURES, imported, ledger, refusal, told

NAMED = "Campaign ID,Campaign,Day,Cost"


def spring() -> Campaign:
    return Campaign.objects.get(external_id="1001")


def test_a_restated_report_lowers_a_total_and_brings_the_campaign_back(brand: Brand, write: Write) -> None:
    Brand.objects.filter(pk=brand.pk).update(daily_budget=Decimal(100))
    services.reconcile(now=NOW)
    first = imported(write("1001,2026-03-11,120.5"), "google_ads")
    assert [change["to_status"] for change in first["status_changes"]] == ["PAUSED_BUDGET"] * 2
    assert spring().status == Status.PAUSED_BUDGET

    second = imported(write("1001,2026-03-11,99.5"), "google_ads", now=NOW + timedelta(minutes=5))
    assert (second["recorded"], {change["to_status"] for change in second["status_changes"]}) == (1, {"ACTIVE"})
    assert spring().status == Status.ACTIVE
    restatement = SpendRecord.objects.get(amount=Decimal(-21))
    assert restatement.kind == Kind.RESTATEMENT
    assert services.verify_summaries() == []


def test_a_restatement_to_nothing(brand: Brand, write: Write) -> None:
    imported(write("1001,2026-03-10,5"), "google_ads")
    imported(write("1001,2026-03-10,0"), "google_ads")
    assert ledger() == {("1001", "2026-03-10"): "0"}


def test_what_people_recorded_is_not_the_platforms(brand: Brand, write: Write) -> None:
    services.record_spend(spring(), 3, at=NOW, now=NOW)
    imported(write("1001,2026-03-11,5"), "google_ads")
    assert ledger() == {("1001", "2026-03-11"): "8"}


class TestPreview:
    def test_it_writes_nothing(self, brand: Brand) -> None:
        before = spring().next_check_at
        report = imported(FIXTURES / "google_ads.csv", "google_ads", dry_run=True)
        assert (report["imported"], report["recorded"], report["unchanged"]) == (False, 3, 0)
        assert not SpendRecord.objects.exists()
        assert not BudgetSummary.objects.exists()
        assert spring().next_check_at == before

    def test_it_says_what_would_pause(self, brand: Brand, write: Write) -> None:
        Brand.objects.filter(pk=brand.pk).update(daily_budget=Decimal(100))
        services.reconcile(now=NOW)
        (first, second) = imported(write("1001,2026-03-11,100"), "google_ads", dry_run=True)["status_changes"]
        assert (first["campaign"], first["to_status"]) == ("Spring", "PAUSED_BUDGET")
        assert (second["campaign"], second["reasons"]) == ("Autumn", ["BRAND_DAILY_BUDGET"])
        assert spring().status == Status.ACTIVE

    def test_it_says_which_totals_would_change(self, brand: Brand, write: Write) -> None:
        imported(write("1001,2026-03-10,5", "1002,2026-03-10,7"), "google_ads")
        file = write("1001,2026-03-10,4.5", "1002,2026-03-10,7", "1002,2026-03-11,1")
        report = imported(file, "google_ads", dry_run=True)
        pk = spring().pk
        assert report["would_change"][0] == {"campaign_id": pk, "date": "2026-03-10", "before": "5.00", "after": "4.50"}
        assert (len(report["would_change"]), report["recorded"], report["unchanged"]) == (2, 2, 1)
        assert "  Fahrrad / Spring, 2026-03-10: 5.00 -> 4.50 EUR" in told(file, "google_ads", dry_run=True)

    def test_a_brands_totals_are_decided_together(
        self, brand: Brand, write: Write, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Each total alone stays under the budget, and would in transactions of one total."""
        monkeypatch.setattr(posting, "MOST_WRITTEN", 1)
        Brand.objects.filter(pk=brand.pk).update(monthly_budget=Decimal(10))
        services.reconcile(now=NOW)
        file = write("1001,2026-03-09,6", "1001,2026-03-10,6")
        assert len(imported(file, "google_ads", dry_run=True)["status_changes"]) == 2
        assert len(imported(file, "google_ads")["status_changes"]) == 2

    def test_campaigns_that_would_be_made_are_named(self, brand: Brand, write: Write) -> None:
        file = write("77,Winter,2026-03-10,5", "77,Winter,2026-03-11,0", header=NAMED)
        report = imported(file, "google_ads", brand="Fahrrad", create=True, dry_run=True)
        assert (report["created"], report["recorded"], report["unchanged"]) == (["Winter"], 1, 1)
        assert report["notes"] == ["what the spend of campaigns that would be made would pause is not foreseen"]
        assert not Campaign.objects.filter(name="Winter").exists()
        assert "1 campaign would be made, switched off" in told(
            file, "google_ads", brand="Fahrrad", create=True, dry_run=True
        )


class TestCampaignsThatAreNotKnown:
    ROWS = ("77,Winter,2026-03-10,5", "1001,Spring,2026-03-10,1", "77,Winter,2026-03-11,6")

    def create(self, file: Any, **options: Any) -> dict[str, Any]:
        return imported(file, "google_ads", brand="Fahrrad", create=True, **options)

    def test_they_are_made_and_switched_off(self, brand: Brand, write: Write) -> None:
        assert self.create(write(*self.ROWS, header=NAMED))["created"] == ["Winter"]
        made = Campaign.objects.get(external_id="77")
        assert (made.name, made.brand, made.is_active, made.status) == ("Winter", brand, False, Status.INACTIVE)
        assert ledger() == {
            ("77", "2026-03-10"): "5",
            ("1001", "2026-03-10"): "1",
            ("77", "2026-03-11"): "6",
        }
        second = self.create(write(*self.ROWS, header=NAMED))
        assert (second["created"], second["recorded"]) == ([], 0)

    def test_they_may_be_switched_on(self, brand: Brand, write: Write) -> None:
        self.create(write(*self.ROWS, header=NAMED), activate=True)
        made = Campaign.objects.get(external_id="77")
        assert made.is_active
        assert made.status == Status.ACTIVE

    def test_nothing_is_made_for_a_file_with_a_fault(self, brand: Brand, write: Write) -> None:
        file = write("77,Winter,2026-03-10,x", header=NAMED)
        assert "line 2: 'x' is not a number" in refusal(file, brand="Fahrrad", create=True)

    def test_names_that_are_taken_are_told_apart(self, brand: Brand, write: Write) -> None:
        self.create(write("7,SPRING,2026-03-10,5", "8,Spring,2026-03-10,5", header=NAMED))
        assert set(Campaign.objects.values_list("external_id", "name")) == {
            ("1001", "Spring"),
            ("1002", "Autumn"),
            ("7", "SPRING (7)"),
            ("8", "Spring (8)"),
        }

    def test_without_a_name_the_id_is_told(self, brand: Brand, write: Write) -> None:
        self.create(write("7,2026-03-10,5"))
        assert Campaign.objects.get(external_id="7").name == "Campaign 7"

    def test_a_name_is_cut_to_what_fits(self, brand: Brand, write: Write) -> None:
        self.create(write(f"7,{'W' * 300},2026-03-10,5", f"8,{'W' * 300},2026-03-10,5", header=NAMED))
        assert {len(name) for name in Campaign.objects.exclude(brand=None).values_list("name", flat=True)} >= {200}
        assert Campaign.objects.get(external_id="8").name.endswith("W (8)")

    @pytest.mark.parametrize("row", [f"{'7' * 256},Winter,2026-03-10,5", f"7,{'W' * 2001},2026-03-10,5"])
    def test_what_no_column_holds_is_refused(self, brand: Brand, write: Write, row: str) -> None:
        assert "line 2: campaign " in refusal(write(row, header=NAMED), brand="Fahrrad", create=True)

    def test_another_brands_campaign_is_not_taken(self, brand: Brand, write: Write) -> None:
        other = make_campaign(make_brand(name="Other"), external_id="77")
        self.create(write(*self.ROWS, header=NAMED))
        assert not other.spend_records.exists()

    def test_many_at_once(self, brand: Brand, write: Write) -> None:
        rows = [f"n{number},2026-03-10,1" for number in range(2_500)]
        assert len(self.create(write(*rows))["created"]) == 2_500
        assert Campaign.objects.filter(brand=brand).count() == 2_502
        assert SpendRecord.objects.total() == 2_500


def test_generic_campaigns_may_be_named(brand: Brand, write: Write) -> None:
    file = write("Spring,2026-03-10,5", "Winter,2026-03-10,6", header="Campaign,Date,Amount")
    assert "line 3: no campaign has 'Winter' as its name" in refusal(file, "generic")
    imported(file, "generic", brand="Fahrrad", create=True)
    assert ledger() == {("1001", "2026-03-10"): "5", ("Winter", "2026-03-10"): "6"}
    assert Campaign.objects.get(name="Winter").external_id is None


def test_a_report_of_several_brands(brand: Brand, write: Write) -> None:
    other = make_campaign(make_brand(name="Other", currency="USD", timezone="America/New_York"), external_id="77")
    header = "Campaign ID,Day,Cost,Currency"
    report = imported(write("1001,2026-03-10,5,EUR", "77,2026-03-10,6,usd", header=header), "google_ads")
    assert report["amounts"] == {"EUR": "5.00", "USD": "6.00"}
    assert other.spend_records.get().amount == 6


def test_a_database_that_refuses_halfway_is_told_with_what_stays(
    brand: Brand, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = services.set_spend_totals, iter(range(9))

    def refusing(*args: Any, **options: Any) -> Any:
        if next(calls) == 1:
            raise OperationalError("the disk is full")
        return real(*args, **options)

    monkeypatch.setattr(posting, "MOST_WRITTEN", 1)
    monkeypatch.setattr(posting, "set_spend_totals", refusing)
    file = write("1001,2026-03-10,5", "1001,2026-03-11,6")
    with pytest.raises(CommandError) as caught:
        imported(file, "google_ads")
    assert str(caught.value) == (
        "the database refused: the disk is full; 1 before it stay, and count once if they come again"
    )
    assert imported(file, "google_ads")["unchanged"] == 1
    assert ledger() == {("1001", "2026-03-10"): "5", ("1001", "2026-03-11"): "6"}


def test_campaigns_that_were_made_before_a_refusal_are_told(
    brand: Brand, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: Any, **options: Any) -> Any:
        raise OperationalError("the disk is full")

    monkeypatch.setattr(posting, "set_spend_totals", refuse)
    with pytest.raises(CommandError, match=r"the disk is full; no spend was imported, the new campaigns stay$"):
        imported(write("77,2026-03-10,5"), "google_ads", brand="Fahrrad", create=True)
    with pytest.raises(CommandError, match=r"the disk is full; nothing was imported$"):
        imported(write("77,2026-03-10,5"), "google_ads", brand="Fahrrad", create=True)


def test_parts_keep_brands_together() -> None:
    sums = [Sum(brand, at, 1, 1, 1) for brand, count in ((1, 2), (2, 2), (3, 5), (4, 1)) for at in range(count)]
    parts = [[row.brand for row in part] for part in posting._parts(sums, 3)]
    assert parts == [[1, 1], [2, 2], [3, 3, 3], [3, 3, 4]]


@pytest.mark.parametrize("by_name", [False, True])
def test_what_another_import_makes_in_the_meantime_is_not_made_again(
    brand: Brand, write: Write, monkeypatch: pytest.MonkeyPatch, by_name: bool
) -> None:
    """Between reading the file and making its campaigns."""
    real = Campaigns.make

    def outrun(self: Campaigns, *, activate: bool = False) -> dict[int, int]:
        Campaign.objects.create(brand=brand, name="77", external_id=None if by_name else "77")
        return real(self, activate=activate)

    monkeypatch.setattr(Campaigns, "make", outrun)
    header = "Campaign,Date,Spend" if by_name else "Campaign ID,Date,Spend"
    file = write("77,2026-03-10,5", "78,2026-03-10,6", header=header)
    assert imported(file, "generic", brand="Fahrrad", create=True)["recorded"] == 2
    names = {"77", "78" if by_name else "Campaign 78", "Autumn", "Spring"}
    assert set(Campaign.objects.values_list("name", flat=True)) == names
    assert SpendRecord.objects.get(campaign__name="77").amount == 5


def test_people_read_what_was_imported(brand: Brand) -> None:
    Brand.objects.filter(pk=brand.pk).update(monthly_budget=Decimal(1000))
    services.reconcile(now=NOW)
    path = FIXTURES / "google_ads.csv"
    assert told(path, "google_ads") == [
        f"{path}: Google Ads, 4 rows, 2 of totals and footers left out, 1 without an amount",
        "2 campaigns, 2 days from 2026-03-01 to 2026-03-02, 1,335.000001 EUR",
        "3 totals recorded, 0 unchanged",
        "2 changes of status:",
        "  Fahrrad / Spring: ACTIVE -> PAUSED_BUDGET (BRAND_MONTHLY_BUDGET)",
        "  Fahrrad / Autumn: ACTIVE -> PAUSED_BUDGET (BRAND_MONTHLY_BUDGET)",
    ]
    assert told(path, "google_ads")[2:] == ["0 totals recorded, 3 unchanged"]
    assert told(path, "google_ads", dry_run=True)[2:] == ["0 totals would be recorded, 3 unchanged"]


def test_a_terminal_sees_bytes_and_totals(brand: Brand, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[tuple[int, str, int]] = []

    class Tqdm:
        def __init__(self, *, total: int, unit: str, **options: Any) -> None:
            self.total, self.unit, self.done = total, unit, 0

        def __enter__(self) -> Tqdm:
            return self

        def __exit__(self, *error: object) -> None:
            drawn.append((self.total, self.unit, self.done))

        def update(self, n: int = 1) -> None:
            self.done += n

    monkeypatch.setattr(bars, "_tqdm", lambda: Tqdm)
    monkeypatch.setattr(OutputWrapper, "isatty", lambda self: True)
    path = FIXTURES / "google_ads.csv"
    imported(path, "google_ads")
    size = path.stat().st_size
    assert drawn == [(size, "bytes", size), (3, "totals", 3)]


def test_the_command_has_its_prefixed_name(brand: Brand) -> None:
    out = io.StringIO()
    call_command("adbudget_import_spend", str(FIXTURES / "x.csv"), layout="x", now=NOW, stdout=out)
    assert out.getvalue().splitlines()[-1] == "2 totals recorded, 0 unchanged"


def test_help_names_every_layout(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        call_command("import_spend", "--help")
    assert left.value.code == 0
    shown = capsys.readouterr().out
    assert [layout for layout in LAYOUTS if layout not in shown] == []


def test_a_layout_must_be_known(brand: Brand) -> None:
    with pytest.raises(CommandError, match="invalid choice: 'friendster'"):
        call_command("import_spend", "x.csv", "--layout", "friendster")
