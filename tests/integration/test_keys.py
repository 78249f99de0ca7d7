"""Keys and sources are compared byte for byte, whatever the database thinks of case and blanks (rules L2, L7)."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from django_adbudget import services
from django_adbudget.exceptions import IdempotencyMismatch
from django_adbudget.models import Campaign, SpendRecord
from tests.factories import NOW, make_campaign

from .books import check_totals

pytestmark = pytest.mark.django_db

ALIKE = ("abc", "ABC", "abc ", " abc", "abc  ", "Abc")
TODAY = date(2026, 3, 11)


@pytest.fixture
def campaign() -> Campaign:
    return make_campaign()


def test_keys_that_look_alike_are_different_keys(campaign: Campaign) -> None:
    """Rule L2: each is recorded once, and replayed as itself."""
    first = [services.record_spend(campaign, n, idempotency_key=key) for n, key in enumerate(ALIKE, 1)]
    again = [services.record_spend(campaign, n, idempotency_key=key) for n, key in enumerate(ALIKE, 1)]
    assert [receipt.replayed for receipt in first + again] == [False] * len(ALIKE) + [True] * len(ALIKE)
    assert [receipt.record.pk for receipt in again] == [receipt.record.pk for receipt in first]
    assert [receipt.record.idempotency_key for receipt in again] == list(ALIKE)


def test_keys_that_look_alike_are_different_keys_in_a_batch(campaign: Campaign) -> None:
    """Rules L2, L8: beside each other, and beside one that is there already."""
    services.record_spend(campaign, 1, idempotency_key="ABC")
    entries = [{"campaign": campaign, "amount": 1, "idempotency_key": key} for key in ALIKE]
    receipt = services.record_spend_batch(entries * 2)
    assert (receipt.recorded, receipt.replayed) == (len(ALIKE) - 1, len(ALIKE) + 1)
    assert sorted(SpendRecord.objects.values_list("idempotency_key", flat=True)) == sorted(ALIKE)
    check_totals()


def test_the_database_takes_no_key_twice(campaign: Campaign) -> None:
    """Rule L2, past the services: a fault in them, or two of them at once, records nothing twice."""
    record = services.record_spend(campaign, 1, idempotency_key="k").record
    record.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        SpendRecord._base_manager.bulk_create([record])


def test_a_source_in_other_letters_is_other_content(campaign: Campaign) -> None:
    """Rule L2."""
    services.record_spend(campaign, 1, idempotency_key="k", source="meta")
    with pytest.raises(IdempotencyMismatch, match="source"):
        services.record_spend(campaign, 1, idempotency_key="k", source="META")


def test_sources_that_look_alike_have_totals_of_their_own(campaign: Campaign) -> None:
    """Rule L7: the difference is to what this very source has posted."""
    for source in ("meta", "META", "meta "):
        receipt = services.set_spend_total(campaign, TODAY, 10, source=source, now=NOW)
        assert receipt is not None
        assert receipt.record.amount == 10
    assert services.set_spend_total(campaign, TODAY, 10, source="META", now=NOW) is None
    assert SpendRecord.objects.filter(source="meta").count() == 1
    check_totals()
