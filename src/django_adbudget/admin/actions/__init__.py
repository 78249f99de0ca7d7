"""What can be done to many brands or campaigns at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin

if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[Any]
else:
    _ModelAdmin = admin.ModelAdmin


class BrandActionsMixin(_ModelAdmin):
    """Actions on brands."""


class CampaignActionsMixin(_ModelAdmin):
    """Actions on campaigns."""
