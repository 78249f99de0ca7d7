"""Budgets that are likely a mistake."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import F, Q, QuerySet

from ...models import Brand, Campaign
from ...rules import Period
from ..facts import BRAND_PERIODS, BUDGET_FIELDS, CAMPAIGN_PERIODS
from .findings import Finding, Patient, Severity, by_hand, first_few, title


def of_nothing(patient: Patient) -> Iterator[Finding]:
    """A budget of 0 always blocks (rule M3)."""
    for model, rows, periods in _owners(patient):
        names = [BUDGET_FIELDS[period] for period in periods]
        yield from first_few(_nothing(model, names, rows))


def out_of_order(patient: Patient) -> Iterator[Finding]:
    for model, rows, _ in _owners(patient):
        yield from first_few(_out_of_order(model, rows.filter(daily_budget__gt=F("monthly_budget"))))


def _owners(patient: Patient) -> Iterator[tuple[str, QuerySet[Brand] | QuerySet[Campaign], tuple[Period, ...]]]:
    yield "Brand", patient.brands().filter(is_active=True), BRAND_PERIODS
    campaigns = patient.campaigns().filter(is_active=True, brand__is_active=True)
    yield "Campaign", campaigns.select_related("brand"), CAMPAIGN_PERIODS


def _nothing(model: str, names: list[str], rows: QuerySet[Brand] | QuerySet[Campaign]) -> Iterator[Finding]:
    query = Q()
    for name in names:
        query |= Q(**{name: 0})
    for row in rows.filter(query):
        (name, *_) = [name for name in names if getattr(row, name) == 0]
        yield Finding(
            "budget-zero",
            Severity.HINT,
            f"The {name.replace('_', ' ')} of {title(row)} is 0, which never lets it run.",
            (
                by_hand(model, row.pk, "x.is_active = False", "x.save()", note="if it is not meant to run"),
                by_hand(model, row.pk, f"x.{name} = None", "x.save()", note="for no limit"),
            ),
        )


def _out_of_order(model: str, rows: QuerySet[Brand] | QuerySet[Campaign]) -> Iterator[Finding]:
    for row in rows:
        yield Finding(
            "budget-order",
            Severity.WARNING,
            f"The daily budget of {title(row)}, {row.daily_budget}, is above its monthly one, {row.monthly_budget}.",
            (by_hand(model, row.pk, "x.daily_budget = x.monthly_budget", "x.save()", note="as tight as before"),),
        )
