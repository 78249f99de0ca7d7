from __future__ import annotations

import csv
import gzip
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db.models import ProtectedError

from django_adbudget import services
from django_adbudget.exceptions import AdBudgetError, Archived, BatchRejected, Immutable, InvalidSpendTime
from django_adbudget.models import (
    ArchivedKey,
    Brand,
    BudgetSummary,
    Campaign,
    CampaignSummary,
    LedgerArchive,
    LedgerOpening,
    SpendRecord,
)
from django_adbudget.services.audit import archiving
from tests.factories import NOW, make_brand, make_campaign

pytestmark = pytest.mark.django_db
#: The middle of a month, so that its total is of archived days and of kept ones.
BEFORE = date(2026, 2, 15)


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


@pytest.fixture
def campaign() -> Campaign:
    """With spend on the 10th and the 20th of three months, and a correction and a restatement among the old ones."""
    campaign = make_campaign(make_brand(name="Old", currency="JPY"))
    for month in (1, 2, 3):
        for day in (10, 20):
            at = noon(date(2026, month, day))
            if at < NOW:
                services.record_spend(campaign, "1.5", at=at, idempotency_key=f"{month}-{day}", now=NOW)
    first = SpendRecord.objects.order_by("pk")[0]
    services.correct_spend(first, "0.25", description="a gift, =1+1", idempotency_key="gift", now=NOW)
    services.set_spend_total(campaign, date(2026, 1, 5), "7", source="platform", now=NOW)
    return campaign


def run(tmp_path: Path, *options: str) -> None:
    call_command("adbudget_archive", "--before", str(BEFORE), "--to", str(tmp_path), *options)


def totals() -> set[tuple[object, ...]]:
    return {
        *BudgetSummary.objects.values_list("brand", "period", "start", "spend"),
        *CampaignSummary.objects.values_list("campaign", "period", "start", "spend"),
    }


def lines(folder: Path) -> list[dict[str, str]]:
    [file] = folder.glob("*.csv.gz")
    with gzip.open(file, "rt", newline="") as stream:
        return list(csv.DictReader(stream))


def test_old_records_are_in_the_file_and_no_longer_in_the_ledger(campaign: Campaign, tmp_path: Path) -> None:
    """L1, L5."""
    before = totals()
    old = {str(pk) for pk in SpendRecord.objects.filter(spend_date__lt=BEFORE).values_list("pk", flat=True)}
    run(tmp_path)
    assert {line["id"] for line in lines(tmp_path)} == old
    assert sum(Decimal(line["amount"]) for line in lines(tmp_path)) == Decimal("11.25")
    assert "a gift, =1+1" in {line["description"] for line in lines(tmp_path)}
    assert set(SpendRecord.objects.values_list("spend_date", flat=True)) == {date(2026, 2, 20), date(2026, 3, 10)}
    assert totals() == before
    assert services.verify_summaries() == []
    archive = LedgerArchive.objects.get()
    assert (archive.records, archive.spend, archive.first_kept) == (5, Decimal("11.25"), BEFORE)
    assert archive.sha256 == sha256((tmp_path / archive.file).read_bytes()).hexdigest()
    assert LedgerOpening.objects.filter(reason__contains=archive.file).exists()
    assert not list(tmp_path.glob("*.part"))


