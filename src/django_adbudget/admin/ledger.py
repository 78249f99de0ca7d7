"""The ledger: to be read, and corrected by a record of the opposite sign (rules L1, L6)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from .. import wording
from ..models import SpendRecord
from ..models.ledger import Kind
from ..services.access.visibility import visible_brands
from . import cells
from .filters import LARGEST_ID, BrandFilter, CampaignFilter, LocalDateFilter, SourceFilter
from .readonly import ReadOnlyAdmin
from .spending import CORRECT, SpendPagesMixin

_FOUND = 100
_CORRECTIONS = 100


@admin.register(SpendRecord)
class SpendRecordAdmin(SpendPagesMixin, ReadOnlyAdmin):
    list_display = ["time", "owner", "kind", "money", "source"]
    list_filter = [LocalDateFilter, "kind", SourceFilter, BrandFilter, CampaignFilter]
    list_select_related = ["brand", "campaign"]
    list_defer = ("description", "brand__description")
    search_fields = ["idempotency_key"]
    search_hint = _("The number of a record, or its whole idempotency key.")
    fieldsets = [
        (None, {"fields": ["kind", "money", "brand", "campaign", "corrects"]}),
        (_("When"), {"fields": ["spend_date", "time", "utc", "recorded"]}),
        (_("Details"), {"fields": ["source", "idempotency_key", "reason"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("brand", "campaign")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        text = search_term.strip()
        return (queryset.filter(pk__in=self._called(request, text)) if text else queryset), False

    def _called(self, request: HttpRequest, text: str) -> list[int]:
        """Ids of the records of a number or key; keys are looked for brand by brand, which is how they are indexed."""
        if not (text.isascii() and text.isprintable()):
            return []
        rows = self.get_queryset(request).order_by()
        keyed = rows.filter(brand__in=visible_brands(request).order_by().values("pk"), idempotency_key=text)
        found = list(keyed.values_list("pk", flat=True)[:_FOUND])
        if text.isdigit() and int(text) <= LARGEST_ID:
            found += rows.filter(pk=int(text)).values_list("pk", flat=True)
        return found

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        record = self.get_object(request, object_id)
        extra = {} if record is None else {"subtitle": self._title(record), **self._around(request, record)}
        return super().change_view(request, object_id, form_url, {**extra, **(extra_context or {})})

    def _title(self, record: SpendRecord) -> str:
        amount = wording.money(record.amount, record.brand.currency)
        return f"{record.get_kind_display()}: {amount}, {wording.day(record.spend_date)}"

    def _around(self, request: HttpRequest, record: SpendRecord) -> dict[str, Any]:
        """What stands beside a record: its corrections, and what is left to take back."""
        if record.kind != Kind.SPEND:
            return {}
        rows = self.get_queryset(request).filter(corrects=record)
        left = record.amount + (rows.aggregate(sum=Sum("amount"))["sum"] or Decimal(0))
        return {
            "corrections": [
                (row, self.money(row), self.recorded(row), self.reason(row))
                for row in rows.order_by("pk")[:_CORRECTIONS]
            ],
            "left": cells.money(left, record.brand.currency),
            "can_correct": left > 0 and CORRECT.is_had_by(request.user),
        }

    @admin.display(description=_("local time"))
    def time(self, record: SpendRecord) -> SafeString | str:
        return cells.local(record.spend_datetime, record.brand.timezone)

    @admin.display(description=_("campaign"))
    def owner(self, record: SpendRecord) -> SafeString:
        return cells.owner(record.brand, record.campaign)

    @admin.display(description="UTC")
    def utc(self, record: SpendRecord) -> SafeString:
        return cells.utc(record.spend_datetime)

    @admin.display(description=_("recorded"))
    def recorded(self, record: SpendRecord) -> SafeString | str:
        return cells.local(record.created_at, record.brand.timezone)

    @admin.display(description=_("amount"))
    def money(self, record: SpendRecord) -> SafeString:
        return cells.money(record.amount, record.brand.currency)

    @admin.display(description=_("description"))
    def reason(self, record: SpendRecord) -> str:
        return gettext("(forgotten)") if record.redacted_at else record.description or wording.NOTHING
