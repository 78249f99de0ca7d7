"""The ledger is append-only: by its methods, by the database, and past both by one door (rule L1)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core import serializers
from django.core.checks import run_checks
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from django_adbudget import services
from django_adbudget.exceptions import AppendOnly
from django_adbudget.models import LedgerOpening, SpendRecord
from django_adbudget.services.audit import guard
from tests.factories import NOW, make_campaign

from .crowd import together

TABLE = SpendRecord._meta.db_table
UPDATE, DELETE = f"UPDATE {TABLE} SET amount = amount + 1", f"DELETE FROM {TABLE}"

Attempt = Callable[[SpendRecord], Any]
ATTEMPTS: dict[str, Attempt] = {
    "save": lambda record: record.save(),
    "save of a new one": lambda record: SpendRecord().save(),
    "delete": lambda record: record.delete(),
    "create": lambda record: SpendRecord.objects.create(amount=1),
    "get_or_create": lambda record: SpendRecord.objects.get_or_create(idempotency_key="another"),
    "update_or_create": lambda record: SpendRecord.objects.update_or_create(pk=record.pk, defaults={"amount": 1}),
    "bulk_create": lambda record: SpendRecord.objects.bulk_create([SpendRecord()]),
    "bulk_update": lambda record: SpendRecord.objects.bulk_update([record], ["amount"]),
    "update": lambda record: SpendRecord.objects.update(amount=1),
    "filtered update": lambda record: SpendRecord.objects.filter(pk=record.pk).update(amount=1),
    "filtered delete": lambda record: SpendRecord.objects.filter(pk=record.pk).delete(),
    "related create": lambda record: record.campaign.spend_records.create(amount=1),
    "related update": lambda record: record.brand.spend_records.update(amount=1),
    "related delete": lambda record: record.campaign.spend_records.all().delete(),
}


@pytest.fixture
def record(transactional_db: None) -> SpendRecord:
    return services.record_spend(make_campaign(), 5, idempotency_key="first", now=NOW).record


@pytest.mark.parametrize("attempt", ATTEMPTS.values(), ids=ATTEMPTS)
def test_every_way_past_the_services_raises(attempt: Attempt, record: SpendRecord) -> None:
    with pytest.raises(AppendOnly, match=r"record_spend\(\)"):
        attempt(record)
    assert_untouched(record)


def assert_untouched(record: SpendRecord) -> None:
    kept = SpendRecord.objects.values_list("pk", "amount", "idempotency_key", "description")
    assert list(kept) == [(record.pk, 5, "first", "")]


def test_a_fixture_may_load_records_as_they_are(record: SpendRecord) -> None:
    text = serializers.serialize("json", [record]).replace('"first"', '"second"')
    for loaded in serializers.deserialize("json", text.replace(f'"pk": {record.pk}', '"pk": null')):
        loaded.save()
    assert sorted(SpendRecord.objects.values_list("idempotency_key", "amount")) == [("first", 5), ("second", 5)]


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param(UPDATE, marks=pytest.mark.sqlite, id="sqlite-update"),
        pytest.param(UPDATE, marks=pytest.mark.postgres, id="postgres-update"),
        pytest.param(DELETE, marks=pytest.mark.postgres, id="postgres-delete"),
    ],
)
def test_the_database_refuses_raw_sql(statement: str, record: SpendRecord) -> None:
    """And the base manager, which Django's own machinery uses."""
    assert_refused(statement)
    assert_untouched(record)


def assert_refused(statement: str = UPDATE) -> None:
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        execute(statement)


def execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def test_the_door_lets_through_and_leaves_a_trace(record: SpendRecord) -> None:
    with services.ledger_open("a subject asked to be forgotten", actor="dpo", now=NOW):
        SpendRecord._base_manager.filter(pk=record.pk).update(description="redacted")
        execute(f"UPDATE {TABLE} SET source = 'x'")
    assert SpendRecord.objects.values_list("description", "source").get() == ("redacted", "x")
    with services.ledger_open("archived", now=NOW):
        execute(DELETE)
    assert not SpendRecord.objects.exists()
    assert list(LedgerOpening.objects.order_by("pk").values_list("reason", "actor", "at")) == [
        ("a subject asked to be forgotten", "dpo", NOW),
        ("archived", "", NOW),
    ]


WITH_TRIGGERS = [pytest.param(None, marks=getattr(pytest.mark, name), id=name) for name in ("sqlite", "postgres")]


@pytest.mark.parametrize("_database", WITH_TRIGGERS)
def test_the_door_closes_again(_database: None, record: SpendRecord) -> None:
    with services.ledger_open("looking"):
        pass
    assert_refused()
    with transaction.atomic():
        with services.ledger_open("looking, in a host's transaction"):
            pass
        assert_refused()


@pytest.mark.parametrize("_database", WITH_TRIGGERS)
def test_the_door_closes_on_an_error_and_nothing_is_kept(_database: None, record: SpendRecord) -> None:
    def fail() -> None:
        with services.ledger_open("failing"):
            execute(UPDATE)
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    assert_refused()
    with transaction.atomic():
        with pytest.raises(LookupError):
            fail()
        assert_refused()
    assert_untouched(record)
    assert not LedgerOpening.objects.exists()


@pytest.mark.postgres
def test_the_door_is_open_to_nobody_else(record: SpendRecord) -> None:
    with services.ledger_open("mine alone"):
        together([assert_refused])
        execute(f"UPDATE {TABLE} SET source = 'x'")
    assert SpendRecord.objects.get().source == "x"


@pytest.mark.parametrize("_database", WITH_TRIGGERS)
def test_migrate_puts_lost_triggers_back(_database: None, record: SpendRecord) -> None:
    """SQLite drops them whenever it remakes the table; until then a system check says so (adbudget.W007)."""
    assert warnings() == []
    execute(guard._trigger_sql(connection)[-2])
    assert warnings() == ["adbudget.W007"]
    call_command("migrate", verbosity=0)
    assert warnings() == []
    assert_refused()


def warnings() -> list[str | None]:
    return [message.id for message in run_checks(databases=["default"]) if message.id == "adbudget.W007"]


@pytest.mark.postgres
def test_a_disabled_trigger_is_as_good_as_none(record: SpendRecord) -> None:
    execute(f"ALTER TABLE {TABLE} DISABLE TRIGGER {guard._PREFIX}")
    assert warnings() == ["adbudget.W007"]
    call_command("migrate", verbosity=0)
    assert_refused()
