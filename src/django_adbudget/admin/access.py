"""API tokens: seen and revoked here, made by ``manage.py adbudget_token``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest

from ..models import ApiToken
from ..services.tokens import users_are_beside_tokens

if TYPE_CHECKING:
    _TokenAdmin = admin.ModelAdmin[ApiToken]
else:
    _TokenAdmin = admin.ModelAdmin


@admin.register(ApiToken)
class ApiTokenAdmin(_TokenAdmin):
    """Deleting a token revokes it. Neither it nor its digest is shown."""

    list_display = ["user", "name", "created_at", "expires_at", "last_used_at"]
    fields = ("user", "name", "created_at", "expires_at", "last_used_at")
    readonly_fields = fields
    search_fields = ["name"]

    def get_queryset(self, request: HttpRequest) -> Any:
        rows = super().get_queryset(request)
        return rows.select_related("user") if users_are_beside_tokens() else rows

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
