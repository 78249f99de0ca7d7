from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.core.management import CommandError
from django.db import DatabaseError, connection, transaction

from django_adbudget import services
from django_adbudget.exceptions import IdempotencyMismatch
from django_adbudget.models import Campaign, LedgerOpening, SpendRecord
from tests.factories import NOW, make_brand, make_campaign, money
from tests.management.calling import data, said

pytestmark = pytest.mark.django_db
YESTERDAY = NOW.replace(day=10)


@pytest.fixture
def campaign() -> Campaign:
    campaign = make_campaign(make_brand(name="Fahrrad"), name="Spring")
    services.record_spend(campaign, 2, at=YESTERDAY, idempotency_key="old", description="for Jane Doe", now=NOW)
    services.record_spend(campaign, 3, at=NOW, idempotency_key="new", description="for Jane Doe", now=NOW)
    services.record_spend(campaign, 4, at=NOW, idempotency_key="plain", now=NOW)
    return campaign


@pytest.fixture
def other(campaign: Campaign) -> Campaign:
    other = make_campaign(name="Autumn")
    services.record_spend(other, 5, at=YESTERDAY, idempotency_key="other", description="for John Doe", now=NOW)
    return other


def described() -> set[str]:
    return set(SpendRecord.objects.exclude(description="").values_list("idempotency_key", flat=True))


@pytest.mark.parametrize(
    ("options", "left"),
    [
        ({"brand": ["Fahrrad"]}, {"other"}),
        ({"campaign": ["Autumn"]}, {"old", "new"}),
        ({"before": date(2026, 3, 11)}, {"new"}),
        ({"brand": ["Fahrrad"], "before": date(2026, 3, 11)}, {"new", "other"}),
        ({"campaign": ["Spring", "Autumn"], "brand": None}, set()),
    ],
)
def test_records_are_chosen_by_all_that_is_given(other: Campaign, options: dict[str, Any], left: set[str]) -> None:
    before = SpendRecord.objects.total()
    count = len(described() - left)
    assert data("adbudget_redact", dry_run=True, **options) == {"dry_run": True, "redacted": count}
    assert len(described()) == 3
    assert data("adbudget_redact", **options)["redacted"] == count
    assert described() == left
    assert SpendRecord.objects.total() == before
    assert services.verify_summaries() == []
    assert SpendRecord.objects.filter(redacted_at__isnull=False).count() == count


def test_records_are_chosen_by_id(campaign: Campaign) -> None:
    record = SpendRecord.objects.get(idempotency_key="new")
    lines = said("adbudget_redact", "--record", str(record.pk), "--before", "2026-03-12")
    assert lines == ["Blanked the description of 1 record."]
    assert described() == {"old"}
    assert said("adbudget_redact", "--record", str(record.pk)) == ["No such record has a description."]
    with pytest.raises(CommandError, match=f"there is no record {record.pk + 1000}"):
        said("adbudget_redact", "--record", str(record.pk + 1000))


def test_a_retry_of_a_redacted_spend_still_replays(campaign: Campaign) -> None:
    """L2, H3."""
    said("adbudget_redact", brand=["Fahrrad"])
    again = services.record_spend(campaign, 3, at=NOW, idempotency_key="new", description="for Jane Doe", now=NOW)
    assert again.replayed
    with pytest.raises(IdempotencyMismatch, match="another amount"):
        services.record_spend(campaign, 9, at=NOW, idempotency_key="new", description="for Jane Doe", now=NOW)
    assert SpendRecord.objects.total() == money("9")


def test_it_leaves_a_trace_and_closes_the_door(campaign: Campaign) -> None:
    """L1."""
    said("adbudget_redact", brand=["Fahrrad"], actor="privacy@example.com")
    opening = LedgerOpening.objects.get()
    assert (opening.reason, opening.actor) == ("redaction of descriptions", "privacy@example.com")
    if connection.vendor != "mysql":
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            SpendRecord._base_manager.update(description="x")


def test_a_dry_run_opens_nothing(campaign: Campaign) -> None:
    assert said("adbudget_redact", dry_run=True, brand=["Fahrrad"]) == [
        "A dry run; it would blank the description of 2 records."
    ]
    assert not LedgerOpening.objects.exists()


def test_where_nothing_is_to_blank_nothing_is_opened(campaign: Campaign) -> None:
    record = SpendRecord.objects.get(idempotency_key="plain")
    assert said("adbudget_redact", record=record.pk) == ["No such record has a description."]
    assert not LedgerOpening.objects.exists()


@pytest.mark.parametrize(
    ("actor", "error"), [("", "say who does it"), ("  ", "say who"), ("x" * 256, "255 are allowed")]
)
def test_somebody_has_done_it(campaign: Campaign, actor: str, error: str) -> None:
    """H3: the trace names whom to ask."""
    with pytest.raises(CommandError, match=error):
        said("adbudget_redact", "--record", "1", "--actor", actor)
    with pytest.raises(CommandError, match=error):
        said("adbudget_archive", before="2026-03-01", actor=actor)
    assert len(described()) == 2


def test_nobody_forgets_everything_by_accident(campaign: Campaign) -> None:
    with pytest.raises(CommandError, match="by brand, campaign, date or record"):
        said("adbudget_redact")
    with pytest.raises(CommandError, match="'yesterday' is not a date like 2026-03-31"):
        said("adbudget_redact", "--before", "yesterday")
    with pytest.raises(CommandError, match="no campaign has 'Winter' as its id, external id or name"):
        said("adbudget_redact", campaign=["Winter"])
    make_campaign(name="Spring")
    with pytest.raises(
        CommandError, match=r"'Spring' means several campaigns .*; say which by --brand or by another of its names"
    ):
        said("adbudget_redact", campaign=["Spring"])
    assert len(described()) == 2
    assert data("adbudget_redact", campaign=["Spring"], brand=["Fahrrad"])["redacted"] == 2
