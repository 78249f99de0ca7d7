"""Brands: their status, list and totals."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse

from .. import services
from ..clock import instant
from ..models import BudgetSummary
from ..models.ledger import BrandPeriod
from ..services.access.visibility import visible_brands
from ..services.gate import ledger_alias
from . import access, fields, shapes
from .doors import door, success
from .lists import Filters, page


@door("view_brand")
def brand_status(request: HttpRequest, brand_id: str) -> HttpResponse:
    brand = access.brand(request, brand_id)
    return success(shapes.brand_status(brand, services.brand_status(brand, now=instant())))


@door("view_brand")
def list_brands(request: HttpRequest) -> HttpResponse:
    return page(
        request, visible_brands(request).order_by("pk"), BRAND_FILTERS, lambda rows: map(shapes.brand_row, rows)
    )


@door("view_budgetsummary")
def list_summaries(request: HttpRequest, brand_id: str) -> HttpResponse:
    brand = access.brand(request, brand_id)
    rows = BudgetSummary.objects.using(ledger_alias()).filter(brand=brand).order_by("-start", "period")

    def show(summaries: list[BudgetSummary]) -> Iterator[dict[str, Any]]:
        for summary in summaries:
            summary.brand = brand  # so that its budget is not asked for again
            yield shapes.summary_row(summary)

    return page(request, rows, SUMMARY_FILTERS, show)


BRAND_FILTERS: Filters = {
    "is_active": (fields.flag, "is_active"),
    "external_id": (fields.external_id, "external_id"),
}
SUMMARY_FILTERS: Filters = {
    "period": (fields.one_of(BrandPeriod.values), "period"),
    "from": (fields.day, "start__gte"),
    "to": (fields.day, "start__lte"),
}
