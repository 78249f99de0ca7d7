"""Campaigns, as people edit them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin

from ..models import Campaign
from .actions import CampaignActionsMixin
from .deleting import DeletingMixin
from .editing import EditingMixin
from .grid import DaypartingGridMixin
from .lists import CampaignListMixin
from .pages import CampaignPageMixin
from .visibility import OwnBrandsMixin

if TYPE_CHECKING:
    _CampaignAdmin = admin.ModelAdmin[Campaign]
else:
    _CampaignAdmin = admin.ModelAdmin


class CampaignAdminMixin(
    OwnBrandsMixin,
    EditingMixin,
    DeletingMixin,
    CampaignActionsMixin,
    CampaignListMixin,
    CampaignPageMixin,
    DaypartingGridMixin,
):
    """All that our admin of campaigns does, for a host's own ``ModelAdmin``: put it first among the bases."""

    autocomplete_fields = ["brand"]


@admin.register(Campaign)
class CampaignAdmin(CampaignAdminMixin, _CampaignAdmin):
    pass
