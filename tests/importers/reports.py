"""Runs ``import_spend`` and reads what it says."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from django_adbudget.models import Brand, Campaign, SpendRecord
from tests.factories import NOW, make_brand

FIXTURES = Path(__file__).parent / "fixtures"
HEADER = "Campaign ID,Day,Cost"


def make_known() -> Brand:
    """A brand with the two campaigns of the fixtures."""
    brand = make_brand(name="Fahrrad")
    for number, name in (("1001", "Spring"), ("1002", "Autumn")):
        Campaign.objects.create(brand=brand, name=name, external_id=number)
    return brand


def imported(file: Path | str, layout: str, **options: Any) -> dict[str, Any]:
    out = io.StringIO()
    call_command("import_spend", str(file), layout=layout, format="json", stdout=out, **{"now": NOW, **options})
    report: dict[str, Any] = json.loads(out.getvalue())
    return report


def told(file: Path | str, layout: str, **options: Any) -> list[str]:
    out = io.StringIO()
    call_command("import_spend", str(file), layout=layout, stdout=out, **{"now": NOW, **options})
    return out.getvalue().splitlines()


def refusal(file: Path | str, layout: str = "google_ads", **options: Any) -> str:
    """The sentence of a file that was refused; nothing was written."""
    before = SpendRecord.objects.count(), Campaign.objects.count()
    with pytest.raises(CommandError) as caught:
        call_command("import_spend", str(file), layout=layout, **{"now": NOW, **options})
    assert (SpendRecord.objects.count(), Campaign.objects.count()) == before
    return str(caught.value)


def ledger() -> dict[tuple[str, str], str]:
    """What the ledger has for each campaign and local day."""
    sums: dict[tuple[str, str], Any] = {}
    for record in SpendRecord.objects.select_related("campaign"):
        key = (record.campaign.external_id or record.campaign.name, str(record.spend_date))
        sums[key] = sums.get(key, 0) + record.amount
    return {key: f"{value.normalize():f}" for key, value in sums.items()}
