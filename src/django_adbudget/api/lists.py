"""Lists: filters and pages from the query, each read as strictly as a body."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from . import fields
from .doors import success
from .fields import Reader

LARGEST_PAGE = 200
PAGE = 50
_FARTHEST = 1_000_000_000

#: How a parameter is read, and the lookup that it becomes.
Filters = Mapping[str, tuple[Callable[[Any], Any], str]]


def page(
    request: HttpRequest, rows: QuerySet[Any], filters: Filters, show: Callable[[list[Any]], Iterable[Any]]
) -> HttpResponse:
    """The page that the query asks for, in two statements."""
    reader = Reader({name: values[-1] for name, values in request.GET.lists()})
    for name, values in request.GET.lists():
        if len(values) > 1:
            reader.refuse(f"/{name}", "given_twice", "is given more than once")
    wanted = {lookup: reader.may(name, read) for name, (read, lookup) in filters.items()}
    limit, offset = reader.may("limit", fields.whole(1, LARGEST_PAGE)), reader.may("offset", fields.whole(0, _FARTHEST))
    reader.done()
    start, size = offset or 0, limit or PAGE
    found = rows.filter(**{lookup: value for lookup, value in wanted.items() if value is not None})
    count = found.count()
    shown = list(show(list(found[start : start + size]))) if start < count else []
    return success(shown, paging={"count": count, "limit": size, "offset": start})
