"""Ledger and history: to be read (rule L1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest

from ..models import BudgetAlert, BudgetChange, PlatformOrder, SpendRecord, StatusChange

if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[Any]
else:
    _ModelAdmin = admin.ModelAdmin


class ReadOnlyAdmin(_ModelAdmin):
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(SpendRecord)
class SpendRecordAdmin(ReadOnlyAdmin):
    list_display = ["spend_datetime", "spend_date", "brand", "campaign", "kind", "amount", "source"]
    list_filter = ["kind"]
    list_select_related = ["brand", "campaign"]


@admin.register(StatusChange)
class StatusChangeAdmin(ReadOnlyAdmin):
    list_display = ["at", "campaign", "from_status", "to_status", "cause", "actor"]
    list_filter = ["to_status", "cause"]
    list_select_related = ["campaign"]


@admin.register(BudgetChange)
class BudgetChangeAdmin(ReadOnlyAdmin):
    list_display = ["at", "brand", "campaign", "field", "before", "after", "actor"]
    list_select_related = ["brand", "campaign"]


@admin.register(PlatformOrder)
class OrderAdmin(ReadOnlyAdmin):
    list_display = ["campaign", "action", "generation", "state", "attempts", "next_attempt_at", "last_error"]
    list_filter = ["state", "action"]
    list_select_related = ["campaign"]


@admin.register(BudgetAlert)
class AlertAdmin(ReadOnlyAdmin):
    list_display = ["at", "brand", "campaign", "budget", "threshold", "spend", "limit", "sent_at"]
    list_select_related = ["brand", "campaign"]
