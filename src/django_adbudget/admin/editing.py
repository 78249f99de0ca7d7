"""A whole form, grid or deletion is one edit."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse

from .. import services
from .actions.marks import needs_no_edit

if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[Any]
else:
    _ModelAdmin = admin.ModelAdmin


class EditingMixin(_ModelAdmin):
    """Saves a whole form, grid or deletion in one edit: evaluated once, under the name of whoever sent it (S4)."""

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return self._edit(request, super().changeform_view, *args, **kwargs)

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if needs_no_edit(self, request):
            return super().changelist_view(request, *args, **kwargs)
        return self._edit(request, super().changelist_view, *args, **kwargs)

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return self._edit(request, super().delete_view, *args, **kwargs)

    def _edit(self, request: HttpRequest, view: Callable[..., HttpResponse], *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method != "POST":
            return view(request, *args, **kwargs)
        with services.editing(actor=request.user.get_username()):
            return view(request, *args, **kwargs)
