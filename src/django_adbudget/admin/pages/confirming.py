"""Before a budget is lowered: the campaigns that this would pause, and a question. Works without JavaScript."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.forms import ModelForm
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.text import capfirst
from django.utils.translation import gettext

from ... import wording
from ...models import Brand, Campaign
from ...rules import Level
from ...services.edits.previews import NewBudget, Preview, budget_preview
from ...services.facts import BUDGET_FIELDS
from .forms import MEDIA

CONFIRMED = "adbudget_confirmed"
BACK = "adbudget_back"
#: Names that the question spells out; beyond, it counts.
_SHOWN = 50
_NOT_CARRIED = {"csrfmiddlewaretoken", CONFIRMED, BACK}


def is_first_try(request: HttpRequest) -> bool:
    """Whether the question is still to be asked. Files could not be sent a second time, so with them it is not."""
    return request.POST.keys().isdisjoint({CONFIRMED, BACK}) and not request.FILES


def reopened(form: type[ModelForm[Any]], request: HttpRequest) -> type[ModelForm[Any]]:
    """For whoever goes back from the question: a form that shows what was filled in, and saves nothing."""
    if BACK not in request.POST:
        return form
    return type(form.__name__, (form,), {"is_valid": lambda _: False})


def question(page: admin.ModelAdmin[Any], request: HttpRequest, obj: Any) -> TemplateResponse | None:
    """What would pause and whether to save all the same; None if nothing would, or the form is not right yet."""
    lowered = _lowered(page, request, obj)
    preview = budget_preview(each.budget for each in lowered) if lowered else None
    if preview is None or not preview.pauses:
        return None
    context = page.admin_site.each_context(request) | {
        "opts": page.opts,
        "original": obj,
        "title": gettext("Lower the budget?"),
        "lowered": [_in_words(each, obj) for each in lowered],
        "pauses": _told(preview),
        "count": len(preview.pauses),
        "more": max(len(preview.pauses) - _SHOWN, 0),
        "carried": [(k, v) for k, values in request.POST.lists() for v in values if k not in _NOT_CARRIED],
        "confirmed": CONFIRMED,
        "back": BACK,
        "media": page.media + MEDIA,
    }
    request.current_app = page.admin_site.name
    return TemplateResponse(request, "admin/django_adbudget/lower_budget.html", context)


@dataclass(frozen=True, slots=True)
class _Lowered:
    field: str
    before: Decimal | None
    budget: NewBudget


def _lowered(page: admin.ModelAdmin[Any], request: HttpRequest, obj: Any) -> list[_Lowered]:
    """Budgets that the form would lower, or set where there was none."""
    level = Level.BRAND if isinstance(obj, Brand) else Level.CAMPAIGN
    before = {name: getattr(obj, name, None) for name in BUDGET_FIELDS.values()}
    form = page.get_form(request, obj, change=True)(request.POST, request.FILES, instance=obj)
    if before.keys().isdisjoint(form.changed_data) or not form.is_valid():
        return []
    return [
        _Lowered(name, before[name], NewBudget(level, obj.pk, period, after))
        for period, name in BUDGET_FIELDS.items()
        if name in form.changed_data and _is_lower(after := form.cleaned_data[name], before[name])
    ]


def _is_lower(after: Decimal | None, before: Decimal | None) -> bool:
    return after is not None and (before is None or after < before)


def _told(preview: Preview) -> list[tuple[str, str]]:
    return [(each.campaign_name, wording.reasons(each.after.reasons)) for each in preview.pauses[:_SHOWN]]


def _in_words(lowered: _Lowered, obj: Brand | Campaign) -> tuple[str, str, str]:
    currency = (obj if isinstance(obj, Brand) else obj.brand).currency
    before = gettext("no limit") if lowered.before is None else wording.money(lowered.before, currency)
    label = capfirst(str(obj._meta.get_field(lowered.field).verbose_name))  # type: ignore[union-attr]
    return label, before, wording.money(lowered.budget.budget, currency)
