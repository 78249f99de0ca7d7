"""Who sees what: the per-brand rule of the API holds in the admin too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin

if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[Any]
else:
    _ModelAdmin = admin.ModelAdmin


class OwnBrandsMixin(_ModelAdmin):
    """Rows of brands that the user may not see do not exist for them."""
