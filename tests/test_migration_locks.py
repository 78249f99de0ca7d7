"""No migration keeps a table locked for as long as it is big, nor breaks the release that still runs beside it.

What PostgreSQL is sent is read, statement by statement; tables that the same migration creates are empty and harm
nobody. docs/upgrades.md promises this from 0008 on; what earlier migrations do is named below with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import pytest
from django.db import connection
from django.db.migrations import CreateModel, Migration, RunPython, RunSQL
from django.db.migrations.loader import MigrationLoader

APP = "django_adbudget"

#: A pattern of a statement, and what is wrong with it where the table has rows. The first that fits counts.
RULES = {
    r"CREATE (UNIQUE )?INDEX (?!CONCURRENTLY)": "writers wait until the index is built: AddIndexConcurrently",
    r"ADD COLUMN .*\bDEFAULT [\w.\"]*\(": "a default that is computed rewrites the table",
    r"ADD COLUMN (?!.*\bDEFAULT\b).*\bNOT NULL": "rows that are there have no value for it",
    r"ADD COLUMN .*\b(REFERENCES|UNIQUE)\b": "checks every row under a lock: NOT VALID first, VALIDATE later",
    r"ALTER COLUMN \S+ TYPE": "rewrites the table, if the type is not only longer",
    r"ALTER COLUMN \S+ SET NOT NULL": "reads every row under a lock: a constraint NOT VALID first",
    r"ALTER COLUMN \S+ DROP DEFAULT": "the release before cannot insert any more: db_default",
    r"ADD CONSTRAINT (?!.*NOT VALID)": "checks every row under a lock: AddConstraintNotValid, then ValidateConstraint",
    r"DROP (COLUMN|TABLE)": "the release before still reads it: remove it one release after the last use",
    r"RENAME (COLUMN|TO)": "the release before knows the old name only",
}

#: What was released before the promise, by migration and table.
ALLOWED = {
    ("0005_platform", "django_adbudget_platformorder"): "a row a campaign: an index over a million takes a second",
    ("0006_alerts", "django_adbudget_spendrecord"): "the index was made before any host had ten million records",
    ("0006_alerts", "django_adbudget_budgetalert"): "a few rows a brand and day, written by crossings alone",
}

#: Both rewrite rows of tables with a row a campaign, or a few a brand and day.
ROWS_MOVED = {"0005_platform", "0006_alerts"}

_TABLE = re.compile(r'^(?:ALTER TABLE|CREATE (?:UNIQUE )?INDEX .*? ON|CREATE TABLE|DROP TABLE) "?(?P<table>\w+)"?')


def faults(statements: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Table and fault, for each statement that would be felt."""
    new: set[str] = set()
    for statement in statements:
        found = _TABLE.match(statement)
        if found is None:
            continue
        if statement.startswith("CREATE TABLE"):
            new.add(found["table"])
        elif found["table"] not in new:
            yield from ((found["table"], why) for pattern, why in RULES.items() if re.search(pattern, statement))


def migrations() -> list[Migration]:
    loader = MigrationLoader(connection, replace_migrations=False)
    return [found for (app, _name), found in sorted(loader.disk_migrations.items()) if app == APP]


@pytest.mark.postgres
@pytest.mark.django_db
def test_no_migration_is_felt() -> None:
    loader = MigrationLoader(connection, replace_migrations=False)
    felt = {
        (migration.name, table): why
        for migration in migrations()
        for table, why in faults(loader.collect_sql([(migration, False)]))
    }
    assert {where: why for where, why in felt.items() if where not in ALLOWED} == {}
    assert [where for where in ALLOWED if where not in felt] == [], "no longer needed"


@pytest.mark.django_db
def test_data_is_moved_in_a_migration_of_its_own() -> None:
    """Rows rewritten in the transaction that has changed a table keep that table locked meanwhile."""
    assert {migration.name for migration in migrations() if moves_data_under_a_lock(migration)} == ROWS_MOVED


def moves_data_under_a_lock(migration: Migration) -> bool:
    moves = [operation for operation in migration.operations if isinstance(operation, RunPython | RunSQL)]
    alters = [each for each in migration.operations if not isinstance(each, RunPython | RunSQL | CreateModel)]
    return bool(migration.atomic and moves and alters)


@pytest.mark.parametrize(
    "statement",
    [
        'CREATE INDEX "i" ON "django_adbudget_spendrecord" ("source")',
        'CREATE UNIQUE INDEX "i" ON "django_adbudget_spendrecord" ("source")',
        'ALTER TABLE "t" ADD COLUMN "c" timestamp with time zone DEFAULT statement_timestamp() NOT NULL',
        'ALTER TABLE "t" ADD COLUMN "c" uuid DEFAULT gen_random_uuid()',
        'ALTER TABLE "t" ADD COLUMN "c" bigint NOT NULL',
        'ALTER TABLE "t" ADD COLUMN "c" bigint NULL REFERENCES "u" ("id") DEFERRABLE INITIALLY DEFERRED',
        'ALTER TABLE "t" ALTER COLUMN "c" TYPE varchar(300)',
        'ALTER TABLE "t" ALTER COLUMN "c" SET NOT NULL',
        'ALTER TABLE "t" ALTER COLUMN "c" DROP DEFAULT',
        'ALTER TABLE "t" ADD CONSTRAINT "k" CHECK ("c" >= 0)',
        'ALTER TABLE "t" ADD CONSTRAINT "k" FOREIGN KEY ("c") REFERENCES "u" ("id")',
        'ALTER TABLE "t" DROP COLUMN "c" CASCADE',
        'ALTER TABLE "t" RENAME COLUMN "c" TO "d"',
        'DROP TABLE "t" CASCADE',
    ],
)
def test_what_is_felt_is_found(statement: str) -> None:
    assert len(list(faults([statement]))) == 1
    assert list(faults([f'CREATE TABLE "{_TABLE.match(statement)["table"]}" ()', statement])) == []  # type: ignore[index]


@pytest.mark.parametrize(
    "statement",
    [
        'CREATE INDEX CONCURRENTLY "i" ON "django_adbudget_spendrecord" ("source")',
        'ALTER TABLE "t" ADD COLUMN "c" bigint NULL',
        'ALTER TABLE "t" ADD COLUMN "c" varchar(9) DEFAULT \'X\' NOT NULL',
        'ALTER TABLE "t" ADD CONSTRAINT "k" CHECK ("c" >= 0) NOT VALID',
        'ALTER TABLE "t" VALIDATE CONSTRAINT "k"',
        'ALTER TABLE "t" ALTER COLUMN "c" DROP NOT NULL',
        "-- Raw Python operation",
    ],
)
def test_what_is_not_felt_is_let_through(statement: str) -> None:
    assert list(faults([statement])) == []
