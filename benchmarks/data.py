"""Brands, campaigns, windows, totals and ledgers made by the million, in one statement each."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.apps import apps
from django.core.management.color import no_style
from django.db import connections, models, transaction
from django.db.models import NOT_PROVIDED

from django_adbudget.models import (
    Brand,
    BudgetSummary,
    Campaign,
    CampaignSummary,
    DaypartingSchedule,
    PlatformOrder,
    SpendRecord,
)

from .routers import Chosen

#: A Wednesday, 12:00 in Berlin.
NOW = datetime(2026, 3, 11, 11, tzinfo=UTC)
TODAY, MONTH, EVER = "2026-03-11", "2026-03-01", "1970-01-01"
WINDOWS = 5
MICROS = 1_000_000


def connection() -> Any:
    return connections[Chosen.alias]


def empty() -> None:
    """Nothing is left of the benchmark before."""
    tables = [model._meta.db_table for model in apps.get_app_config("django_adbudget").get_models()]
    statements = connection().ops.sql_flush(no_style(), tables, reset_sequences=True, allow_cascade=True)
    connection().ops.execute_sql_flush(statements)


def insert(model: type[models.Model], count: int, **columns: str) -> None:
    """Rows made by SQL expressions in ``i`` (1 to ``count``); columns not named take the field's default."""
    insert_range(model, 1, count, columns)


def insert_range(model: type[models.Model], first: int, count: int, columns: dict[str, str]) -> None:
    """The same for ``i`` from ``first`` to ``count``."""
    fields = [f for f in model._meta.concrete_fields if f.column in columns or not f.primary_key]
    quote, params, parts = connection().ops.quote_name, [], []
    for field in fields:
        expression = columns.get(field.column or "", "%s")
        if expression == "%s":
            params.append(_default(field))
            expression = f"CAST(%s AS {_type(field)})"
        else:
            expression = expression.replace("%", "%%")
        parts.append(expression)
    names = ", ".join(quote(field.column) for field in fields)
    into = f"INSERT INTO {quote(model._meta.db_table)} ({names}) SELECT {', '.join(parts)}"
    with transaction.atomic(using=Chosen.alias), connection().cursor() as cursor:
        if connection().vendor == "postgresql":
            # A foreign key of millions of rows made out of one number need not be looked up for each of them.
            cursor.execute(
                "SELECT set_config('session_replication_role', 'replica', true) "
                "WHERE current_setting('is_superuser') = 'on'"
            )
            cursor.execute(f"{into} FROM generate_series({first}, {count}) AS s(i)", params)
        else:
            counter = f"WITH RECURSIVE s(i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM s WHERE i < {count})"
            cursor.execute(f"{counter} {into} FROM s", params)


def _type(field: Any) -> str:
    return str(field.cast_db_type(connection()))


def _default(field: Any) -> Any:
    value = field.get_default() if field.default is not NOT_PROVIDED or field.null else ""
    return field.get_db_prep_save(NOW if field.name in ("created_at", "updated_at") else value, connection())


