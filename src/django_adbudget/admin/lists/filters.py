"""The filters of the lists. Status and reason filter by what is stored, so that every database can (rule S2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from ... import wording
from ...rules import Reason

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

Choices = list[tuple[str, "str | _StrPromise"]]


class ReasonFilter(admin.SimpleListFilter):
    title = _("reason")
    parameter_name = "reason"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return [(reason.value, wording.REASONS[reason]) for reason in Reason]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        if value is None:
            return queryset
        if value not in set(Reason):
            raise IncorrectLookupParameters
        return queryset.filter(status_reasons__contains=value)


class SyncFilter(admin.SimpleListFilter):
    """Whether the platform has carried out the newest order (rule D1)."""

    title = _("platform")
    parameter_name = "sync"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return [("in", _("in sync")), ("out", _("out of sync"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        in_sync = Q(desired_generation=F("acked_generation"))
        found: dict[str | None, QuerySet[Any]] = {"in": queryset.filter(in_sync), "out": queryset.exclude(in_sync)}
        return found.get(self.value(), queryset)


class _ZoneFilter(admin.SimpleListFilter):
    """Time zones in use among the rows that the user may see."""

    title = _("time zone")
    parameter_name = "zone"
    fields: tuple[str, ...]

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        rows = model_admin.get_queryset(request).order_by()
        used = {zone for field in self.fields for zone in rows.values_list(field, flat=True).distinct() if zone}
        return [(zone, zone) for zone in sorted(used)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        zone = self.value()
        if zone is None:
            return queryset
        which = Q()
        for field in self.fields:
            which |= Q(**{field: zone})
        return queryset.filter(which)


class BrandZoneFilter(_ZoneFilter):
    fields = ("timezone",)


class CampaignZoneFilter(_ZoneFilter):
    """The zone of the campaign's brand, or one of its own for its windows."""

    fields = ("brand__timezone", "timezone")
