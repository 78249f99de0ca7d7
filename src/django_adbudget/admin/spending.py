"""Two pages on which people move money: spend is recorded for a campaign, and a record is corrected.

Each has a permission of its own, sends a key along, so that a form sent twice counts once (rule L2), and calls one
service.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeVar

from django.contrib import messages
from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Model, QuerySet, Sum
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext

from .. import services, wording
from ..exceptions import AdBudgetError, UnknownTimezone
from ..models import Campaign, SpendRecord
from ..models.ledger import Kind
from ..rules import as_zone
from ..services.access.visibility import only_visible
from ..services.results import SpendReceipt
from . import cells
from .forms import CorrectionForm, MoneyForm, SpendForm
from .visibility import OwnBrandsMixin

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, slots=True)
class Permission:
    codename: str

    def is_had_by(self, user: Any) -> bool:
        return bool(user.has_perm(f"django_adbudget.{self.codename}"))

    def require(self, user: Any) -> None:
        if not self.is_had_by(user):
            raise PermissionDenied


RECORD, CORRECT = Permission("record_spend"), Permission("correct_spend")


class SpendPagesMixin(OwnBrandsMixin):
    """The two pages, beside those of the ledger."""

    spend_form_template = "admin/django_adbudget/spendrecord/spend_form.html"

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = [
            path("record/<path:campaign_id>/", wrap(self.record_view), name="django_adbudget_spendrecord_record"),
            path("<path:object_id>/correct/", wrap(self.correct_view), name="django_adbudget_spendrecord_correct"),
        ]
        return [*own, *super().get_urls()]

    def record_view(self, request: HttpRequest, campaign_id: str) -> HttpResponse:
        """Record spend for a campaign, in its brand's currency and by its brand's clocks."""
        RECORD.require(request.user)
        campaigns = only_visible(Campaign._default_manager.select_related("brand"), request)
        campaign = one_of(campaigns, unquote(campaign_id))
        if campaign is None:
            return self.unknown(request, Campaign, campaign_id)
        form = self._form(request, SpendForm, campaign)

        def send() -> SpendReceipt:
            return services.record_spend(campaign, **form.sent())

        return self._answer(request, form, send, campaign, self._record_page(request, campaign))

    def correct_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Take back a part of a record, or all of it (rule L6)."""
        CORRECT.require(request.user)
        record = self.get_object(request, unquote(object_id))
        if record is None:
            return self.unknown(request, self.model, object_id)
        if record.kind != Kind.SPEND:
            self.message_user(request, gettext("Only spend can be corrected."), messages.ERROR)
            return HttpResponseRedirect(self._address_of(request, record) or self._front_page())
        left = record.amount + (record.corrections.aggregate(sum=Sum("amount"))["sum"] or Decimal(0))
        form = self._form(request, CorrectionForm, record.campaign, amount=left)

        def send() -> SpendReceipt:
            return services.correct_spend(record, **form.sent())

        return self._answer(request, form, send, record.campaign, self._correct_page(request, record, left))

    def _form(self, request: HttpRequest, kind: type[MoneyForm], campaign: Campaign, **initial: Any) -> Any:
        sent = request.POST if request.method == "POST" else None
        return kind(sent, currency=campaign.brand.currency, zone=_zone(campaign), initial=initial)

    def _answer(
        self,
        request: HttpRequest,
        form: MoneyForm,
        send: Callable[[], SpendReceipt],
        campaign: Campaign,
        page: dict[str, Any],
    ) -> HttpResponse:
        if request.method == "POST" and form.is_valid():
            try:
                receipt = send()
            except AdBudgetError as error:
                form.refuse(error)
            else:
                return self._done(request, receipt, campaign, form)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "form": form,
            "campaign": campaign,
            **page,
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, self.spend_form_template, {**context, "media": self.media})

    def _done(self, request: HttpRequest, receipt: SpendReceipt, campaign: Campaign, form: MoneyForm) -> HttpResponse:
        record = receipt.record
        if receipt.replayed:
            self.message_user(request, gettext("This was recorded before. Nothing was recorded again."), messages.INFO)
        else:
            self._log(request, record, form)
            self.message_user(request, _what_happened(receipt, campaign), messages.SUCCESS)
        return HttpResponseRedirect(self._address_of(request, record) or request.path)

    def _log(self, request: HttpRequest, record: SpendRecord, form: MoneyForm) -> None:
        """Who it was stands in the admin's own log, of the new record and of the one that it corrects."""
        self.log_addition(request, record, form.log())
        if record.corrects is not None:
            self.log_change(request, record.corrects, form.log())

    def _address_of(self, request: HttpRequest, record: SpendRecord) -> str:
        """The record's page, or that of the record which it corrects; empty for those who may see neither."""
        if not self.has_view_or_change_permission(request):
            return ""
        name = "admin:django_adbudget_spendrecord_change"
        return reverse(name, args=[quote(record.corrects_id or record.pk)], current_app=self.admin_site.name)

    def _front_page(self) -> str:
        return reverse("admin:index", current_app=self.admin_site.name)

    def _record_page(self, request: HttpRequest, campaign: Campaign) -> dict[str, Any]:
        return {
            "title": gettext("Record spend"),
            "crumbs": [(campaign, cells.address(self.admin_site, campaign, request))],
            "facts": [(gettext("Brand"), campaign.brand), (gettext("Campaign"), campaign)],
            "back": cells.address(self.admin_site, campaign, request) or self._front_page(),
            "submit": gettext("Record spend"),
            "is_open": True,
        }

    def _correct_page(self, request: HttpRequest, record: SpendRecord, left: Decimal) -> dict[str, Any]:
        currency = record.brand.currency
        return {
            "title": gettext("Correct spend"),
            "crumbs": [(gettext("Record %(number)d") % {"number": record.pk}, self._address_of(request, record))],
            "facts": [
                (gettext("Brand"), record.brand),
                (gettext("Campaign"), record.campaign),
                (gettext("Spent"), cells.money(record.amount, currency)),
                (gettext("Local time"), cells.local(record.spend_datetime, record.brand.timezone)),
                (gettext("Left to take back"), cells.money(left, currency)),
            ],
            "back": self._address_of(request, record) or self._front_page(),
            "submit": gettext("Record correction"),
            "is_open": left > 0 or request.method == "POST",
        }


def one_of(rows: QuerySet[Row], pk: str) -> Row | None:
    """The row of an address, or None, for what is no id of one too."""
    try:
        return rows.filter(pk=rows.model._meta.pk.to_python(pk)).first()
    except (ValidationError, ValueError):
        return None


def _zone(campaign: Campaign) -> str:
    try:
        as_zone(campaign.brand.timezone)
    except UnknownTimezone:
        return timezone.get_current_timezone_name()
    return str(campaign.brand.timezone)


def _what_happened(receipt: SpendReceipt, campaign: Campaign) -> str:
    record = receipt.record
    amount = wording.money(abs(record.amount), campaign.brand.currency)
    if record.kind == Kind.CORRECTION:
        said = gettext("%(amount)s of %(campaign)s was taken back.")
    else:
        said = gettext("%(amount)s was recorded for %(campaign)s.")
    said %= {"amount": amount, "campaign": campaign}
    changed = len({change.campaign_id for change in receipt.status_changes})
    if not changed:
        return said
    others = ngettext("%(n)d campaign changed its status.", "%(n)d campaigns changed their status.", changed)
    return f"{said} {others % {'n': changed}}"
