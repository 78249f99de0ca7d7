"""The hours of a campaign's week, as a grid to paint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin

from ..models import Campaign, DaypartingSchedule

if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[Any]
    _WindowInline = admin.TabularInline[DaypartingSchedule, Campaign]
else:
    _ModelAdmin = admin.ModelAdmin
    _WindowInline = admin.TabularInline


class WindowInline(_WindowInline):
    model = DaypartingSchedule
    extra = 0


class DaypartingGridMixin(_ModelAdmin):
    inlines = [WindowInline]
