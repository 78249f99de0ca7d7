"""What happened and why, what the platform was told, who was warned, and how much was spent: to be read."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .. import wording
from ..models import (
    Brand,
    BudgetAlert,
    BudgetChange,
    BudgetSummary,
    CampaignSummary,
    Heartbeat,
    LedgerOpening,
    PlatformOrder,
    StatusChange,
)
from . import cells, words
from .filters import BrandFilter, CampaignFilter, RecentFilter
from .readonly import ReadOnlyAdmin


class _OfBrand(ReadOnlyAdmin):
    """Rows of a brand, and perhaps of a campaign, at an instant."""

    list_select_related = ["brand", "campaign"]
    list_defer = ("brand__description",)

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related(*self.list_select_related)

    @admin.display(description=_("local time"))
    def time(self, row: BudgetChange | BudgetAlert) -> SafeString | str:
        return cells.local(row.at, row.brand.timezone)

    @admin.display(description=_("whose"))
    def owner(self, row: BudgetChange | BudgetAlert) -> SafeString:
        return cells.owner(row.brand, row.campaign)


class _OfCampaign(ReadOnlyAdmin):
    list_select_related = ["campaign__brand"]
    list_defer: tuple[str, ...] = ("campaign__brand__description",)

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related(*self.list_select_related)

    @admin.display(description=_("brand"))
    def brand(self, row: StatusChange | PlatformOrder | CampaignSummary) -> Brand:
        return row.campaign.brand

    @admin.display(description=_("campaign"))
    def owner(self, row: StatusChange | PlatformOrder | CampaignSummary) -> SafeString:
        return cells.owner(row.campaign.brand, row.campaign)


class NewStatusFilter(admin.ChoicesFieldListFilter):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = _("new status")


@admin.register(StatusChange)
class StatusChangeAdmin(_OfCampaign):
    list_display = ["time", "owner", "from_status", "to_status", "why", "cause", "actor"]
    list_filter = [("to_status", NewStatusFilter), "cause", RecentFilter, BrandFilter, CampaignFilter]
    list_defer = ("campaign__brand__description", "figures")
    fields = ["time", "brand", "campaign", "from_status", "to_status", "why", "cause", "actor", "figures_in_words"]

    @admin.display(description=_("local time"))
    def time(self, change: StatusChange) -> SafeString | str:
        return cells.local(change.at, change.campaign.brand.timezone)

    @admin.display(description=_("reasons"))
    def why(self, change: StatusChange) -> str:
        return wording.reasons(change.reasons) or wording.NOTHING

    @admin.display(description=_("figures"))
    def figures_in_words(self, change: StatusChange) -> SafeString | str:
        return words.figures(change.figures, change.campaign.brand.currency)


@admin.register(BudgetChange)
class BudgetChangeAdmin(_OfBrand):
    list_display = ["time", "owner", "what", "was", "becomes", "actor"]
    list_filter = [RecentFilter, BrandFilter, CampaignFilter]
    fields = ["time", "brand", "campaign", "what", "was", "becomes", "actor"]

    @admin.display(description=_("changed"))
    def what(self, change: BudgetChange) -> str:
        return words.field(change)

    @admin.display(description=pgettext_lazy("from one value to another", "from"))
    def was(self, change: BudgetChange) -> str:
        return words.value(change, change.before)

    @admin.display(description=pgettext_lazy("from one value to another", "to"))
    def becomes(self, change: BudgetChange) -> str:
        return words.value(change, change.after)


class UnsentFilter(admin.SimpleListFilter):
    title = _("sending")
    parameter_name = "sent"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("Sent")), ("no", _("Not yet sent"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in {"yes", "no"}:
            return queryset
        return queryset.filter(sent_at__isnull=self.value() == "no")


@admin.register(BudgetAlert)
class AlertAdmin(_OfBrand):
    list_display = ["time", "owner", "which", "kind", "at_per_cent", "spent", "of", "sent"]
    list_filter = ["kind", UnsentFilter, RecentFilter, BrandFilter, CampaignFilter]
    fields = [
        *["time", "brand", "campaign", "which", "period_start", "kind", "at_per_cent", "spent", "of"],
        *["rate", "exhausted", "sent"],
    ]

    @admin.display(description=_("budget"))
    def which(self, alert: BudgetAlert) -> str:
        return words.budget(alert)

    @admin.display(description=_("threshold"))
    def at_per_cent(self, alert: BudgetAlert) -> str:
        return wording.NOTHING if alert.threshold is None else f"{alert.threshold} %"

    @admin.display(description=_("spent"))
    def spent(self, alert: BudgetAlert) -> SafeString:
        return cells.money(alert.spend, alert.brand.currency)

    @admin.display(description=_("limit"))
    def of(self, alert: BudgetAlert) -> SafeString:
        return cells.money(alert.limit, alert.brand.currency)

    @admin.display(description=_("spend per hour"))
    def rate(self, alert: BudgetAlert) -> SafeString:
        return cells.money(alert.rate_per_hour, alert.brand.currency)

    @admin.display(description=_("exhausted at"))
    def exhausted(self, alert: BudgetAlert) -> SafeString | str:
        return cells.local(alert.exhausted_at, alert.brand.timezone)

    @admin.display(description=_("sent"))
    def sent(self, alert: BudgetAlert) -> SafeString | str:
        return cells.local(alert.sent_at, alert.brand.timezone)


@admin.register(PlatformOrder)
class OrderAdmin(_OfCampaign):
    """One row a campaign: what its platform is to do, and how far that is."""

    list_display = ["owner", "action", "state", "attempts", "next_try", "error", "seen", "generation"]
    list_filter = ["state", "action", BrandFilter, CampaignFilter]
    fields = [
        *["campaign", "brand", "action", "generation", "state", "attempts", "next_try", "leased", "acked"],
        *["last_error", "seen"],
    ]
    _ERROR_SHOWN = 120

    @admin.display(description=_("next attempt"))
    def next_try(self, order: PlatformOrder) -> SafeString | str:
        return wording.NOTHING if order.state == "DONE" else self._local(order, order.next_attempt_at)

    @admin.display(description=_("leased until"))
    def leased(self, order: PlatformOrder) -> SafeString | str:
        return self._local(order, order.leased_until)

    @admin.display(description=_("confirmed at"))
    def acked(self, order: PlatformOrder) -> SafeString | str:
        return self._local(order, order.acked_at)

    @admin.display(description=_("last error"))
    def error(self, order: PlatformOrder) -> str:
        text = order.last_error
        return text if len(text) <= self._ERROR_SHOWN else f"{text[: self._ERROR_SHOWN]}…"

    @admin.display(description=_("platform was seen doing"))
    def seen(self, order: PlatformOrder) -> str:
        return order.get_observed_action_display() if order.observed_action else wording.NOTHING

    def _local(self, order: PlatformOrder, at: Any) -> SafeString | str:
        return cells.local(at, order.campaign.brand.timezone)


class _TotalAdmin(ReadOnlyAdmin):
    list_filter = ["period", "start", BrandFilter]

    @admin.display(description=_("spent"))
    def spent(self, total: BudgetSummary | CampaignSummary) -> SafeString:
        brand = total.brand if isinstance(total, BudgetSummary) else total.campaign.brand
        return cells.money(total.spend, brand.currency)

    @admin.display(description=_("budget at present"))
    def limit(self, total: BudgetSummary | CampaignSummary) -> SafeString:
        brand = total.brand if isinstance(total, BudgetSummary) else total.campaign.brand
        return cells.money(total.budget, brand.currency)


@admin.register(BudgetSummary)
class BudgetSummaryAdmin(_TotalAdmin):
    list_display = ["start", "period", "brand", "spent", "limit"]
    list_select_related = ["brand"]
    fields = ["brand", "period", "start", "spent", "limit"]


@admin.register(CampaignSummary)
class CampaignSummaryAdmin(_OfCampaign, _TotalAdmin):
    list_display = ["start", "period", "owner", "spent", "limit"]
    list_filter = ["period", "start", BrandFilter, CampaignFilter]
    fields = ["brand", "campaign", "period", "start", "spent", "limit"]


@admin.register(Heartbeat)
class HeartbeatAdmin(ReadOnlyAdmin):
    list_display = ["name", "time"]
    fields = ["name", "time"]

    @admin.display(description=_("last finished"))
    def time(self, beat: Heartbeat) -> SafeString | str:
        return cells.here(beat.at)


@admin.register(LedgerOpening)
class LedgerOpeningAdmin(ReadOnlyAdmin):
    list_display = ["time", "reason", "actor"]
    list_filter = [RecentFilter]
    fields = ["time", "reason", "actor"]

    @admin.display(description=_("time"))
    def time(self, opening: LedgerOpening) -> SafeString | str:
        return cells.here(opening.at)
