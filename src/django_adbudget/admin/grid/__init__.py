"""The hours of a campaign's week, as a grid to paint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.db import models
from django.http import HttpRequest

from ...models import Campaign, DaypartingSchedule
from . import words
from .forms import MOST_WINDOWS, ClockInput, WindowForm, WindowFormSet

if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[Any]
    _WindowInline = admin.TabularInline[DaypartingSchedule, Campaign]
else:
    _ModelAdmin = admin.ModelAdmin
    _WindowInline = admin.TabularInline

__all__ = ["MOST_WINDOWS", "DaypartingGridMixin", "WindowForm", "WindowFormSet", "WindowInline"]


class WindowInline(_WindowInline):
    """A campaign's windows: rows that can be edited as they are, and a grid that paints into these rows.

    Who may add, change and delete windows gets the grid; with fewer of Django's permissions on
    ``DaypartingSchedule`` it is a picture, and what is allowed is done in the rows.
    """

    model = DaypartingSchedule
    form = WindowForm
    formset = WindowFormSet
    template = "admin/django_adbudget/campaign/dayparting.html"
    fields = ["day_of_week", "start_time", "end_time", "is_active"]
    formfield_overrides = {models.TimeField: {"widget": ClockInput}}
    max_num = MOST_WINDOWS
    extra = 7
    """Empty rows for those who work without JavaScript."""

    class Media:
        css = {"all": ["django_adbudget/base.css", "django_adbudget/grid.css"]}
        js = [f"django_adbudget/{name}.js" for name in ("week", "week_now", "week_rows", "week_picture", "grid")]


class DaypartingGridMixin(_ModelAdmin):
    """Puts the grid in front of the inlines of an admin of campaigns."""

    dayparting_inline: type[WindowInline] | None = WindowInline
    """None leaves the grid out."""

    def get_inlines(self, request: HttpRequest, obj: Any) -> list[Any]:
        inlines = list(super().get_inlines(request, obj))
        ours = self.dayparting_inline
        if ours is None or any(issubclass(inline, WindowInline) for inline in inlines):
            return inlines
        return [ours, *inlines]

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        super().save_formset(request, form, formset, change)
        if isinstance(formset, WindowFormSet) and formset.takes_all_away:
            messages.warning(request, words.without_hours(formset.instance.dayparting))
