"""Cells of lists and pages: links, money, and instants as the clocks of a brand show them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.utils import quote
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime

from .. import wording
from ..exceptions import UnknownTimezone
from ..models import Brand, Campaign

if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[Any]
else:
    _ModelAdmin = admin.ModelAdmin


def money(amount: Decimal | None, currency: str) -> SafeString:
    return format_html('<span class="ab-num" dir="auto">{}</span>', wording.money(amount, currency))


def local(at: datetime | None, zone: str) -> SafeString | str:
    """An instant by the clocks of a zone, by the server's where the zone is not known here (rule T7)."""
    if at is None:
        return wording.NOTHING
    try:
        shown = wording.local_time(at, zone)
    except UnknownTimezone:
        shown = wording.local_time(at, "UTC")
    return format_html('<time datetime="{}" dir="auto">{}</time>', at.isoformat(), shown)


def owner(brand: Brand, campaign: Campaign | None) -> SafeString:
    """Whose a row is: the campaign with its brand below, or the brand alone."""
    if campaign is None:
        return format_html("<bdi>{}</bdi>", brand)
    return format_html('<bdi>{}</bdi><br><bdi class="ab-quiet">{}</bdi>', campaign, brand)


def utc(at: datetime) -> SafeString:
    return format_html('<time datetime="{}">{} UTC</time>', at.isoformat(), f"{at:%Y-%m-%d %H:%M:%S}")


def here(at: datetime | None) -> SafeString | str:
    """An instant that belongs to no brand, by the server's clocks."""
    if at is None:
        return wording.NOTHING
    return format_html('<time datetime="{}">{}</time>', at.isoformat(), f"{localtime(at):%Y-%m-%d %H:%M:%S %Z}")


def address(site: admin.AdminSite, row: Model, request: HttpRequest) -> str:
    """Where a row can be opened on a site; empty if this user cannot."""
    if not site.is_registered(type(row)) or not site.get_model_admin(type(row)).has_view_or_change_permission(request):
        return ""
    name = f"admin:{row._meta.app_label}_{row._meta.model_name}_change"
    return reverse(name, args=[quote(row.pk)], current_app=site.name)


class LinksMixin(_ModelAdmin):
    """Links to rows that the reader may open; to others their name alone."""

    def link(self, row: Model | None, request: HttpRequest) -> SafeString | str:
        if row is None:
            return wording.NOTHING
        opens = self.address(row, request)
        return format_html('<a href="{}">{}</a>', opens, row) if opens else str(row)

    def address(self, row: Model, request: HttpRequest) -> str:
        """Where the row can be opened on this site; empty if this user cannot."""
        return address(self.admin_site, row, request)
