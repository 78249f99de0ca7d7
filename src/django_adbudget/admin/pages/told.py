"""Changes and orders in words: rows of the tables of a page."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext, pgettext

from ... import wording
from ...models import Brand, BudgetChange, Campaign, PlatformOrder, StatusChange
from ...models.campaign import DaypartingChoices
from ...rules import Level, Period
from ...rules.status import BUDGET_REASONS
from ..cells import local
from ..explaining import of_budget

Cell = SafeString | str
_BUDGETS = ("daily_budget", "monthly_budget", "total_budget")


@dataclass(frozen=True, slots=True)
class ToldChange:
    """A change of status: when, from, to and why, the figures that decided, and what or who caused it."""

    at: Cell
    campaign: Campaign
    before: str
    after: str
    look: str
    reasons: str
    figures: tuple[tuple[str, bool], ...]
    cause: str
    link: Cell = ""


@dataclass(frozen=True, slots=True)
class ToldEdit:
    """An edit of a budget, switch or zone. ``campaign`` is None for one of the brand."""

    at: Cell
    campaign: Campaign | None
    field: str
    before: str
    after: str
    actor: str
    link: Cell = ""


def changes(rows: Iterable[StatusChange], zone: str, currency: str) -> list[ToldChange]:
    return [
        ToldChange(
            at=local(row.at, zone),
            campaign=row.campaign,
            before=row.get_from_status_display(),
            after=row.get_to_status_display(),
            look=LOOKS.get(row.to_status, ""),
            reasons=wording.reasons(row.reasons),
            figures=tuple(figures(row, currency)),
            cause=_cause(row),
        )
        for row in rows
    ]


LOOKS = {"ACTIVE": "ab-good", "PAUSED_BUDGET": "ab-warn", "PAUSED_DAYPART": "ab-info", "INACTIVE": ""}


def figures(row: StatusChange, currency: str) -> list[tuple[str, bool]]:
    """``Brand's daily budget: 100.00 of 100.00 EUR``, and whether it was a reason; reasons first (rule S7).

    What another release wrote, and this one cannot read, is left out.
    """
    found = row.figures.get("limits") if isinstance(row.figures, Mapping) else None
    limits = found if isinstance(found, list) else []
    told = [figure for limit in limits if (figure := _figure(limit, row.reasons, currency))]
    return sorted(told, key=lambda figure: not figure[1])


def _figure(limit: Any, reasons: Collection[Any], currency: str) -> tuple[str, bool] | None:
    try:
        which = Level(limit["level"]), Period(limit["period"])
        spent, budget = Decimal(limit["spent"]), Decimal(limit["budget"])
    except (KeyError, TypeError, ValueError, InvalidOperation):
        return None
    words = {"budget": capfirst(str(wording.BUDGETS[which])), "figures": of_budget(spent, budget, currency)}
    return gettext("%(budget)s: %(figures)s") % words, BUDGET_REASONS[which] in reasons


def _cause(row: StatusChange) -> str:
    cause: str = row.get_cause_display()
    return gettext("%(cause)s by %(actor)s") % {"cause": cause, "actor": row.actor} if row.actor else cause


def edits(rows: Iterable[BudgetChange], zone: str, currency: str) -> list[ToldEdit]:
    return [
        ToldEdit(
            at=local(row.at, zone),
            campaign=row.campaign,
            field=_field(row),
            before=_value(row.field, row.before, currency),
            after=_value(row.field, row.after, currency),
            actor=row.actor or wording.NOTHING,
        )
        for row in rows
    ]


def _field(row: BudgetChange) -> str:
    model = Campaign if row.campaign_id else Brand
    try:
        return capfirst(str(model._meta.get_field(row.field).verbose_name))  # type: ignore[union-attr]
    except FieldDoesNotExist:
        return row.field


def _value(field: str, value: str | None, currency: str) -> str:
    if value is None:
        return gettext("no limit") if field in _BUDGETS else wording.NOTHING
    if field in _BUDGETS:
        try:
            return wording.money(Decimal(value), currency)
        except InvalidOperation:
            return value
    if field == "is_active":
        return {"True": gettext("on"), "False": gettext("off")}.get(value, value)
    if field == "dayparting":
        return str(dict(DaypartingChoices.choices).get(value, value))
    return value or wording.NOTHING


def order(found: PlatformOrder | None, campaign: Campaign, zone: str) -> list[tuple[str, Cell]]:
    """What the platform was told and what it has confirmed, as terms and their values (rule D1)."""
    if found is None:
        return [(pgettext("to the ad platform", "Order"), gettext("none yet"))]
    told = [
        (pgettext("to the ad platform", "Order"), found.get_action_display()),
        (gettext("Order number"), str(campaign.desired_generation)),
        (gettext("Confirmed up to"), str(campaign.acked_generation)),
        (gettext("State"), found.get_state_display()),
        (gettext("Attempts"), str(found.attempts)),
    ]
    if not campaign.in_sync:
        told.append((gettext("Next attempt"), local(found.next_attempt_at, zone)))
    if found.acked_at:
        told.append((gettext("Confirmed at"), local(found.acked_at, zone)))
    if found.is_drifted:
        told.append((gettext("Seen doing"), found.get_observed_action_display()))
    if found.last_error:
        told.append((gettext("Last error"), found.last_error))
    return told
