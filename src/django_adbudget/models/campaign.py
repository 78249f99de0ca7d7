"""Campaigns and their dayparting windows."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from ..conf import default_dayparting
from ..fields import (
    MoneyField,
    ProjectedBigIntegerField,
    ProjectedCharField,
    ProjectedDateTimeField,
    ProjectedReasonsField,
    TimeZoneField,
)
from ..rules import Dayparting, Reason, Status, Window
from .base import Fact, at_least_zero
from .brand import Brand

#: What only the reconciler writes (rule S1).
PROJECTION = (
    "status",
    "status_reasons",
    "status_changed_at",
    "next_check_at",
    "desired_generation",
    "acked_generation",
)
#: ``next_check_at`` of a row that was never evaluated: due at once (rule S4).
DUE_AT_ONCE = datetime(1970, 1, 1, tzinfo=UTC)


class CampaignStatusChoices(models.TextChoices):
    ACTIVE = Status.ACTIVE.value, _("Active")
    PAUSED_BUDGET = Status.PAUSED_BUDGET.value, _("Paused: budget")
    PAUSED_DAYPART = Status.PAUSED_DAYPART.value, _("Paused: dayparting")
    INACTIVE = Status.INACTIVE.value, _("Inactive")


class DaypartingChoices(models.TextChoices):
    AUTO = Dayparting.AUTO.value, _("Windows bind, if there are any")
    REQUIRED = Dayparting.REQUIRED.value, _("Runs in its windows only")
    OFF = Dayparting.OFF.value, _("Windows are ignored")


class Weekday(models.IntegerChoices):
    MONDAY = 0, _("Monday")
    TUESDAY = 1, _("Tuesday")
    WEDNESDAY = 2, _("Wednesday")
    THURSDAY = 3, _("Thursday")
    FRIDAY = 4, _("Friday")
    SATURDAY = 5, _("Saturday")
    SUNDAY = 6, _("Sunday")


class CampaignQuerySet(models.QuerySet["Campaign"]):
    def running(self) -> CampaignQuerySet:
        """Campaigns stored as ACTIVE."""
        return self.filter(status=Status.ACTIVE)

    def paused(self) -> CampaignQuerySet:
        """Campaigns that a budget or the hour keeps from running."""
        return self.filter(status__in=[Status.PAUSED_BUDGET, Status.PAUSED_DAYPART])

    def with_reason(self, reason: Reason | str) -> CampaignQuerySet:
        """Campaigns whose stored reasons hold one: ``Campaign.objects.with_reason("BRAND_DAILY_BUDGET")``."""
        return self.filter(status_reasons__contains=Reason(reason).value)

    def due(self, now: datetime) -> CampaignQuerySet:
        """Campaigns whose status time alone may have changed by ``now``."""
        return self.filter(next_check_at__lte=now)

    def out_of_sync(self) -> CampaignQuerySet:
        """Campaigns whose platform has not yet carried out the newest order."""
        return self.exclude(desired_generation=F("acked_generation"))

    def drifted(self) -> CampaignQuerySet:
        """Campaigns whose platform was seen doing the opposite of the order that it had confirmed."""
        opposite = Q(platform_order__action="RUN", platform_order__observed_action="STOP")
        opposite |= Q(platform_order__action="STOP", platform_order__observed_action="RUN")
        seen_since = Q(platform_order__observed_at__gt=F("platform_order__acked_at"))
        return self.filter(opposite, seen_since, platform_order__state="DONE")


class Campaign(Fact):
    """A campaign: facts that people write, and the projection that the reconciler derives from them."""

    brand = models.ForeignKey(
        Brand, on_delete=models.CASCADE, related_name="campaigns", db_index=False, verbose_name=_("brand")
    )
    name = models.CharField(_("name"), max_length=200)
    external_id = models.CharField(_("external id"), max_length=255, null=True, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    daily_budget = MoneyField(_("daily budget"), null=True, blank=True, validators=[MinValueValidator(0)])
    monthly_budget = MoneyField(_("monthly budget"), null=True, blank=True, validators=[MinValueValidator(0)])
    total_budget = MoneyField(_("total budget"), null=True, blank=True, validators=[MinValueValidator(0)])
    start_date = models.DateField(_("first day"), null=True, blank=True)
    end_date = models.DateField(_("last day"), null=True, blank=True)
    dayparting = models.CharField(
        _("dayparting"), max_length=8, choices=DaypartingChoices.choices, default=default_dayparting
    )
    timezone = TimeZoneField(_("time zone of the windows"), blank=True, default="", help_text=_("Empty: the brand's."))
    status = ProjectedCharField(
        _("status"), max_length=16, choices=CampaignStatusChoices.choices, default="INACTIVE", editable=False
    )
    status_reasons = ProjectedReasonsField(_("reasons"), editable=False)
    status_changed_at = ProjectedDateTimeField(_("status since"), null=True, blank=True, editable=False)
    next_check_at = ProjectedDateTimeField(_("next check"), null=True, blank=True, default=DUE_AT_ONCE, editable=False)
    desired_generation = ProjectedBigIntegerField(default=0, editable=False)
    acked_generation = ProjectedBigIntegerField(default=0, editable=False)

    objects = CampaignQuerySet.as_manager()
    settled_by = ("spend_records", "archived")

    class Meta:
        verbose_name = _("campaign")
        verbose_name_plural = _("campaigns")
        ordering = ["brand", "name"]
        constraints = [
            models.UniqueConstraint(fields=["brand", "name"], name="adbudget_campaign_name_uniq"),
            models.UniqueConstraint(fields=["brand", "external_id"], name="adbudget_campaign_external_uniq"),
            at_least_zero("daily_budget", "campaign"),
            at_least_zero("monthly_budget", "campaign"),
            at_least_zero("total_budget", "campaign"),
            models.CheckConstraint(
                condition=Q(start_date__isnull=True) | Q(end_date__isnull=True) | Q(end_date__gte=F("start_date")),
                name="adbudget_campaign_flight_order",
            ),
        ]
        indexes = [
            models.Index(fields=["next_check_at", "brand"], name="adbudget_campaign_due_idx"),
            models.Index(fields=["brand", "status"], name="adbudget_campaign_status_idx"),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, **kwargs: Any) -> None:
        self.external_id = self.external_id or None
        super().save(**kwargs)

    def clean(self) -> None:
        if self.start_date and self.end_date and self.end_date < self.start_date:
            raise ValidationError({"end_date": _("The last day lies before the first.")})
        self.check_settled("brand_id")

    @property
    def in_sync(self) -> bool:
        """Whether the platform has carried out the newest order (rule D1)."""
        return bool(self.desired_generation == self.acked_generation)


class DaypartingQuerySet(models.QuerySet["DaypartingSchedule"]):
    def bulk_create(self, *args: Any, **kwargs: Any) -> list[DaypartingSchedule]:
        """As Django's; their campaigns are due at once, since no ``save()`` evaluates them (rule S4)."""
        self._for_write = True
        with transaction.atomic(using=self.db):
            windows = super().bulk_create(*args, **kwargs)
            owners = {window.campaign_id for window in windows}
            Campaign._base_manager.using(self.db).filter(pk__in=owners).update(next_check_at=DUE_AT_ONCE)
        return windows


