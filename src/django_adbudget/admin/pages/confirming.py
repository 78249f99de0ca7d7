"""Before a budget is lowered: the campaigns that this would pause, and a question. Works without JavaScript."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from ... import wording
from ...models import Brand
from ...rules import Level
from ...services.facts import BUDGET_FIELDS
from ...services.previews import NewBudget, Preview, budget_preview
from .forms import MEDIA

CONFIRMED = "adbudget_confirmed"
#: Names that the question spells out; beyond, it counts.
_SHOWN = 50
_NOT_CARRIED = {"csrfmiddlewaretoken", CONFIRMED}


def is_first_try(request: HttpRequest) -> bool:
    """Whether the question is still to be asked. Files could not be sent a second time, so with them it is not."""
    return CONFIRMED not in request.POST and not request.FILES


def question(page: admin.ModelAdmin[Any], request: HttpRequest, obj: Any) -> TemplateResponse | None:
    """What would pause and whether to save all the same; None if nothing would, or the form is not right yet."""
    budgets = _lowered(page, request, obj)
    preview = budget_preview(budgets) if budgets else None
    if preview is None or not preview.pauses:
        return None
    context = page.admin_site.each_context(request) | {
        "opts": page.opts,
        "original": obj,
        "title": _("Lower the budget?"),
        "pauses": _told(preview),
        "count": len(preview.pauses),
        "more": max(len(preview.pauses) - _SHOWN, 0),
        "carried": [(k, v) for k, values in request.POST.lists() for v in values if k not in _NOT_CARRIED],
        "confirmed": CONFIRMED,
        "media": page.media + MEDIA,
    }
    request.current_app = page.admin_site.name
    return TemplateResponse(request, "admin/django_adbudget/lower_budget.html", context)


def _lowered(page: admin.ModelAdmin[Any], request: HttpRequest, obj: Any) -> list[NewBudget]:
    level = Level.BRAND if isinstance(obj, Brand) else Level.CAMPAIGN
    before = {period: getattr(obj, name, None) for period, name in BUDGET_FIELDS.items()}
    form = page.get_form(request, obj, change=True)(request.POST, request.FILES, instance=obj)
    if not set(form.changed_data).intersection(BUDGET_FIELDS.values()) or not form.is_valid():
        return []
    return [
        NewBudget(level, obj.pk, period, after)
        for period, name in BUDGET_FIELDS.items()
        if name in form.changed_data and _is_lower(after := form.cleaned_data[name], before[period])
    ]


def _is_lower(after: Decimal | None, before: Decimal | None) -> bool:
    return after is not None and (before is None or after < before)


def _told(preview: Preview) -> list[tuple[str, str]]:
    return [(each.campaign_name, wording.reasons(each.after.reasons)) for each in preview.pauses[:_SHOWN]]
