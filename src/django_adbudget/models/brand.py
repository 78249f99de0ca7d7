"""Brands: the advertiser, its zone, currency and budgets."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from ..clock import instant
from ..conf import default_currency, default_timezone
from ..fields import MoneyField, ProjectedDateTimeField, TimeZoneField, validate_currency
from ..rules import Period, local_date
from ..rules.status import period_start
from .base import Fact, at_least_zero
from .thresholds import ThresholdsField


class BrandQuerySet(models.QuerySet["Brand"]):
    def active(self) -> BrandQuerySet:
        """Brands that are switched on."""
        return self.filter(is_active=True)


class Brand(Fact):
    """An advertiser. Its budgets are in its currency and end with its local day and month."""

    name = models.CharField(_("name"), max_length=200, unique=True)
    description = models.TextField(_("description"), blank=True)
    external_id = models.CharField(_("external id"), max_length=255, null=True, blank=True, unique=True)
    timezone = TimeZoneField(_("time zone"), default=default_timezone)
    currency = models.CharField(_("currency"), max_length=3, default=default_currency, validators=[validate_currency])
    daily_budget = MoneyField(_("daily budget"), null=True, blank=True, validators=[MinValueValidator(0)])
    monthly_budget = MoneyField(_("monthly budget"), null=True, blank=True, validators=[MinValueValidator(0)])
    is_active = models.BooleanField(_("active"), default=True)
    alert_thresholds = ThresholdsField(
        _("alert thresholds"),
        help_text=_("Per cent of each budget, such as 50, 80, 100. Blank: as for all brands; none: no alerts."),
    )
    evaluated_at = ProjectedDateTimeField(null=True, blank=True, editable=False, db_index=True)

    objects = BrandQuerySet.as_manager()
    settled_by = ("spend_records", "archives")

    class Meta:
        verbose_name = _("brand")
        verbose_name_plural = _("brands")
        ordering = ["name"]
        constraints = [at_least_zero("daily_budget", "brand"), at_least_zero("monthly_budget", "brand")]

    def __str__(self) -> str:
        return self.name

    def save(self, **kwargs: Any) -> None:
        self.external_id = self.external_id or None
        super().save(**kwargs)

    def clean(self) -> None:
        self.check_settled("currency")

    @property
    def daily_spend(self) -> Decimal:
        """Spend of the brand's present local day."""
        return self.spend_in(Period.DAY)

    @property
    def monthly_spend(self) -> Decimal:
        """Spend of the brand's present local month."""
        return self.spend_in(Period.MONTH)

    @property
    def daily_remaining(self) -> Decimal | None:
        """What is left of today's budget, negative once overspent; None without a budget."""
        return None if self.daily_budget is None else self.daily_budget - self.daily_spend

    @property
    def monthly_remaining(self) -> Decimal | None:
        """What is left of this month's budget, negative once overspent; None without a budget."""
        return None if self.monthly_budget is None else self.monthly_budget - self.monthly_spend

    current_daily_spend = daily_spend
    current_monthly_spend = monthly_spend

    def spend_in(self, period: Period, now: datetime | None = None) -> Decimal:
        """Spend of the local day or month in which ``now`` lies. One query."""
        from .ledger import BudgetSummary

        start = period_start(period, local_date(instant(now), self.timezone))
        summary = BudgetSummary.objects.filter(brand=self, period=period, start=start).first()
        return summary.spend if summary else Decimal(0)
