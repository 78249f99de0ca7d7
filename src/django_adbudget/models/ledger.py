"""The ledger and its totals."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any, NoReturn

from django.db import models
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from ..exceptions import AppendOnly
from ..fields import AsciiKeyField, ExactTextField, MoneyField, money_value
from ..rules import Period
from .base import Created, Timestamped
from .brand import Brand
from .campaign import Campaign

KEY_LENGTH = 255
SOURCE_LENGTH = 64
DESCRIPTION_LENGTH = 1000
_REFUSAL = (
    "the ledger is append-only: record spend with services.record_spend(), take it back with services.correct_spend()"
)


class Kind(models.TextChoices):
    SPEND = "SPEND", _("Spend")
    CORRECTION = "CORRECTION", _("Correction")
    RESTATEMENT = "RESTATEMENT", _("Restatement")


class BrandPeriod(models.TextChoices):
    DAY = Period.DAY.value, _("Day")
    MONTH = Period.MONTH.value, _("Month")


class CampaignPeriod(models.TextChoices):
    DAY = Period.DAY.value, _("Day")
    MONTH = Period.MONTH.value, _("Month")
    TOTAL = Period.TOTAL.value, _("Total")


class SpendQuerySet(models.QuerySet["SpendRecord"]):
    """Reads of the ledger; every write raises ``AppendOnly`` (rule L1)."""

    def between(self, first: date, last: date) -> SpendQuerySet:
        """Records of local dates, both inclusive."""
        return self.filter(spend_date__gte=first, spend_date__lte=last)

    def total(self) -> Decimal:
        """The sum of the records' amounts."""
        total: Decimal = self.aggregate(total=Coalesce(models.Sum("amount"), money_value(0)))["total"]
        return total

    def create(self, **kwargs: Any) -> NoReturn:
        raise AppendOnly(_REFUSAL)

    def bulk_create(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise AppendOnly(_REFUSAL)

    def update(self, **kwargs: Any) -> NoReturn:
        raise AppendOnly(_REFUSAL)

    def bulk_update(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise AppendOnly(_REFUSAL)

    def delete(self) -> NoReturn:
        raise AppendOnly(_REFUSAL)


class SpendRecord(Created):
    """One fact of money spent, taken back or restated; written by the services alone (rule L1)."""

    brand = models.ForeignKey(Brand, on_delete=models.PROTECT, related_name="spend_records", db_index=False)
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="spend_records", db_index=False)
    amount = MoneyField(_("amount"))
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices, default=Kind.SPEND)
    spend_datetime = models.DateTimeField(_("instant"))
    spend_date = models.DateField(_("local date"))
    at_given = models.BooleanField(_("instant was given"), default=True, editable=False)
    idempotency_key = AsciiKeyField(_("idempotency key"), max_length=KEY_LENGTH)
    source = ExactTextField(_("source"), max_length=SOURCE_LENGTH, blank=True, default="")
    description = models.TextField(_("description"), blank=True, default="", max_length=DESCRIPTION_LENGTH)
    redacted_at = models.DateTimeField(null=True, blank=True, editable=False)
    corrects = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="corrections")

    objects = SpendQuerySet.as_manager()

    class Meta:
        verbose_name = _("spend record")
        verbose_name_plural = _("spend records")
        ordering = ["-id"]
        default_permissions = ("add", "change", "delete", "view")
        permissions = [("record_spend", _("Can record spend")), ("correct_spend", _("Can correct spend"))]
        constraints = [
            models.UniqueConstraint(fields=["brand", "idempotency_key"], name="adbudget_spend_key_uniq"),
            models.CheckConstraint(condition=~models.Q(amount=0), name="adbudget_spend_amount_not_0"),
        ]
        indexes = [
            models.Index(fields=["brand", "spend_date"], name="adbudget_spend_brand_idx"),
            models.Index(fields=["campaign", "spend_date"], name="adbudget_spend_campaign_idx"),
            # What is spent now, over all brands: the rate of the last hour.
            models.Index(fields=["spend_datetime"], name="adbudget_spend_instant_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount} on {self.spend_date}"

    def save(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise AppendOnly(_REFUSAL)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise AppendOnly(_REFUSAL)


class SummaryQuerySet(models.QuerySet[Any]):
    def of(self, period: Period | str, starts: Iterable[date]) -> SummaryQuerySet:
        """Totals of one kind of period that start on given local dates."""
        return self.filter(period=period, start__in=list(starts))


class Summary(Timestamped):
    """A total of the ledger over one period. A cache: ``verify_summaries`` compares it (rule L5)."""

    start = models.DateField(_("first local date"))
    spend = MoneyField(_("spend"), default=0)

    class Meta:
        abstract = True

    @property
    def budget(self) -> Decimal | None:
        """The budget that holds for the period at present."""
        raise NotImplementedError

    @property
    def remaining(self) -> Decimal | None:
        """Budget less spend, negative once overspent; None without a budget (rule M4)."""
        return None if self.budget is None else self.budget - self.spend


class BudgetSummary(Summary):
    brand = models.ForeignKey(Brand, on_delete=models.CASCADE, related_name="summaries", db_index=False)
    period = models.CharField(_("period"), max_length=5, choices=BrandPeriod.choices)

    objects = SummaryQuerySet.as_manager()

    class Meta:
        verbose_name = _("brand total")
        verbose_name_plural = _("brand totals")
        constraints = [models.UniqueConstraint(fields=["brand", "period", "start"], name="adbudget_brand_total_uniq")]

    def __str__(self) -> str:
        return f"{self.period} {self.start}: {self.spend}"

    @property
    def budget(self) -> Decimal | None:
        brand = self.brand
        budget: Decimal | None = brand.daily_budget if self.period == Period.DAY else brand.monthly_budget
        return budget


class CampaignSummary(Summary):
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="summaries", db_index=False)
    period = models.CharField(_("period"), max_length=5, choices=CampaignPeriod.choices)

    objects = SummaryQuerySet.as_manager()

    class Meta:
        verbose_name = _("campaign total")
        verbose_name_plural = _("campaign totals")
        constraints = [
            models.UniqueConstraint(fields=["campaign", "period", "start"], name="adbudget_campaign_total_uniq")
        ]

    def __str__(self) -> str:
        return f"{self.period} {self.start}: {self.spend}"

    @property
    def budget(self) -> Decimal | None:
        budgets: dict[Period, Decimal | None] = {
            Period.DAY: self.campaign.daily_budget,
            Period.MONTH: self.campaign.monthly_budget,
            Period.TOTAL: self.campaign.total_budget,
        }
        return budgets[Period(self.period)]