def test_a_second_run_moves_nothing(campaign: Campaign, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(tmp_path)
    run(tmp_path)
    assert len(list(tmp_path.iterdir())) == 1
    assert capsys.readouterr().out.endswith(f"There are no records from before {BEFORE}.\n")


def test_a_dry_run_says_what_would_be_moved(
    campaign: Campaign, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(tmp_path, "--dry-run")
    assert capsys.readouterr().out == "Would move 5 records of Old, 11.25 JPY.\n"
    assert not list(tmp_path.iterdir())
    assert not LedgerArchive.objects.exists()


class TestAfterwards:
    @pytest.fixture(autouse=True)
    def archived(self, campaign: Campaign, tmp_path: Path) -> None:
        run(tmp_path)

    @pytest.mark.parametrize("key", ["1-10", "gift"])
    def test_an_old_key_is_never_recorded_twice(self, campaign: Campaign, key: str) -> None:
        """L2."""
        count = SpendRecord.objects.count()
        with pytest.raises(Archived, match=f"{key}.* archived"):
            services.record_spend(campaign, "1.5", at=noon(date(2026, 1, 10)), idempotency_key=key, now=NOW)
        with pytest.raises(Archived):
            services.record_spend(campaign, "1.5", idempotency_key=key, now=NOW)
        entries = [{"campaign": campaign, "amount": 1, "idempotency_key": k} for k in ("new", key, "2-20")]
        with pytest.raises(BatchRejected) as caught:
            services.record_spend_batch(entries, now=NOW)
        assert isinstance(caught.value.errors[1], Archived)
        assert SpendRecord.objects.count() == count

    def test_a_kept_key_is_replayed_and_another_brands_is_free(self, campaign: Campaign) -> None:
        again = services.record_spend(
            campaign, "1.5", at=noon(date(2026, 2, 20)), idempotency_key="2-20", now=NOW + timedelta(days=9)
        )
        assert again.replayed
        assert not services.record_spend(make_campaign(), 1, idempotency_key="1-10", now=NOW).replayed

    def test_a_total_of_an_archived_day_is_refused(self, campaign: Campaign) -> None:
        """L7: what was posted for it is not known any more, so the difference is not either."""
        with pytest.raises(Archived, match="2026-01-05 is archived"):
            services.set_spend_total(campaign, date(2026, 1, 5), "8", source="platform", now=NOW)
        assert services.set_spend_total(campaign, BEFORE, "8", source="platform", now=NOW)

    def test_late_spend_of_an_archived_day_counts(self, campaign: Campaign, tmp_path: Path) -> None:
        """M4, T4."""
        services.record_spend(campaign, 3, at=noon(date(2026, 1, 10)), idempotency_key="late", now=NOW)
        assert services.verify_summaries() == []
        january = CampaignSummary.objects.get(campaign=campaign, period="MONTH", start=date(2026, 1, 1))
        assert january.spend == Decimal("12.75")
        call_command("adbudget_archive", "--before", "2026-03-01", "--to", str(tmp_path / "second"))
        assert {line["idempotency_key"] for line in lines(tmp_path / "second")} == {"late", "2-20"}
        assert services.verify_summaries() == []

    def test_wrong_totals_are_still_found_and_mended(self, campaign: Campaign) -> None:
        """L5."""
        CampaignSummary.objects.filter(period="TOTAL").update(spend=1)
        BudgetSummary.objects.filter(period="DAY", start=date(2026, 1, 10)).update(spend=1)
        found = {(d.campaign_id, d.period.value, d.start, d.ledger) for d in services.verify_summaries()}
        assert found == {
            (campaign.pk, "TOTAL", date(1970, 1, 1), Decimal("14.25")),
            (None, "DAY", date(2026, 1, 10), Decimal("1.25")),
        }
        services.rebuild_summaries()
        assert services.verify_summaries() == []

    def test_brand_and_campaign_stay_protected(self, campaign: Campaign) -> None:
        with pytest.raises(ProtectedError):
            Campaign.objects.get(pk=campaign.pk).delete()
        with pytest.raises(ProtectedError):
            Brand.objects.get(pk=campaign.brand_id).delete()


def test_what_was_cut_off_is_finished_by_the_next_run(
    campaign: Campaign, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(archiving, "_ROWS_A_REMOVAL", 2)

    def cut_off(removed: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        archiving.archive(campaign.brand, BEFORE, tmp_path, now=NOW, moved=cut_off)
    assert SpendRecord.objects.filter(spend_date__lt=BEFORE).count() == 3
    assert services.verify_summaries() == []
    left = SpendRecord.objects.filter(spend_date__lt=BEFORE, kind="SPEND").first()
    assert left is not None
    with pytest.raises(Archived):
        services.correct_spend(left, "0.1", now=NOW)

    [file] = tmp_path.iterdir()
    run(tmp_path, "--dry-run")
    assert capsys.readouterr().out == f"Would remove 3 records of Old, written to {file.name} before.\n"
    with pytest.raises(CommandError, match=f"3 records of Old wait .* moved to {file.name}, which is not in"):
        run(tmp_path / "elsewhere")
    written = file.read_bytes()
    file.write_bytes(written + b"more")
    with pytest.raises(CommandError, match="is not as it was written; nothing was removed"):
        run(tmp_path)
    assert SpendRecord.objects.filter(spend_date__lt=BEFORE).count() == 3
    file.write_bytes(written)
    run(tmp_path)
    assert capsys.readouterr().out == f"Removed 3 records of Old, written to {file.name} before.\n"
    assert not SpendRecord.objects.filter(spend_date__lt=BEFORE).exists()
    assert ArchivedKey.objects.count() == 5
    assert len(list(tmp_path.iterdir())) == 1


def test_a_file_that_is_not_the_ledger_removes_nothing(
    campaign: Campaign, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dump = archiving._dump
    monkeypatch.setattr(archiving, "_dump", lambda rows, raw: dump(rows.exclude(amount="7"), raw))
    with pytest.raises(AdBudgetError, match="nothing was removed"):
        archiving.archive(campaign.brand, BEFORE, tmp_path, now=NOW)
    assert SpendRecord.objects.count() == 7
    assert not LedgerArchive.objects.exists()


def test_days_that_are_not_over_stay(campaign: Campaign, tmp_path: Path) -> None:
    with pytest.raises(InvalidSpendTime, match="future"):
        archiving.archive(campaign.brand, date(2026, 3, 12), tmp_path, now=NOW)


def test_a_folder_that_cannot_be_written_to(campaign: Campaign, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CommandError, match="cannot write"):
        run(tmp_path / "file")
    assert SpendRecord.objects.count() == 7


def test_archived_spend_settles_currency_and_brand(campaign: Campaign, tmp_path: Path) -> None:
    """M5: of a campaign whose records are all archived, as of one whose records are there."""
    brand, other = campaign.brand, make_brand(name="Other", currency="USD")
    call_command("adbudget_archive", "--before", "2026-04-01", "--to", str(tmp_path))
    assert not SpendRecord.objects.exists()
    brand.currency = "EUR"
    with pytest.raises(Immutable):
        brand.save()
    with pytest.raises(ValidationError):
        brand.full_clean()
    campaign.brand = other
    with pytest.raises(Immutable):
        campaign.save()
    with pytest.raises(ValidationError):
        campaign.full_clean()
    assert services.verify_summaries() == []
