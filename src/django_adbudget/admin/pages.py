"""The pages of one brand and one campaign."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin

if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[Any]
else:
    _ModelAdmin = admin.ModelAdmin


class BrandPageMixin(_ModelAdmin):
    """What a brand has spent, beside its form."""


class CampaignPageMixin(_ModelAdmin):
    """What a campaign has spent and why it runs or not, beside its form."""

    readonly_fields = ["status", "status_changed_at", "next_check_at"]
