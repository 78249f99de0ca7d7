"""Commands called by code: plain values by keyword mean what they would mean in a shell."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from django_adbudget import services
from django_adbudget.models import Brand, Campaign, SpendRecord
from tests.factories import NOW, make_brand, make_campaign
from tests.management.calling import data, said

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign() -> Campaign:
    campaign = make_campaign(make_brand(name="Fahrrad"), name="Spring")
    services.record_spend(campaign, 2, description="for Jane Doe", now=NOW)
    return campaign


@pytest.mark.parametrize("now", ["2026-03-31T14:00:00+02:00", datetime(2026, 3, 31, 12, tzinfo=UTC)])
def test_an_instant(campaign: Campaign, now: Any) -> None:
    (found,) = data("budget_report", now=now, period="this_month")["brands"]
    assert (found["first"], found["spent"]) == ("2026-03-01", "2.00")


def test_a_date_and_a_folder(campaign: Campaign, tmp_path: Path) -> None:
    call_command("adbudget_archive", before="2026-03-31", to=str(tmp_path), verbosity=0)
    assert len(list(tmp_path.glob("*.csv.gz"))) == 1
    assert not SpendRecord.objects.exists()


@pytest.mark.parametrize("several", [False, True])
def test_one_value_where_there_may_be_several(campaign: Campaign, several: bool) -> None:
    record = SpendRecord.objects.get().pk
    for name, value in {"record": record, "brand": campaign.brand_id, "campaign": campaign.pk}.items():
        found = data("adbudget_redact", dry_run=True, **{name: [value] if several else value})
        assert found["redacted"] == 1, name


@pytest.mark.parametrize("brand", ["Fahrrad", "id"])
def test_a_brand_by_its_name_or_id(campaign: Campaign, tmp_path: Path, brand: str) -> None:
    make_brand(name="Other")
    named = campaign.brand_id if brand == "id" else brand
    assert [row["brand_name"] for row in data("budget_report", brand=named)["brands"]] == ["Fahrrad"]
    file = tmp_path / "spends.csv"
    file.write_text("campaign,instant,amount\nSpring,2026-03-01T10:00Z,1\n")
    assert data("replay_spend", str(file), brand=named, tick="30")["rows"] == 1


def test_numbers_as_text() -> None:
    assert data("seed_data", brands="2", spend_days="0", daily_budget="50", dry_run=True)["brands"] == 2
    said("seed_data", brands="1", spend_days="0", daily_budget=50)
    assert Brand.objects.get().daily_budget == 50


@pytest.mark.parametrize(
    ("command", "options", "error"),
    [
        ("budget_report", {"now": "yesterday"}, "--now: 'yesterday' is not an instant like"),
        ("budget_report", {"now": datetime(2026, 3, 31)}, "has no UTC offset"),  # noqa: DTZ001
        ("budget_report", {"period": "for ever"}, "--period: invalid choice: 'for ever'"),
        ("adbudget_archive", {"before": "soon"}, "'soon' is not a date like"),
        ("adbudget_redact", {"record": "first"}, "--record: invalid int value: 'first'"),
        ("seed_data", {"brands": 1.5}, "--brands: invalid int value: '1.5'"),
        ("check_budgets", {"format": "xml"}, "--format: invalid choice: 'xml'"),
    ],
)
def test_what_cannot_be_read_is_a_sentence(command: str, options: dict[str, Any], error: str) -> None:
    with pytest.raises(CommandError, match=error):
        call_command(command, **options)
