"""`replay_spend`: a file of spend on its own clock, with the ticks that would have come between."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from django_adbudget import services
from django_adbudget.models import Brand, Campaign, SpendRecord

pytestmark = pytest.mark.django_db

HEADER = "campaign,instant,amount"
Write = Callable[..., str]


@pytest.fixture
def brand() -> Brand:
    return Brand.objects.create(
        name="Fahrrad", external_id="acc-1", timezone="Europe/Berlin", currency="EUR", daily_budget=Decimal(10)
    )


@pytest.fixture
def spring(brand: Brand) -> Campaign:
    return Campaign.objects.create(brand=brand, name="Spring", external_id="c-1")


@pytest.fixture
def autumn(brand: Brand) -> Campaign:
    return Campaign.objects.create(brand=brand, name="Autumn", external_id="c-2")


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(*lines: str, header: str = HEADER, encoding: str = "utf-8") -> str:
        path = tmp_path / "spend.csv"
        path.write_text("\n".join([header, *lines]) + "\n", encoding=encoding)
        return str(path)

    return write


def replay(file: str, **options: Any) -> dict[str, Any]:
    out = io.StringIO()
    call_command("replay_spend", file, format="json", stdout=out, **options)
    report: dict[str, Any] = json.loads(out.getvalue())
    return report


def refusal(file: str, **options: Any) -> str:
    with pytest.raises(CommandError) as caught:
        call_command("replay_spend", file, **options)
    assert not SpendRecord.objects.exists()
    return str(caught.value)


def turns(report: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(turn["at"], turn["to_status"], turn["cause"]) for turn in report["changes"]]


def test_a_campaign_pauses_at_the_crossing_and_comes_back_at_its_local_midnight(spring: Campaign, write: Write) -> None:
    file = write(
        "Spring,2026-07-02T01:00:00+02:00,1",  # out of order: the file is played in order of time
        "Spring,2026-07-01T10:00:00Z,9.5",
        "Spring,2026-07-01T11:00:00Z,0.500001",
    )
    report = replay(file)
    assert turns(report) == [
        ("2026-07-01T11:00:00+00:00", "PAUSED_BUDGET", "SPEND"),
        ("2026-07-01T22:00:00+00:00", "ACTIVE", "TICK"),
    ]
    assert report["changes"][0]["reasons"] == ["BRAND_DAILY_BUDGET"]
    assert report["changes"][0]["overspent"] == "0.000001"
    assert report["brands"][0]["overspent_at_a_pause"] == "0.000001"


def test_totals_are_those_of_the_file(spring: Campaign, autumn: Campaign, write: Write) -> None:
    report = replay(write("c-1,2026-07-01T10:00Z,0.1", "c-1,2026-07-01T11:00Z,0.2", "c-2,2026-07-01T12:00Z,7.000007"))
    assert [(row["campaign"], row["amount"], row["records"]) for row in report["campaigns"]] == [
        ("Spring", "0.30", 2),
        ("Autumn", "7.000007", 1),
    ]
    assert report["brands"][0]["amount"] == "7.300007"
    assert SpendRecord.objects.total() == Decimal("7.300007")
    assert services.verify_summaries() == []
    first = SpendRecord.objects.earliest("spend_datetime")
    assert first.spend_datetime == datetime(2026, 7, 1, 10, tzinfo=UTC)


def test_ticks_come_on_their_grid_only(spring: Campaign, write: Write) -> None:
    file = write("Spring,2026-07-01T10:00Z,10", "Spring,2026-07-02T10:00Z,1")
    assert turns(replay(file, tick=45))[1][0] == "2026-07-01T22:30:00+00:00"


def test_spend_of_what_is_stopped_is_recorded_and_counted(spring: Campaign, write: Write) -> None:
    report = replay(write("Spring,2026-07-01T10:00Z,10", "Spring,2026-07-01T11:00Z,3"))
    (row,) = report["campaigns"]
    assert (row["amount"], row["rows_while_stopped"], row["amount_while_stopped"]) == ("13.00", 1, "3.00")


def test_spend_of_what_is_stopped_is_left_out_on_request(spring: Campaign, write: Write) -> None:
    report = replay(write("Spring,2026-07-01T10:00Z,10", "Spring,2026-07-01T11:00Z,3"), only_running=True)
    (row,) = report["campaigns"]
    assert (row["amount"], row["rows_while_stopped"], row["amount_while_stopped"]) == ("10.00", 1, "3.00")
    assert SpendRecord.objects.total() == Decimal(10)


def test_a_campaign_is_named_by_id_external_id_or_name(spring: Campaign, write: Write) -> None:
    instant = "2026-07-01T10:00Z"
    replay(write(f"{spring.pk},{instant},1", f"c-1,{instant},1", f"Spring,{instant},1"))
    assert SpendRecord.objects.filter(campaign=spring).count() == 3


def test_a_platforms_number_is_not_taken_for_one_of_ours(spring: Campaign, write: Write) -> None:
    """The platform's second campaign is not known here yet, and its number is another campaign's own."""
    Campaign.objects.filter(pk=spring.pk).update(external_id="987654")
    stranger = Campaign.objects.create(brand=Brand.objects.create(name="Other"), name="Elsewhere")
    rows = ["987654,2026-07-01T10:00Z,1", f"{stranger.pk},2026-07-01T11:00Z,40"]
    said = f"line 3: '{stranger.pk}' is no external id, and line 2 gives one; Other / Elsewhere has that id here"
    assert said in refusal(write(*rows))
    assert replay(write(rows[1]))["rows"] == 1


def test_a_name_that_two_brands_use_needs_the_brand(brand: Brand, spring: Campaign, write: Write) -> None:
    other = Campaign.objects.create(brand=Brand.objects.create(name="Other"), name="Spring")
    file = write("Spring,2026-07-01T10:00Z,1")
    assert f"line 2: 'Spring' means several campaigns ({spring.pk} of Fahrrad, {other.pk} of Other)" in refusal(file)
    replay(file, brand="acc-1")
    assert SpendRecord.objects.get().campaign == spring


def test_other_brands_keep_their_own_clock(spring: Campaign, write: Write) -> None:
    other = Campaign.objects.create(brand=Brand.objects.create(name="Other"), name="Elsewhere")
    Campaign.objects.filter(pk=other.pk).update(next_check_at=datetime(2020, 1, 1, tzinfo=UTC))
    replay(write("Spring,2026-07-01T10:00Z,10", "Spring,2026-07-02T10:00Z,1"))
    other.refresh_from_db()
    assert other.next_check_at == datetime(2020, 1, 1, tzinfo=UTC)


def test_micro_units(spring: Campaign, write: Write) -> None:
    replay(write("Spring,2026-07-01T10:00Z,1353"), micros=True)
    assert SpendRecord.objects.get().amount == Decimal("0.001353")


def test_instants_without_an_offset_need_a_zone(spring: Campaign, write: Write) -> None:
    file = write("Spring,2026-07-01T10:00:00,1")
    assert "line 2: instant '2026-07-01T10:00:00' has no UTC offset" in refusal(file)
    replay(file, timezone="Asia/Kathmandu")
    assert SpendRecord.objects.get().spend_datetime == datetime(2026, 7, 1, 4, 15, tzinfo=UTC)


def test_a_byte_order_mark_is_no_part_of_the_header(spring: Campaign, write: Write) -> None:
    replay(write("Spring,2026-07-01T10:00Z,1", encoding="utf-8-sig"))
    assert SpendRecord.objects.count() == 1


def test_a_file_with_keys_can_be_played_again(spring: Campaign, write: Write) -> None:
    file = write("Spring,2026-07-01T10:00Z,1,abc", "Spring,2026-07-01T10:00Z,1,ABC", header=f"{HEADER},idempotency_key")
    assert replay(file)["campaigns"][0]["records"] == 2
    (row,) = replay(file)["campaigns"]
    assert (row["records"], row["known_before"]) == (0, 2)
    assert SpendRecord.objects.count() == 2


def test_a_key_that_the_ledger_has_for_other_spend_stops_the_replay(spring: Campaign, write: Write) -> None:
    services.record_spend(spring, 5, idempotency_key="k")
    file = write("Spring,2026-07-01T10:00Z,1,", "Spring,2026-07-01T11:00Z,1,k", header=f"{HEADER},idempotency_key")
    with pytest.raises(CommandError, match=r"line 3: .*stopped there; 1 earlier row"):
        call_command("replay_spend", file)


@pytest.mark.parametrize(
    ("row", "error"),
    [
        ("Spring,2026-07-01T10:00Z,0", "amount must be greater than zero"),
        ("Spring,2026-07-01T10:00Z,-1", "amount must be greater than zero"),
        ("Spring,2026-07-01T10:00Z,1e3", "not a plain decimal number"),
        ("Spring,2026-07-01T10:00Z,0.0000001", "more than 6 decimal places"),
        ("Spring,2026-07-01T10:00Z,", "not a plain decimal number"),
        ("Spring,yesterday,1", "instant 'yesterday' is not like"),
        ("Spring,0001-01-01T00:00+14:00,1", "outside the calendar"),
        ("Spring,0001-01-01T00:00Z,1", "instant '0001-01-01T00:00Z' lies before 1970"),
        ("Spring,1026-07-01T10:00Z,1", "instant '1026-07-01T10:00Z' lies before 1970"),
        ("Spring,2999-07-01T10:00Z,1", "instant '2999-07-01T10:00Z' lies more than a year ahead"),
        ("Spring,9999-12-31T23:59:59Z,1", "instant '9999-12-31T23:59:59Z' lies more than a year ahead"),
        ("Winter,2026-07-01T10:00Z,1", "no campaign has 'Winter'"),
        ("spring,2026-07-01T10:00Z,1", "no campaign has 'spring'"),
        ("Spring,2026-07-01T10:00Z", "has 2 cells where the header has 3"),
        ("Spring,2026-07-01T10:00Z,1,2", "has 4 cells where the header has 3"),
        ('"Spring,2026-07-01T10:00Z,1', "is not CSV"),
    ],
)
def test_nothing_is_recorded_of_a_malformed_file(spring: Campaign, write: Write, row: str, error: str) -> None:
    message = refusal(write("Spring,2026-07-01T10:00Z,1", row))
    assert "nothing was recorded" in message
    assert "line 3: " in message
    assert error in message


def test_a_plan_may_be_tried_a_year_ahead(spring: Campaign, write: Write) -> None:
    now = timezone.now()
    assert "more than a year ahead" in refusal(write(f"Spring,{now + timedelta(days=367):%Y-%m-%dT%H:%MZ},1"))
    assert replay(write(f"Spring,{now + timedelta(days=2):%Y-%m-%dT%H:%MZ},1"))["rows"] == 1


def test_every_fault_is_named_with_its_line(spring: Campaign, write: Write) -> None:
    message = refusal(write("Spring,2026-07-01T10:00Z,x", "", "Spring,2026-07-01T10:00Z,1", "Winter,now,1"))
    assert [line.split(":")[0].strip() for line in message.splitlines()[1:]] == ["line 2", "line 5"]


def test_a_key_with_two_contents_is_a_fault_of_the_file(spring: Campaign, write: Write) -> None:
    rows = ["Spring,2026-07-01T10:00Z,1,k", "Spring,2026-07-01T10:00Z,1,k", "Spring,2026-07-01T10:00Z,2,k"]
    message = refusal(write(*rows, header=f"{HEADER},idempotency_key"))
    assert message.endswith("line 4: the key 'k' stands for other spend on line 2")


def test_a_key_out_of_ascii_is_a_fault_of_the_file(spring: Campaign, write: Write) -> None:
    assert "line 2: " in refusal(write("Spring,2026-07-01T10:00Z,1,ä", header=f"{HEADER},idempotency_key"))


@pytest.mark.parametrize("header", ["", "campaign,amount", f"{HEADER},colour", f"{HEADER},amount"])
def test_a_header_must_name_the_columns(write: Write, header: str) -> None:
    assert "line 1: the header must be campaign,instant,amount[,idempotency_key]" in refusal(write(header=header))


def test_what_is_not_utf8_is_refused(spring: Campaign, write: Write) -> None:
    assert "not UTF-8" in refusal(write("Frühling,2026-07-01T10:00Z,1", encoding="latin-1"))


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"timezone": "Mars/Olympus"}, "Mars/Olympus"),
        ({"brand": "nobody"}, "no brands have 'nobody'"),
        ({"tick": 0}, "--tick 0 is not a number of minutes"),
    ],
)
def test_options_that_make_no_sense_are_refused(write: Write, options: dict[str, Any], error: str) -> None:
    assert error in refusal(write(), **options)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert "cannot read" in refusal(str(tmp_path / "nothing.csv"))


def test_a_file_without_rows_changes_nothing(write: Write) -> None:
    assert replay(write()) == {"rows": 0, "only_running": False, "brands": [], "campaigns": [], "changes": []}


def test_people_read_who_paused_and_who_came_back(spring: Campaign, write: Write) -> None:
    file = write("Spring,2026-07-01T10:00Z,12", "Spring,2026-07-01T11:00Z,2", "Spring,2026-07-02T10:00Z,1")
    out = io.StringIO()
    call_command("replay_spend", file, stdout=out)
    whose = "Fahrrad / Spring"
    assert out.getvalue().splitlines() == [
        f"2026-07-01 12:00 Europe/Berlin  {whose}: PAUSED_BUDGET (BRAND_DAILY_BUDGET, over by 2.00 EUR) by SPEND",
        "2026-07-02 00:00 Europe/Berlin  Fahrrad / Spring: ACTIVE by TICK",
        "Fahrrad / Spring: 15.00 EUR in 3 records, of which 2.00 EUR in 1 row while it was stopped",
        "Fahrrad: 15.00 EUR, overspent at a pause by at most 2.00 EUR",
    ]
