"""Deleting brands and campaigns: what has spent is kept, what may run on the platform too; history goes along."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import Exists, Model, OuterRef
from django.http import HttpRequest
from django.utils.translation import gettext

from ..models import (
    BudgetAlert,
    BudgetChange,
    BudgetSummary,
    Campaign,
    CampaignSummary,
    PlatformOrder,
    SpendRecord,
    StatusChange,
)
from ..services.chunks import chunks
from ..services.gate import ledger_alias

if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[Any]
else:
    _ModelAdmin = admin.ModelAdmin

#: What nobody may delete by itself.
_HISTORY = (BudgetAlert, BudgetChange, BudgetSummary, CampaignSummary, PlatformOrder, StatusChange)
_NAMED = 20


class DeletingMixin(_ModelAdmin):
    """Says in a sentence that spend protects a row, where Django would read and list millions of records.

    And a campaign that goes while its platform runs it would be paused by nobody any more.
    """

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        kept = self._kept([row.pk for row in objs])
        if kept:
            return [], {}, set(), kept
        to_delete, counts, lacking, protected = super().get_deleted_objects(objs, request)
        history = {str(model._meta.verbose_name) for model in _HISTORY}
        return to_delete, counts, {name for name in lacking if str(name) not in history}, protected

    def _kept(self, ids: list[Any]) -> list[str]:
        """A sentence for each of the rows that cannot go, up to 20 of them."""
        kept = self._named(ids, _has_spent(self.model))
        said = gettext("The spend of %(name)s, which is kept for ever. Switch it off instead.")
        if not kept:
            kept = self._named(ids, _may_run(self.model))
            said = gettext(
                "%(name)s, which the ad platform may be running. Switch it off; delete it once that is confirmed."
            )
        return [said % {"name": name} for name in kept]

    def _named(self, ids: list[Any], condition: Exists) -> list[str]:
        rows = self.model._base_manager.using(ledger_alias()).filter(condition)
        found = (str(row) for part in chunks(ids) for row in rows.filter(pk__in=part)[:_NAMED])
        return list(islice(found, _NAMED))


def _has_spent(model: type[Model]) -> Exists:
    name = "campaign" if issubclass(model, Campaign) else "brand"
    return Exists(SpendRecord._base_manager.filter(**{name: OuterRef("pk")}))


def _may_run(model: type[Model]) -> Exists:
    name = "campaign" if issubclass(model, Campaign) else "campaign__brand"
    return Exists(PlatformOrder.objects.may_run().filter(**{name: OuterRef("pk")}))
