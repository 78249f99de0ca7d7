"""History in words: which field, from what to what, and the figures that decided."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext

from .. import wording
from ..models import Brand, BudgetAlert, BudgetChange, Campaign
from ..models.campaign import DaypartingChoices
from ..rules import Level, Period
from ..services.facts import BUDGET_FIELDS

_PERIODS = {name: period for period, name in BUDGET_FIELDS.items()}


def field(change: BudgetChange) -> str:
    """The field's name as forms show it, such as ``Daily budget``; one that is gone stays as it was written."""
    owner = Brand if change.campaign_id is None else Campaign
    try:
        return capfirst(str(owner._meta.get_field(change.field).verbose_name))  # type: ignore[union-attr]
    except FieldDoesNotExist:
        return change.field


def value(change: BudgetChange, text: str | None) -> str:
    """What a field held, as people say it."""
    if change.field in _PERIODS:
        return gettext("no limit") if text is None else _money(text, change.brand.currency)
    if change.field == "is_active":
        return {"True": gettext("on"), "False": gettext("off")}.get(str(text), str(text))
    if change.field == "dayparting" and text in DaypartingChoices.values:
        return str(DaypartingChoices(text).label)
    return text or wording.NOTHING


def budget(alert: BudgetAlert) -> str:
    """Which budget an alert is of."""
    level = Level.BRAND if alert.campaign_id is None else Level.CAMPAIGN
    period = _PERIODS.get(alert.budget)
    return alert.budget if period is None else capfirst(str(wording.BUDGETS[level, period]))


def figures(found: Mapping[str, Any], currency: str) -> SafeString | str:
    """The figures of a change of status, a line for each limit."""
    lines = [line for limit in found.get("limits", ()) if (line := _limit(limit, currency))]
    if found.get("local_date"):
        lines.insert(0, (gettext("Local date"), f"{found['local_date']} {found.get('timezone', '')}".strip()))
    if not lines:
        return wording.NOTHING
    return format_html('<ul class="ab-figures">{}</ul>', format_html_join("", "<li>{}: {}</li>", lines))


def _limit(limit: Mapping[str, str], currency: str) -> tuple[str, str] | None:
    try:
        name = wording.BUDGETS[Level(limit["level"]), Period(limit["period"])]
    except (KeyError, ValueError):  # written by another release
        return None
    spent, of = _money(limit["spent"], currency), _money(limit["budget"], currency)
    return capfirst(str(name)), gettext("%(spent)s of %(budget)s") % {"spent": spent, "budget": of}


def _money(text: str, currency: str) -> str:
    try:
        return wording.money(Decimal(text), currency)
    except InvalidOperation:
        return text