class DaypartingSchedule(Fact):
    """One window of a campaign's week, in local wall-clock time (rule T5)."""

    campaign = models.ForeignKey(
        Campaign, on_delete=models.CASCADE, related_name="dayparting_schedules", verbose_name=_("campaign")
    )
    day_of_week = models.PositiveSmallIntegerField(
        _("weekday"), choices=Weekday.choices, validators=[MaxValueValidator(6)]
    )
    start_time = models.TimeField(_("from"))
    end_time = models.TimeField(_("to"), help_text=_("00:00 is midnight at the end of the day."))
    is_active = models.BooleanField(_("active"), default=True)

    objects = DaypartingQuerySet.as_manager()

    class Meta:
        verbose_name = _("dayparting window")
        verbose_name_plural = _("dayparting windows")
        ordering = ["campaign", "day_of_week", "start_time"]
        constraints = [
            models.CheckConstraint(
                condition=Q(day_of_week__gte=0) & Q(day_of_week__lte=6), name="adbudget_window_weekday"
            ),
            models.CheckConstraint(
                condition=~Q(start_time=F("end_time")) | Q(start_time=time()),
                name="adbudget_window_not_empty",
            ),
        ]

    def __str__(self) -> str:
        return f"{Weekday(self.day_of_week).label} {self.start_time:%H:%M} - {self.end_time:%H:%M}"

    def clean(self) -> None:
        try:
            self.as_window()
        except ValueError as error:
            raise ValidationError(str(error)) from error

    def save(self, **kwargs: Any) -> None:
        for name in ("day_of_week", "start_time", "end_time"):  # a string is as good as for any field of Django's
            field: Any = self._meta.get_field(name)
            setattr(self, name, field.to_python(getattr(self, name)))
        self.as_window()
        super().save(**kwargs)

    def as_window(self) -> Window:
        """The window of the rules. Raises ``ValueError`` on what rule T5 refuses."""
        return Window(self.day_of_week, self.start_time, self.end_time)
