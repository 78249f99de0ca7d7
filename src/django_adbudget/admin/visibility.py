"""Who sees what: the per-brand rule of the API holds in the admin too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.db.models import BigIntegerField, Field, Model
from django.http import HttpRequest, HttpResponse

from ..services.access.visibility import brand_path, only_visible
from ..services.gate import ledger_alias

if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[Any]
else:
    _ModelAdmin = admin.ModelAdmin


class IdSelect(AutocompleteSelect):
    """Django's, which looks up whatever was posted, and so fails on what is no id."""

    def optgroups(self, name: str, value: Sequence[str], attr: Any = None) -> Any:
        ids = [v for v in value if not v or (v.isascii() and v.isdigit() and int(v) <= BigIntegerField.MAX_BIGINT)]
        return super().optgroups(name, ids, attr)


class OwnBrandsMixin(_ModelAdmin):
    """Rows of brands that the user may not see do not exist for them: setting ``API_BRANDS_FOR``.

    Django makes lists, pages, history, actions, autocompletes and confirmations of ``get_queryset()``. The rows that
    a form lets choose from, and accepts, are those of ``formfield_for_foreignkey()``. For inlines too.
    """

    def get_queryset(self, request: HttpRequest) -> Any:
        return only_visible(super().get_queryset(request), request)

    def formfield_for_foreignkey(self, db_field: Field[Any, Any], request: HttpRequest, **kwargs: Any) -> Any:
        related: Any = db_field.related_model
        if brand_path(related) is not None:
            rows = kwargs.get("queryset")
            rows = related._default_manager.all() if rows is None else rows
            kwargs |= {"queryset": only_visible(rows, request), "using": ledger_alias()}
            if db_field.name in self.get_autocomplete_fields(request):
                kwargs.setdefault("widget", IdSelect(db_field, self.admin_site, using=ledger_alias()))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[arg-type]

    def unknown(self, request: HttpRequest, model: type[Model], object_id: str) -> HttpResponse:
        """What Django's own pages answer to an id that does not exist, for pages beside them."""
        answer: HttpResponse = self._get_obj_does_not_exist_redirect(  # type: ignore[attr-defined]
            request, model._meta, object_id
        )
        return answer
