"""Which brands a request may see. One rule for every door that people use: setting ``API_BRANDS_FOR``."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.module_loading import import_string

from ...conf import app_settings
from ...models import Brand, Campaign
from ..gate import ledger_alias

Row = TypeVar("Row", bound=Model)


def visible_brands(request: HttpRequest) -> QuerySet[Brand]:
    """The brands that the request may see, read where the ledger is (rule H1). All, where the host has no rule."""
    path = app_settings.API_BRANDS_FOR
    visible = Brand.objects.all() if path is None else import_string(path)(request)
    return visible.using(ledger_alias())


def only_visible(rows: QuerySet[Row], request: HttpRequest) -> QuerySet[Row]:
    """Those of the rows that belong to a brand that the request may see, read where the ledger is.

    Rows of a model that belongs to no brand stay as they are.
    """
    path = brand_path(rows.model)
    if path is None:
        return rows
    return rows.using(ledger_alias()).filter(**among(request, path))


def among(request: HttpRequest, path: str = "brand") -> dict[str, Any]:
    """The condition that ``path`` leads to a visible brand; empty, and so free of cost, where the host has no rule."""
    return within(ruled_brands(request), path)


def ruled_brands(request: HttpRequest) -> QuerySet[Brand] | None:
    """The brands that the request may see; None where the host has no rule, and so all are."""
    return None if app_settings.API_BRANDS_FOR is None else visible_brands(request)


def within(brands: QuerySet[Brand] | None, path: str = "brand") -> dict[str, Any]:
    """The condition that ``path`` leads to one of the brands; empty for None, which is all of them."""
    return {} if brands is None else {f"{path}__in": brands.order_by().values("pk")}


def brand_path(model: type[Model]) -> str | None:
    """The lookup that leads from a model of ours, or of a host's, to its brand; None if none does."""
    if issubclass(model, Brand):
        return "pk"
    for owner, rest in ((Brand, ""), (Campaign, "__brand")):
        for field in model._meta.concrete_fields:
            related = field.related_model
            if isinstance(related, type) and issubclass(related, owner):
                return f"{field.name}{rest}"
    return None
