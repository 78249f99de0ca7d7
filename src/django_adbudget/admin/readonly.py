"""What can be read and nothing else (rule L1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest

from .paging import KeysetChangeList
from .visibility import OwnBrandsMixin

if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[Any]
else:
    _ModelAdmin = admin.ModelAdmin


class ReadOnlyAdmin(OwnBrandsMixin, _ModelAdmin):
    """Nobody adds, changes or deletes, whatever their permissions. The list is never counted."""

    actions = None
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    sortable_by = ()
    list_per_page = 100
    change_list_template = "admin/django_adbudget/readonly_list.html"
    #: What the box finds, told below it. As Django's ``search_help_text`` it would be all that names the box.
    search_hint: Any = ""
    #: Columns that the list does not read.
    list_defer: tuple[str, ...] = ()

    class Media:
        css = {"all": ["django_adbudget/base.css", "django_adbudget/ledger.css"]}

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[KeysetChangeList]:
        return KeysetChangeList

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
