"""API tokens: seen and revoked here, made by ``manage.py adbudget_token``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth import get_user_model
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from .. import wording
from ..models import ApiToken

if TYPE_CHECKING:
    _TokenAdmin = admin.ModelAdmin[ApiToken]
else:
    _TokenAdmin = admin.ModelAdmin

_OWNER = "_adbudget_owner"


class TokenChangeList(ChangeList):
    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = list(self.result_list)
        name_owners(self.result_list)


@admin.register(ApiToken)
class ApiTokenAdmin(_TokenAdmin):
    """Deleting a token revokes it. Neither it nor its digest is shown."""

    list_display = ["owner", "name", "created_at", "expires_at", "last_used_at"]
    fields = ("owner", "name", "created_at", "expires_at", "last_used_at")
    readonly_fields = fields
    search_fields = ["name"]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[TokenChangeList]:
        return TokenChangeList

    @admin.display(description=_("user"))
    def owner(self, token: ApiToken) -> str:
        if not hasattr(token, _OWNER):
            name_owners([token])
        return str(getattr(token, _OWNER))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def name_owners(tokens: list[ApiToken]) -> None:
    """Note the name of each token's user, read where users are: that may be another database (rule H1)."""
    users = get_user_model()._default_manager.in_bulk({token.user_id for token in tokens})
    for token in tokens:
        setattr(token, _OWNER, str(users.get(token.user_id, wording.NOTHING)))
