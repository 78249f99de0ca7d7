"""Lists of millions of rows: newest first, never counted, and as quick on the last page as on the first."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import PAGE_VAR, ChangeList
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest


class KeysetChangeList(ChangeList):
    """Reads one row more than it shows, from an id on: ``p=900`` is the page of the rows before 900, ``p=-900`` that
    of the rows after it. No COUNT, no OFFSET, and the only order is that of ids.
    """

    #: Addresses of the pages beside this one; None where there is none.
    newer: str | None = None
    older: str | None = None

    @property
    def newest(self) -> str:
        """The address of the first page."""
        return self.get_query_string()

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> Any:
        if any("\x00" in value for values in request.GET.lists() for value in values[1]):
            raise IncorrectLookupParameters  # or PostgreSQL would refuse the statement
        return super().get_queryset(request, exclude_parameters)

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Any]:
        return ["-pk"]

    def get_results(self, request: HttpRequest) -> None:
        # Ids first: an index alone finds them, and only the page's rows are read and joined.
        rows, size, forwards = self.queryset.order_by("-pk"), self.list_per_page, self.page_num < 0
        if forwards:
            rows = rows.filter(pk__gt=-self.page_num).order_by("pk")
        elif self.page_num > 1:
            rows = rows.filter(pk__lt=self.page_num)
        ids = list(rows.values_list("pk", flat=True)[: size + 1])
        more = len(ids) > size
        shown = self._rows(ids[:size])
        self._pages(shown, has_newer=more if forwards else self.page_num > 1, has_older=more or forwards)
        self._is_uncounted(shown)

    def _rows(self, ids: list[Any]) -> list[Any]:
        if not ids:
            return []
        rows = self.apply_select_related(self.root_queryset.filter(pk__in=ids)).order_by("-pk")
        return list(rows.defer(*getattr(self.model_admin, "list_defer", ())))

    def _pages(self, shown: list[Any], *, has_newer: bool, has_older: bool) -> None:
        if shown:
            self.newer = self.get_query_string({PAGE_VAR: -shown[0].pk}) if has_newer else None
            self.older = self.get_query_string({PAGE_VAR: shown[-1].pk}) if has_older else None
        elif self.page_num != 1:
            self.newer = self.get_query_string({}) if self.page_num > 1 else None
            self.older = self.get_query_string({}) if self.page_num < 0 else None

    def _is_uncounted(self, shown: list[Any]) -> None:
        """What Django's templates and views read beside the rows; a paginator of one page counts nothing."""
        self.result_list = shown
        self.result_count = len(shown)
        self.full_result_count = len(shown)  # as many as are shown, so that no number is told
        self.show_full_result_count = False
        self.show_admin_actions = True
        self.can_show_all = False
        self.multi_page = False
        self.paginator = Paginator(shown, self.list_per_page)