def campaigns(count: int, a_brand: int, *, budget: int | None = None, zones: int = 1) -> None:
    """Campaigns with ids from 1, the first ``a_brand`` of them in brand 1; budgets are in currency units."""
    names = ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Sydney", "America/Los_Angeles"][:zones]
    zone = " ".join(f"WHEN {n} THEN '{name}'" for n, name in enumerate(names))
    brands = -(-count // a_brand)
    insert(
        Brand,
        brands,
        id="i",
        name="'Brand ' || i",
        external_id="NULL",
        currency="'EUR'",
        timezone=f"CASE i % {zones} {zone} END",
        **({} if budget is None else {"daily_budget": f"{budget * a_brand * MICROS}"}),
    )
    insert(
        Campaign,
        count,
        id="i",
        brand_id=f"(i - 1) / {a_brand} + 1",
        name="'Campaign ' || i",
        external_id="NULL",
        **(
            {}
            if budget is None
            else {"daily_budget": f"{budget * MICROS}", "monthly_budget": f"{budget * 30 * MICROS}"}
        ),
    )


def windows(count: int) -> None:
    """Five windows for each of the first ``count`` campaigns, all over the day."""
    insert(
        DaypartingSchedule,
        count * WINDOWS,
        campaign_id=f"(i - 1) / {WINDOWS} + 1",
        day_of_week=f"i % {WINDOWS}",
        start_time="CASE (i / 5) % 3 WHEN 0 THEN '06:00' WHEN 1 THEN '08:00' ELSE '14:00' END" + _cast("time"),
        end_time="CASE (i / 7) % 2 WHEN 0 THEN '18:00' ELSE '22:00' END" + _cast("time"),
    )


def _cast(name: str) -> str:
    return f"::{name}" if connection().vendor == "postgresql" else ""


def totals(count: int, a_brand: int, units: int = 10) -> None:
    """Spend of the present day and month for every campaign and brand, with the ledger that it is the total of."""
    day, month, ever = (f"'{text}'" + _cast("date") for text in (TODAY, MONTH, EVER))
    insert(
        SpendRecord,
        count,
        campaign_id="i",
        brand_id=f"(i - 1) / {a_brand} + 1",
        amount=str(units * MICROS),
        kind="'SPEND'",
        spend_datetime=f"'{NOW.isoformat()}'" + _cast("timestamptz"),
        spend_date=day,
        idempotency_key="'made-' || i",
    )
    for model, owner, size, starts in (
        (BudgetSummary, "brand_id", a_brand, {"DAY": day, "MONTH": month}),
        (CampaignSummary, "campaign_id", 1, {"DAY": day, "MONTH": month, "TOTAL": ever}),
    ):
        for period, start in starts.items():
            rows = -(-count // size)
            of_last = count - (rows - 1) * size
            spend = f"CASE WHEN i = {rows} THEN {of_last} ELSE {size} END * {units * MICROS}"
            insert(
                model,
                rows,
                **{owner: "i", "period": f"'{period}'", "start": start, "spend": f"CAST({spend} AS bigint)"},
            )


def totals_of_ledger() -> None:
    """Totals made anew from the ledger, in a statement for each kind."""
    day, month, ever = "spend_date", "date_trunc('month', spend_date)::date", f"DATE '{EVER}'"
    for model, owner, starts in (
        (BudgetSummary, "brand_id", {"DAY": day, "MONTH": month}),
        (CampaignSummary, "campaign_id", {"DAY": day, "MONTH": month, "TOTAL": ever}),
    ):
        table, ledger = (connection().ops.quote_name(of._meta.db_table) for of in (model, SpendRecord))
        with connection().cursor() as cursor:
            cursor.execute(f"DELETE FROM {table}")
            for period, start in starts.items():
                cursor.execute(
                    f"INSERT INTO {table} ({owner}, period, start, spend, created_at, updated_at) "
                    f"SELECT {owner}, '{period}', {start}, SUM(amount), %s, %s FROM {ledger} GROUP BY {owner}, {start}",
                    [NOW, NOW],
                )


#: Campaigns after which zones and windows of ``campaigns()`` and ``windows()`` come again.
PERIOD = 10_500


def repeat_projection() -> None:
    """Campaigns are stored as the one that is a number of periods before them: deciding a million takes minutes."""
    quote = connection().ops.quote_name
    names = ("status", "status_reasons", "status_changed_at", "next_check_at", "desired_generation")
    columns = ", ".join(f"{quote(name)} = model.{quote(name)}" for name in names)
    table = quote(Campaign._meta.db_table)
    with connection().cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} SET {columns} FROM {table} AS model "
            f"WHERE {table}.id > {PERIOD} AND model.id = ({table}.id - 1) %% {PERIOD} + 1",
            [],
        )


def analyze() -> None:
    with connection().cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection().vendor == "postgresql" else "ANALYZE")


def rows(model: type[models.Model]) -> int:
    return model._base_manager.using(Chosen.alias).count()


def orders_are_done() -> None:
    """No platform is waited for: what is measured is deciding."""
    PlatformOrder._base_manager.using(Chosen.alias).update(state="DONE")
