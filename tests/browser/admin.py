"""A page of Django's own with a widget that the package uses too, whose faults are Django's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin
from django.contrib.admin.models import LogEntry

if TYPE_CHECKING:
    _LogEntryAdmin = admin.ModelAdmin[LogEntry]
else:
    _LogEntryAdmin = admin.ModelAdmin


@admin.register(LogEntry)
class LogEntryAdmin(_LogEntryAdmin):
    autocomplete_fields = ["user"]
