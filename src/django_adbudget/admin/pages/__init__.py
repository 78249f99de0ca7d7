"""The pages of one brand and one campaign."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.contrib.admin.options import IS_POPUP_VAR
from django.contrib.admin.utils import unquote
from django.db import models
from django.db.models import Field, Model
from django.http import HttpRequest, HttpResponse
from django.urls import NoReverseMatch, reverse
from django.utils.http import urlencode

from ...fields import TimeZoneField
from ...models import Brand, BudgetChange, Campaign, SpendRecord, StatusChange
from ...services.reports.history import has_spend
from ..cells import LinksMixin
from . import confirming, forms, panels, told

__all__ = ["BrandPageMixin", "CampaignPageMixin"]

_SETTLED = "_adbudget_is_settled"


class _PageMixin(LinksMixin):
    """Panels around the form, and a form that says what it means.

    The panels are in the template's context as ``adbudget``, and each is a block of
    ``admin/django_adbudget/page.html`` that a template of a host's may fill otherwise.
    """

    adbudget_groups: tuple[forms.Group, ...] = ()
    """Titles and fields of the fieldsets, as long as the class sets neither ``fieldsets`` nor ``fields``."""
    adbudget_help: dict[str, forms.Text] = {}
    """Help texts by field, beside those of the models."""
    formfield_overrides = {models.DateField: {"widget": forms.DayInput}}
    _settled: tuple[str, forms.Text]

    def get_adbudget_panels(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        """What the blocks show, in the reader's words. A host may add to it."""
        raise NotImplementedError

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        context["media"] = context["media"] + forms.MEDIA
        if obj is not None and not (IS_POPUP_VAR in request.GET or IS_POPUP_VAR in request.POST):
            context["adbudget"] = self.get_adbudget_panels(request, obj)
        return super().render_change_form(request, context, add, change, form_url, obj)

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        if request.method == "POST" and object_id and confirming.is_first_try(request):
            obj = self.get_object(request, unquote(object_id))
            if obj is not None and self.has_change_permission(request, obj):
                question = confirming.question(self, request, obj)
                if question is not None:
                    return question
        return super().changeform_view(request, object_id, form_url, extra_context)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if self.fieldsets or self.fields:
            return super().get_fieldsets(request, obj)
        return forms.grouped(self.get_fields(request, obj), self.adbudget_groups)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = list(super().get_readonly_fields(request, obj))
        if _is_settled(obj) and self._settled[0] not in fields:
            fields.append(self._settled[0])
        return fields

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        own = getattr(getattr(self.form, "Meta", None), "help_texts", None) or {}
        settled = dict([self._settled]) if _is_settled(obj) else {}
        kwargs["help_texts"] = {**self.adbudget_help, **own, **settled, **kwargs.get("help_texts", {})}
        return confirming.reopened(super().get_form(request, obj, change, **kwargs), request)

    def formfield_for_dbfield(self, db_field: Field[Any, Any], request: HttpRequest, **kwargs: Any) -> Any:
        if isinstance(db_field, TimeZoneField):
            kwargs.setdefault("widget", forms.ZoneInput({"class": "vTextField"}))
        elif db_field.name == "currency":
            kwargs.setdefault("widget", forms.CurrencySelect())
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def _list_of(self, model: type[Model], request: HttpRequest, **query: Any) -> str:
        """Where rows of a model are listed on this site; empty if they are not, or not for this user."""
        if not self.admin_site.is_registered(model):
            return ""
        if not self.admin_site.get_model_admin(model).has_view_or_change_permission(request):
            return ""
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
        address = reverse(name, current_app=self.admin_site.name)
        return f"{address}?{urlencode(query)}" if query else address

    def _lists_of(self, request: HttpRequest, **query: Any) -> dict[str, str]:
        return {
            "ledger": self._list_of(SpendRecord, request, **query),
            "status_changes": self._list_of(StatusChange, request, **query),
            "budget_changes": self._list_of(BudgetChange, request, **query),
        }


def _is_settled(obj: Any) -> bool:
    """Rule M5, asked once for an instance."""
    if obj is None or obj.pk is None:
        return False
    if not hasattr(obj, _SETTLED):
        setattr(obj, _SETTLED, has_spend(obj))
    return bool(getattr(obj, _SETTLED))


class BrandPageMixin(_PageMixin):
    """What a brand has spent, beside its form."""

    adbudget_groups = forms.BRAND_GROUPS
    adbudget_help = forms.BRAND_HELP
    _settled = forms.BRAND_SETTLED

    def get_adbudget_panels(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        brand: Brand = obj
        campaigns = self._list_of(Campaign, request)
        lists = self._lists_of(request, brand=brand.pk)
        if campaigns:
            lists["campaigns"] = self._list_of(Campaign, request, brand__id__exact=brand.pk)
        found = panels.of_brand(brand.pk, campaigns_at=campaigns)
        for rows in ("status_changes", "budget_changes"):
            found[rows] = [self._linked(row, request) for row in found[rows]]
        return found | {"lists": lists}

    def _linked(self, row: told.ToldChange | told.ToldEdit, request: HttpRequest) -> told.ToldChange | told.ToldEdit:
        """With a link to the campaign, for readers who may open it."""
        return row if row.campaign is None else replace(row, link=self.link(row.campaign, request))


class CampaignPageMixin(_PageMixin):
    """What a campaign has spent and why it runs or not, beside its form."""

    adbudget_groups = forms.CAMPAIGN_GROUPS
    adbudget_help = forms.CAMPAIGN_HELP
    _settled = forms.CAMPAIGN_SETTLED

    def get_adbudget_panels(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        campaign: Campaign = obj
        lists = self._lists_of(request, campaign=campaign.pk)
        return panels.of_campaign(campaign.pk) | {
            "lists": lists | {"brand": self.address(campaign.brand, request)},
            "record_spend": self._recording(request, campaign),
        }

    def _recording(self, request: HttpRequest, campaign: Campaign) -> str:
        """Where spend of the campaign is recorded; empty where or for whom it cannot be."""
        if not self.admin_site.is_registered(SpendRecord) or not request.user.has_perm("django_adbudget.record_spend"):
            return ""
        name = "admin:django_adbudget_spendrecord_record"
        try:
            return reverse(name, args=[campaign.pk], current_app=self.admin_site.name)
        except NoReverseMatch:  # a host's own admin of the ledger
            return ""
