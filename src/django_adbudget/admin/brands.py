"""Brands, as people edit them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin

from ..models import Brand
from .actions import BrandActionsMixin
from .deleting import DeletingMixin
from .editing import EditingMixin
from .lists import BrandListMixin
from .overview import OverviewMixin
from .pages import BrandPageMixin
from .visibility import OwnBrandsMixin

if TYPE_CHECKING:
    _BrandAdmin = admin.ModelAdmin[Brand]
else:
    _BrandAdmin = admin.ModelAdmin


class BrandAdminMixin(
    OwnBrandsMixin, EditingMixin, DeletingMixin, BrandActionsMixin, BrandListMixin, BrandPageMixin, OverviewMixin
):
    """All that our admin of brands does, for a host's own ``ModelAdmin``: put it first among the bases."""


@admin.register(Brand)
class BrandAdmin(BrandAdminMixin, _BrandAdmin):
    pass
