"""What happened and why, and who was warned."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from ..fields import MoneyField, ReasonsField
from .base import Created, Timestamped, Told
from .brand import Brand
from .campaign import Campaign, CampaignStatusChoices

ACTOR_LENGTH = 255


class Cause(models.TextChoices):
    """What made the reconciler look."""

    SPEND = "SPEND", _("Spend")
    EDIT = "EDIT", _("Edit")
    TICK = "TICK", pgettext_lazy("what made the reconciler look", "Time")
    SWEEP = "SWEEP", _("Sweep")
    REBUILD = "REBUILD", _("Rebuild")


class StatusChange(Told):
    """A change of a campaign's status, with the figures that decided (rule S7)."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="status_changes", db_index=False)
    from_status = models.CharField(
        pgettext_lazy("from one status to another", "from"), max_length=16, choices=CampaignStatusChoices.choices
    )
    to_status = models.CharField(
        pgettext_lazy("from one status to another", "to"), max_length=16, choices=CampaignStatusChoices.choices
    )
    reasons = ReasonsField(_("reasons"))
    cause = models.CharField(_("cause"), max_length=16, choices=Cause.choices)
    actor = models.CharField(_("actor"), max_length=ACTOR_LENGTH, blank=True, default="")
    figures = models.JSONField(_("figures"), default=dict)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("status change")
        verbose_name_plural = _("status changes")
        ordering = ["-id"]
        indexes = [models.Index(fields=["campaign", "at"], name="adbudget_status_change_idx")]

    def __str__(self) -> str:
        return f"{self.from_status} -> {self.to_status}"


class BudgetChange(Told):
    """An edit of a budget, a switch or a zone, with who made it."""

    brand = models.ForeignKey(Brand, on_delete=models.CASCADE, related_name="budget_changes", db_index=False)
    campaign = models.ForeignKey(
        Campaign, on_delete=models.CASCADE, null=True, blank=True, related_name="budget_changes"
    )
    field = models.CharField(_("field"), max_length=32)
    before = models.CharField(_("before"), max_length=64, null=True, blank=True)
    after = models.CharField(_("after"), max_length=64, null=True, blank=True)
    actor = models.CharField(_("actor"), max_length=ACTOR_LENGTH, blank=True, default="")
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("budget change")
        verbose_name_plural = _("budget changes")
        ordering = ["-id"]
        indexes = [models.Index(fields=["brand", "at"], name="adbudget_budget_change_idx")]

    def __str__(self) -> str:
        return f"{self.field}: {self.before} -> {self.after}"


class Heartbeat(Timestamped):
    """When the tick, the sweep and the deliverer last finished."""

    name = models.CharField(_("name"), max_length=32, unique=True)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("heartbeat")
        verbose_name_plural = _("heartbeats")

    def __str__(self) -> str:
        return f"{self.name} at {self.at}"


class AlertKind(models.TextChoices):
    THRESHOLD = "THRESHOLD", _("Threshold crossed")
    FORECAST = "FORECAST", _("About to be exhausted")


class BudgetAlert(Told):
    """A threshold of a budget was crossed, or it is about to be exhausted. The row is the alert (rule D4).

    ``queued_at``: when it was handed to the channels; ``sent_at``: when the last of them had it, null without one.
    A forecast has no threshold, but the ``rate_per_hour`` of the hour before and the instant to which that leads.
    """

    brand = models.ForeignKey(Brand, on_delete=models.CASCADE, related_name="alerts")
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, null=True, blank=True, related_name="alerts")
    budget = models.CharField(_("budget"), max_length=16)
    period_start = models.DateField(_("period from"))
    kind = models.CharField(_("kind"), max_length=9, choices=AlertKind.choices, default=AlertKind.THRESHOLD)
    threshold = models.PositiveSmallIntegerField(_("threshold in per cent"), null=True, blank=True)
    spend = MoneyField(_("spend"))
    limit = MoneyField(_("limit"))
    rate_per_hour = MoneyField(_("spend per hour"), null=True, blank=True)
    exhausted_at = models.DateTimeField(_("exhausted at"), null=True, blank=True)
    at = models.DateTimeField(_("at"))
    queued_at = models.DateTimeField(null=True, blank=True, editable=False, db_index=True)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True, db_index=True)
    scope = models.CharField(max_length=128, editable=False)
    dedupe_key = models.CharField(max_length=136, unique=True, editable=False)

    class Meta:
        verbose_name = _("budget alert")
        verbose_name_plural = _("budget alerts")
        ordering = ["-id"]
        indexes = [models.Index(fields=["scope", "threshold"], name="adbudget_alert_scope_idx")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.budget}" if self.threshold is None else f"{self.threshold} % of {self.budget}"


class AlertDelivery(Timestamped):
    """What becomes of an alert in one channel, which tries for ever until it is ``sent_at`` (rule D4)."""

    alert = models.ForeignKey(BudgetAlert, on_delete=models.CASCADE, related_name="deliveries", db_index=False)
    channel = models.CharField(_("channel"), max_length=200)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    next_attempt_at = models.DateTimeField(_("next attempt"))
    leased_until = models.DateTimeField(_("leased until"), null=True, blank=True)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    last_error = models.TextField(_("last error"), blank=True, default="")
    # What a channel has done of it, in its own words; of the database's default too, for the release before.
    done_parts = models.CharField(max_length=255, blank=True, default="", db_default="", editable=False)

    class Meta:
        verbose_name = _("delivery of an alert")
        verbose_name_plural = _("deliveries of alerts")
        constraints = [models.UniqueConstraint(fields=["alert", "channel"], name="adbudget_alert_channel_uniq")]
        indexes = [models.Index(fields=["channel", "sent_at", "next_attempt_at"], name="adbudget_alert_due_idx")]

    def __str__(self) -> str:
        return f"{self.channel}: {self.sent_at or self.last_error}"


class LedgerOpening(Created):
    """The trace of each time the append-only ledger was opened for archive, redaction or clearing (rule L1)."""

    reason = models.CharField(_("reason"), max_length=255)
    actor = models.CharField(_("actor"), max_length=ACTOR_LENGTH, blank=True, default="")
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("opening of the ledger")
        verbose_name_plural = _("openings of the ledger")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.reason} at {self.at}"
