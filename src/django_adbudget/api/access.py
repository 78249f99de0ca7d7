"""What a user may do and see. What one may not see answers as what does not exist."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from django.http import HttpRequest

from ..conf import app_settings
from ..models import Brand, Campaign, SpendRecord
from ..services.access.permissions import has_permission
from ..services.access.visibility import only_visible, visible_brands
from ..services.chunks import chunks
from .fields import path_id
from .problems import Problem, not_found

Row = TypeVar("Row", bound=Model)


def require(request: HttpRequest, permission: str) -> None:
    """Raise 403 unless the user has a permission of this app; the user is ``request.user`` from here on."""
    user = user_of(request)
    if user is None or not has_permission(user, permission):
        raise Problem(403)
    request.user = user


def user_of(request: HttpRequest) -> Any:
    """The user that authentication found; a host's may have found something else, with the user in the request."""
    found: tuple[Any, ...] = (getattr(request, "auth", None), getattr(request, "user", None))
    return next((user for user in found if hasattr(user, "has_perm") and user.is_authenticated), None)


def campaigns(request: HttpRequest) -> QuerySet[Campaign]:
    return only_visible(Campaign.objects.all(), request).select_related("brand")


def brand(request: HttpRequest, given: str) -> Brand:
    """The brand of an address. Raises 404."""
    return _one(visible_brands(request), path_id(given))


def campaign(request: HttpRequest, given: str) -> Campaign:
    """The campaign of an address, with its brand. Raises 404."""
    return _one(campaigns(request), path_id(given))


def record(request: HttpRequest, given: str) -> SpendRecord:
    """The spend record of an address, with its brand. Raises 404."""
    rows = only_visible(SpendRecord.objects.all(), request).select_related("brand", "campaign")
    return _one(rows, path_id(given))


def campaigns_by_id(request: HttpRequest, ids: Collection[int]) -> dict[int, Campaign]:
    """Those of the campaigns that the request may see, with no more of them than it takes to record spend."""
    visible = only_visible(Campaign.objects.all(), request).only("brand_id")
    return {row.pk: row for part in chunks(sorted(ids)) for row in visible.filter(pk__in=part).order_by()}


def is_ruled() -> bool:
    """Whether the host has a rule for which brands a request may see."""
    return app_settings.API_BRANDS_FOR is not None


def brand_ids(request: HttpRequest, ids: Collection[int]) -> set[int]:
    """Those of the brands that the request may see."""
    visible = visible_brands(request).order_by()
    return {pk for part in chunks(sorted(ids)) for pk in visible.filter(pk__in=part).values_list("pk", flat=True)}


def _one(rows: QuerySet[Row], pk: int | None) -> Row:
    row = None if pk is None else rows.filter(pk=pk).order_by().first()
    if row is None:
        raise not_found()
    return row
