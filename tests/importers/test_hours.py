"""Hours: summed into the brand's own days, whatever zone the report has; or recorded one by one."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError

from django_adbudget import services
from django_adbudget.models import Brand, Campaign, SpendRecord
from django_adbudget.services.audit.archiving import archive
from tests.factories import NOW, make_brand
from tests.importers.conftest import Write
from tests.importers.reports import imported, ledger, refusal, told

HOURS = "campaign_id,date,spend"
TIKTOK = "campaign_id,stat_time_hour,spend"


def hours(*rows: tuple[str, int]) -> list[str]:
    return [f"1001,{at},{units * 1_000_000}" for at, units in rows]


def test_an_hour_belongs_to_the_brands_day(brand: Brand, write: Write) -> None:
    file = write(
        *hours(("2026-03-01 22:00:00", 1), ("2026-03-01T23:00:00.000", 2), ("2026-03-02 5:00:00", 4)), header=HOURS
    )
    imported(file, "snapchat")
    assert ledger() == {("1001", "2026-03-01"): "1", ("1001", "2026-03-02"): "6"}


def test_the_zone_of_the_hours_can_be_given(brand: Brand, write: Write) -> None:
    rows = ["1001,2026-03-01 14:00,1", "1001,2026-03-01 15:00,2"]
    imported(write(*rows, header=TIKTOK), "tiktok", timezone="America/Los_Angeles")
    assert ledger() == {("1001", "2026-03-01"): "1", ("1001", "2026-03-02"): "2"}


def test_an_offset_in_the_cell_goes_before_any_zone(brand: Brand, write: Write) -> None:
    rows = hours(("2026-03-01T22:00:00Z", 1), ("2026-03-01T15:00:00.000-08:00", 2), ("2026-03-02T05:30:00+0530", 4))
    imported(write(*rows, header=HOURS), "snapchat", timezone="Asia/Tokyo")
    assert ledger() == {("1001", "2026-03-01"): "1", ("1001", "2026-03-02"): "6"}


def test_midnights_alone_are_days(brand: Brand, write: Write) -> None:
    rows = hours(("2026-03-01 00:00:00", 1), ("2026-03-02", 2))
    report = imported(write(*rows, header=HOURS), "snapchat")
    assert report["notes"] == ["days of UTC are taken for the days of Europe/Berlin of the same date"]
    assert ledger() == {("1001", "2026-03-01"): "1", ("1001", "2026-03-02"): "2"}


def test_midnights_beside_other_hours_are_hours(write: Write, db: None) -> None:
    brand = make_brand(timezone="America/New_York")
    Campaign.objects.create(brand=brand, name="Spring", external_id="1001")
    rows = hours(("2026-03-02 00:00:00", 1), ("2026-03-02 04:00:00", 2), ("2026-03-02 05:00:00", 4))
    imported(write(*rows, header=HOURS), "snapchat")
    assert ledger() == {("1001", "2026-03-01"): "3", ("1001", "2026-03-02"): "4"}


def test_a_column_of_hours_is_one_even_if_all_are_midnight(brand: Brand, write: Write) -> None:
    imported(write("1001,2026-03-01 0:00:00,1", header=TIKTOK), "tiktok", timezone="America/New_York")
    assert ledger() == {("1001", "2026-03-01"): "1"}
    imported(write("1001,2026-03-01 19:00:00,1", header=TIKTOK), "tiktok", timezone="America/New_York")
    assert ledger() == {("1001", "2026-03-01"): "1", ("1001", "2026-03-02"): "1"}


def test_a_day_among_hours_is_refused(brand: Brand, write: Write) -> None:
    rows = hours(("2026-03-01 05:00", 1), ("2026-03-02", 1))
    assert "line 3: gives a day without an hour" in refusal(write(*rows, header=HOURS), "snapchat")


def test_both_hours_of_a_clock_set_back_count(brand: Brand, write: Write) -> None:
    rows = ["1001,2025-10-26 02:00,1", "1001,2025-10-26 02:00,2", "1001,2025-10-26 00:00,4"]
    imported(write(*rows, header=TIKTOK), "tiktok")
    assert ledger() == {("1001", "2025-10-26"): "7"}


def test_an_hour_to_come_is_refused(brand: Brand, write: Write) -> None:
    rows = ["1001,2026-03-11 00:00,1", "1001,2026-03-11 12:00,1", "1001,2026-03-11 13:00,1"]
    message = refusal(write(*rows, header=TIKTOK), "tiktok")
    assert message.splitlines()[1:] == ["  line 4: 2026-03-11T13:00+01:00 lies in the future"]


def test_a_midnight_of_tomorrow_elsewhere_is_not_in_the_future(write: Write, db: None) -> None:
    brand = make_brand(timezone="America/Los_Angeles")
    Campaign.objects.create(brand=brand, name="Spring", external_id="1001")
    now = datetime(2026, 3, 12, 1, 30, tzinfo=UTC)
    rows = hours(("2026-03-12 00:00", 1), ("2026-03-12 01:00", 2))
    imported(write(*rows, header=HOURS), "snapchat", now=now)
    assert ledger() == {("1001", "2026-03-11"): "3"}


class TestDaysThatAFileCoversInPart:
    """A total replaces what was there, so hours must not replace a day of which they are only a part."""

    MARCH_1 = hours(("2026-03-01 00:00", 8), ("2026-03-01 23:00", 1))  # 23:00 UTC is the 2nd in Berlin
    MARCH_2 = hours(("2026-03-02 00:00", 16), ("2026-03-02 22:00", 2))

    def test_hours_that_came_in_another_file_are_not_lost(self, brand: Brand, write: Write) -> None:
        imported(write(*self.MARCH_1, header=HOURS), "snapchat")
        message = refusal(write(*self.MARCH_2, header=HOURS), "snapchat")
        assert (
            "line 2: the hours of 2026-03-02 are given from 01:00 only, with 18.00, where 1.00 has been imported; "
            "export whole days, or say --partial-days skip or --partial-days import"
        ) in message

    def test_an_export_that_begins_earlier_is_taken(self, brand: Brand, write: Write) -> None:
        imported(write(*self.MARCH_1, header=HOURS), "snapchat")
        imported(write(*self.MARCH_1, *self.MARCH_2, header=HOURS), "snapchat")
        assert ledger() == {("1001", "2026-03-01"): "8", ("1001", "2026-03-02"): "19"}

    def test_they_can_be_left_as_they_are(self, brand: Brand, write: Write) -> None:
        imported(write(*self.MARCH_1, *self.MARCH_2, header=HOURS), "snapchat")
        later = hours(("2026-03-02 23:00", 32))
        report = imported(write(*self.MARCH_2, *later, header=HOURS), "snapchat", partial_days="skip")
        assert len(report["notes"]) == 1
        assert "line 2: left as it is" in report["notes"][0]
        assert ledger() == {("1001", "2026-03-01"): "8", ("1001", "2026-03-02"): "19", ("1001", "2026-03-03"): "32"}

    def test_they_can_be_replaced(self, brand: Brand, write: Write) -> None:
        imported(write(*self.MARCH_1, header=HOURS), "snapchat")
        imported(write(*self.MARCH_2, header=HOURS), "snapchat", partial_days="import")
        assert ledger()["1001", "2026-03-02"] == "18"

    def test_an_older_export_does_not_cut_the_day_at_its_end(self, brand: Brand, write: Write) -> None:
        imported(write(*self.MARCH_1, *self.MARCH_2, header=HOURS), "snapchat")
        message = refusal(write(*self.MARCH_1, header=HOURS), "snapchat")
        assert "line 3: the hours of 2026-03-02 are given until 01:00 only, with 1.00, where 19.00" in message

    def test_a_day_that_begins_late_in_its_own_zone_may_grow(self, brand: Brand, write: Write) -> None:
        """A campaign that runs from eight on has no rows before."""
        imported(write("1001,2026-03-11 08:00,5", header=TIKTOK), "tiktok")
        imported(write("1001,2026-03-11 08:00,5", "1001,2026-03-11 09:00,1", header=TIKTOK), "tiktok")
        assert ledger() == {("1001", "2026-03-11"): "6"}
        assert "given from 09:00 only" in refusal(write("1001,2026-03-11 09:00,1", header=TIKTOK), "tiktok")

    @pytest.mark.parametrize("until", ["11:00", "12:00"])
    def test_a_restated_day_that_is_there_until_now_may_shrink(self, brand: Brand, write: Write, until: str) -> None:
        """It is noon in UTC, one o'clock in Berlin; the hour before may not be reported yet."""
        rows = ["1001,2026-03-11 00:00,5", f"1001,2026-03-11 {until},2"]
        imported(write(*rows, header=TIKTOK), "tiktok")
        imported(write("1001,2026-03-11 00:00,4", rows[1], header=TIKTOK), "tiktok")
        assert ledger() == {("1001", "2026-03-11"): "6"}

    @pytest.mark.parametrize("day", ["2026-03-10", "2026-03-11"])
    def test_a_day_that_is_cut_at_its_end_may_not(self, brand: Brand, write: Write, day: str) -> None:
        rows = [f"1001,{day} {hour:02}:00,1" for hour in range(11)]
        imported(write(*rows, header=TIKTOK), "tiktok")
        message = refusal(write(*rows[:6], header=TIKTOK), "tiktok")
        assert f"the hours of {day} are given until 06:00 only, with 6.00, where 11.00 has been imported" in message
        assert ledger() == {("1001", day): "11"}

    def test_hours_that_begin_late_are_told_to_stand_for_the_day(self, brand: Brand, write: Write) -> None:
        """Whether those before are missing, or were never any, no file can tell."""
        rows = [f"1001,2026-03-10 {hour:02}:00,1" for hour in range(24)]
        assert imported(write(*rows[:12], header=TIKTOK), "tiktok")["notes"] == []
        report = imported(write(*rows[12:], header=TIKTOK), "tiktok")
        note = "the hours of 2026-03-10 are given from 12:00 only, and stand for all of that day of Fahrrad"
        assert report["notes"] == [note]


