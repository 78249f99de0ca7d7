from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from django_adbudget.admin import BrandAdminMixin, CampaignAdminMixin
from django_adbudget.models import Brand, BudgetAlert, Campaign

if TYPE_CHECKING:
    _BrandAdmin = admin.ModelAdmin[Brand]
    _CampaignAdmin = admin.ModelAdmin[Campaign]
    _AlertInline = admin.TabularInline[BudgetAlert, Campaign]
    _BrandForm = forms.ModelForm[Brand]
else:
    _BrandAdmin = _CampaignAdmin = admin.ModelAdmin
    _AlertInline = admin.TabularInline
    _BrandForm = forms.ModelForm


class Office(admin.AdminSite):
    site_header = "Media office"


office = Office(name="office")


class BrandForm(_BrandForm):
    """A field of the host's own, and a help text of its own."""

    note = forms.CharField(required=False)

    class Meta:
        model = Brand
        fields = "__all__"
        help_texts = {"timezone": "Ask the office in doubt."}


@admin.register(Brand, site=office)
class OfficeBrandAdmin(BrandAdminMixin, _BrandAdmin):
    """All as it comes, but for the form; the template is overridden by its name alone."""

    form = BrandForm


class AlertInline(_AlertInline):
    model = BudgetAlert
    fields = ["threshold"]
    extra = 0


@admin.register(Campaign, site=office)
class OfficeCampaignAdmin(CampaignAdminMixin, _CampaignAdmin):
    """Everything that a class of Django's may set is set."""

    change_form_template = "office/campaign.html"
    readonly_fields = ("name", "status")
    inlines = [AlertInline]

    class Media:
        css = {"all": ["office/office.css"]}

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return [("Ours", {"fields": ["name", "brand", "status", "daily_budget"]})]

    def get_adbudget_panels(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        return super().get_adbudget_panels(request, obj) | {"account_manager": "Anna <Bell>"}
