"""Filters that cost the same however many brands, campaigns and sources there are."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from django.forms import DateField
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ..clock import instant
from ..models import Brand, Campaign
from ..services.access.visibility import brand_path, only_visible, visible_brands
from ..services.reports.localdays import days_of
from ..services.reports.overview import Span

_SUGGESTED = 12
_NAMED = 50
_LATEST = 1_000
LARGEST_ID = 2**63 - 1


class InputFilter(admin.ListFilter):
    """A box to type into, with suggestions below it that are links. Needs no JavaScript."""

    template = "admin/django_adbudget/filter_input.html"
    parameter_name: str
    input_type = "search"

    def __init__(self, request: HttpRequest, params: dict[str, Any], model: type[Model], model_admin: Any) -> None:
        super().__init__(request, params, model, model_admin)
        self.model, self.model_admin = model, model_admin
        for name in self.names():
            if name in params:
                self.used_parameters[name] = params.pop(name)[-1].strip()
        #: What the form sends along: name and value of every other parameter.
        self.hidden: list[tuple[str, str]] = []
        #: What the box does not find.
        self.said = ""

    def names(self) -> list[str]:
        return [self.parameter_name]

    def expected_parameters(self) -> list[str | None]:
        return list(self.names())

    def has_output(self) -> bool:
        return True

    def value(self) -> str:
        return str(self.used_parameters.get(self.parameter_name, ""))

    def suggestions(self) -> list[tuple[str, str]]:
        """Values and their names."""
        return []

    def choices(self, changelist: Any) -> Iterator[dict[str, Any]]:
        others = {name: value for name, value in changelist.filter_params.items() if name not in self.names()}
        self.hidden = [
            (name, str(value))
            for name, values in others.items()
            for value in (values if isinstance(values, list) else [values])
        ]
        yield self._choice(changelist, "", gettext("All"))
        for value, name in self.suggestions():
            yield self._choice(changelist, value, name)

    def _choice(self, changelist: Any, value: str, name: str) -> dict[str, Any]:
        chosen = {self.parameter_name: value or None}
        return {
            "selected": self.value() == value and not self._is_typed(),
            "query_string": changelist.get_query_string(chosen, [n for n in self.names() if n != self.parameter_name]),
            "display": name,
        }

    def _is_typed(self) -> bool:
        return False


class _OwnerFilter(InputFilter):
    """Rows of a brand or campaign given by id or by a part of its name, among those that the reader may see."""

    owner: type[Brand] | type[Campaign]

    def __init__(self, request: HttpRequest, params: dict[str, Any], model: type[Model], model_admin: Any) -> None:
        super().__init__(request, params, model, model_admin)
        self.found: list[Any] = self._find(self.value()) if self.value() else []
        if self.value():
            self.said = self._says()

    def path(self) -> str:
        raise NotImplementedError

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.value():
            return queryset
        return queryset.filter(**{f"{self.path()}__in": [row.pk for row in self.found]})

    def _find(self, text: str) -> list[Any]:
        rows: QuerySet[Any] = only_visible(self.owner._default_manager.all(), self.request)
        named = Q(name__icontains=text) if "\x00" not in text else Q(pk__in=[])
        if text.isascii() and text.isdigit() and int(text) <= LARGEST_ID:
            named |= Q(pk=int(text))
        found = list(rows.filter(named).order_by("name", "pk")[: _NAMED + 1])
        exact = [row for row in found if str(row.pk) == text or row.name == text]
        return exact or found

    def _says(self) -> str:
        if not self.found:
            return gettext("Nothing is called that.")
        if len(self.found) > _NAMED:
            self.found = self.found[:_NAMED]
            return gettext("The first %(count)d of that name are shown.") % {"count": _NAMED}
        names = ", ".join(str(row) for row in self.found[:3])
        return names if len(self.found) <= 3 else f"{names}, …"


class BrandFilter(_OwnerFilter):
    title = _("brand")
    parameter_name = "brand"
    owner = Brand

    def path(self) -> str:
        path = brand_path(self.model)
        assert path is not None  # a filter for models that belong to a brand
        return path

    def suggestions(self) -> list[tuple[str, str]]:
        """All brands that the reader may see, where they are few."""
        brands = list(visible_brands(self.request).order_by("name").values_list("pk", "name")[: _SUGGESTED + 1])
        return [(str(pk), name) for pk, name in brands] if len(brands) <= _SUGGESTED else []


class CampaignFilter(_OwnerFilter):
    title = _("campaign")
    parameter_name = "campaign"
    owner = Campaign

    def path(self) -> str:
        return "campaign"


class SourceFilter(InputFilter):
    """Exactly the source that is typed; those of the newest records are suggested."""

    title = _("source")
    parameter_name = "source"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(source=self.value()) if self.value() else queryset

    def suggestions(self) -> list[tuple[str, str]]:
        newest = self.model_admin.get_queryset(self.request).order_by("-pk").values_list("source", flat=True)[:_LATEST]
        return [(source, source) for source in sorted({s for s in newest if s})[:_SUGGESTED]]


_SPANS: dict[str, Any] = {
    Span.TODAY: _("Today"),
    Span.YESTERDAY: _("Yesterday"),
    Span.THIS_MONTH: _("This month"),
    Span.LAST_MONTH: _("Last month"),
}


class LocalDateFilter(InputFilter):
    """Local dates: today is each brand's own."""

    title = _("local date")
    parameter_name = "on"
    template = "admin/django_adbudget/filter_dates.html"

    def names(self) -> list[str]:
        return ["on", "from", "to"]

    @property
    def first(self) -> str:
        return str(self.used_parameters.get("from", ""))

    @property
    def last(self) -> str:
        return str(self.used_parameters.get("to", ""))

    def _is_typed(self) -> bool:
        return bool(self.first or self.last)

    def suggestions(self) -> list[tuple[str, str]]:
        return [(span, str(name)) for span, name in _SPANS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.first:
            queryset = queryset.filter(spend_date__gte=_date(self.first))
        if self.last:
            queryset = queryset.filter(spend_date__lte=_date(self.last))
        if not self.value():
            return queryset
        if self.value() not in _SPANS:
            raise IncorrectLookupParameters
        return queryset.filter(days_of(visible_brands(request), Span(self.value()), instant(), "spend_date"))


def _date(text: str) -> date:
    try:
        found: date = DateField(input_formats=["%Y-%m-%d"]).clean(text)
    except ValidationError as error:
        raise IncorrectLookupParameters from error
    return found


class RecentFilter(admin.SimpleListFilter):
    """By instant, counted back from now, which needs no zone."""

    title = _("time")
    parameter_name = "within"
    column = "at"
    _spans: dict[str, tuple[timedelta, Any]] = {
        "hour": (timedelta(hours=1), _("Past hour")),
        "day": (timedelta(days=1), _("Past 24 hours")),
        "week": (timedelta(days=7), _("Past 7 days")),
        "month": (timedelta(days=30), _("Past 30 days")),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(name, words) for name, (_span, words) in self._spans.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        span = self._spans.get(self.value() or "")
        return queryset.filter(**{f"{self.column}__gte": instant() - span[0]}) if span else queryset