class TestEvents:
    ROWS = ["1001,2026-03-01 05:00,1", "1001,2026-03-01 05:00,2", "1001,2026-03-01 06:00,4", "1002,2026-03-01 06:00,0"]

    def test_an_hour_is_a_record_of_its_instant(self, brand: Brand, write: Write) -> None:
        report = imported(write(*self.ROWS, header=TIKTOK), "tiktok", as_events=True)
        assert (report["recorded"], report["unchanged"], report["days"]) == (2, 1, 1)
        assert (report["first_day"], report["last_day"]) == ("2026-03-01", "2026-03-01")
        found = SpendRecord.objects.order_by("spend_datetime").values_list("spend_datetime", "amount", "source")
        assert [(at.hour, int(amount), source) for at, amount, source in found] == [(4, 3, "tiktok"), (5, 4, "tiktok")]

    def test_days_are_told_as_the_brands(self, brand: Brand, write: Write) -> None:
        rows = ["1001,2026-03-02 00:00,1", "1001,2026-03-02 23:00,1"]  # from 23:00 UTC of the day before
        report = imported(write(*rows, header=TIKTOK), "tiktok", as_events=True)
        assert (report["days"], report["first_day"], report["last_day"]) == (1, "2026-03-02", "2026-03-02")

    def test_the_same_hours_in_another_file_add_nothing(self, brand: Brand, write: Write) -> None:
        imported(write(*self.ROWS, header=TIKTOK), "tiktok", as_events=True)
        rows = [*reversed(self.ROWS), "1001,2026-03-01 07:00,8"]
        preview = imported(write(*rows, header=TIKTOK), "tiktok", as_events=True, dry_run=True)
        report = imported(write(*rows, header=TIKTOK), "tiktok", as_events=True)
        assert (report["recorded"], report["unchanged"]) == (preview["recorded"], preview["unchanged"]) == (1, 3)
        assert ledger() == {("1001", "2026-03-01"): "15"}

    @pytest.mark.parametrize("dry_run", [False, True])
    def test_a_restated_hour_is_refused_before_anything_is_written(
        self, brand: Brand, write: Write, monkeypatch: pytest.MonkeyPatch, dry_run: bool
    ) -> None:
        imported(write(*self.ROWS, header=TIKTOK), "tiktok", as_events=True)
        monkeypatch.setattr("django_adbudget.importers.posting.MOST_WRITTEN", 1)
        rows = ["1001,2026-03-01 04:00,1", "1001,2026-03-01 06:00,5", "77,2026-03-01 04:00,1"]
        options = {"brand": "Fahrrad", "create": True, "dry_run": dry_run}
        message = refusal(write(*rows, header=TIKTOK), "tiktok", as_events=True, **options)
        head, fault = message.splitlines()
        assert head.endswith("nothing was imported")
        assert fault.startswith("  line 3: idempotency_key 'tiktok:")
        assert fault.endswith("was used before, with another amount")

    def test_an_hour_that_is_archived_is_refused_before_anything_is_written(
        self, brand: Brand, write: Write, tmp_path: Path
    ) -> None:
        imported(write(*self.ROWS, header=TIKTOK), "tiktok", as_events=True)
        archive(brand, date(2026, 3, 2), tmp_path, now=NOW)
        rows = ["77,2026-03-01 04:00,1", "1001,2026-03-01 06:00,4"]
        for dry_run in (True, False):
            options = {"brand": "Fahrrad", "create": True, "dry_run": dry_run}
            message = refusal(write(*rows, header=TIKTOK), "tiktok", as_events=True, **options)
            (fault,) = message.splitlines()[1:]
            assert fault.startswith("  line 3: idempotency_key 'tiktok:")
            assert fault.endswith("now archived")

    def test_a_total_of_the_same_source_sets_hours_right(self, brand: Brand, write: Write) -> None:
        imported(write(*self.ROWS, header=TIKTOK), "tiktok", as_events=True)
        imported(write("1001,2026-03-01,6.5", header="campaign_id,stat_time_day,spend"), "tiktok")
        assert ledger() == {("1001", "2026-03-01"): "6.5"}

    def test_hours_that_are_too_old_are_refused(self, brand: Brand, write: Write, settings: Any) -> None:
        settings.ADBUDGET = {"SPEND_MAX_AGE_DAYS": 10}
        rows = ["1001,2026-03-01 12:00,1", "1001,2026-03-01 11:00,1"]
        message = refusal(write(*rows, header=TIKTOK), "tiktok", as_events=True)
        assert message.splitlines()[1:] == ["  line 3: 2026-03-01 10:00 UTC is older than 10 days (SPEND_MAX_AGE_DAYS)"]

    def test_people_read_of_hours(self, brand: Brand, write: Write) -> None:
        assert told(write(*self.ROWS, header=TIKTOK), "tiktok", as_events=True)[-1] == "2 hours recorded, 1 unchanged"


def test_what_was_imported_before_a_refusal_is_told(
    brand: Brand, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody else records the second hour after the file was checked."""
    real, calls = services.record_spend_batch, iter(range(9))

    def outrun(*args: Any, **options: Any) -> Any:
        if next(calls) == 1:
            spring = Campaign.objects.get(external_id="1001")
            services.record_spend(spring, 9, at=NOW.replace(hour=6), idempotency_key=key("1001"), now=NOW)
        return real(*args, **options)

    monkeypatch.setattr("django_adbudget.importers.posting.MOST_WRITTEN", 1)
    monkeypatch.setattr("django_adbudget.importers.posting.record_spend_batch", outrun)
    rows = ["1001,2026-03-11 06:00,1", "1001,2026-03-11 07:00,1"]
    with pytest.raises(CommandError, match=r"line 3: .*; 1 before it stay, and count once if they come again"):
        imported(write(*rows, header=TIKTOK), "tiktok", as_events=True)


def key(external_id: str) -> str:
    return f"tiktok:{Campaign.objects.get(external_id=external_id).pk}:2026-03-11T06:00Z"
