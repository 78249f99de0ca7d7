"""What the ad platform must do, what it was last seen to do, and whether it can be reached (rule D1)."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from .base import Timestamped
from .campaign import Campaign


class Action(models.TextChoices):
    RUN = "RUN", _("Run")
    STOP = "STOP", _("Stop")


class OrderState(models.TextChoices):
    PENDING = "PENDING", _("Waiting")
    LEASED = "LEASED", _("In flight")
    DONE = "DONE", _("Done")


class OrderQuerySet(models.QuerySet["PlatformOrder"]):
    def claimable(self, now: datetime) -> OrderQuerySet:
        """Orders not yet carried out whose turn has come and that nobody is sending."""
        free = Q(leased_until__isnull=True) | Q(leased_until__lte=now)
        return self.exclude(state=OrderState.DONE).filter(free, next_attempt_at__lte=now)

    def settled(self) -> OrderQuerySet:
        """Orders that the platform has confirmed; none of ours is waiting or in flight for these campaigns."""
        return self.filter(state=OrderState.DONE, acked_at__isnull=False)

    def may_run(self) -> OrderQuerySet:
        """Of campaigns that the platform was told to run, and has not confirmed that they are stopped."""
        heard = Q(campaign__acked_generation__gt=0) | Q(attempts__gt=0)
        return self.filter(heard).exclude(action=Action.STOP, state=OrderState.DONE)

    def drifted(self) -> OrderQuerySet:
        """Orders that the platform had confirmed before it was seen doing the opposite."""
        seen_since = self.settled().filter(observed_at__gt=F("acked_at")).exclude(observed_action="")
        return seen_since.exclude(observed_action=F("action"))


class PlatformOrder(Timestamped):
    """The newest order for a campaign's platform; it replaced the one before (rule D1).

    ``lease`` names the claim under which it is in flight. ``observed_action`` is what the platform was seen doing at
    ``observed_at``, empty if it did not say.
    """

    campaign = models.OneToOneField(Campaign, on_delete=models.CASCADE, related_name="platform_order")
    action = models.CharField(_("action"), max_length=4, choices=Action.choices)
    generation = models.BigIntegerField(_("generation"))
    state = models.CharField(_("state"), max_length=8, choices=OrderState.choices, default=OrderState.PENDING)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    next_attempt_at = models.DateTimeField(_("next attempt"))
    leased_until = models.DateTimeField(_("leased until"), null=True, blank=True)
    lease = models.CharField(max_length=32, blank=True, default="", editable=False)
    acked_at = models.DateTimeField(_("confirmed at"), null=True, blank=True)
    last_error = models.TextField(_("last error"), blank=True, default="")
    observed_action = models.CharField(_("seen doing"), max_length=4, choices=Action.choices, blank=True, default="")
    observed_at = models.DateTimeField(_("seen at"), null=True, blank=True, db_index=True)

    objects = OrderQuerySet.as_manager()

    class Meta:
        verbose_name = _("platform order")
        verbose_name_plural = _("platform orders")
        # In this order orders are claimed: with a state and an action given, the first that fit are the first read.
        indexes = [models.Index(fields=["state", "action", "next_attempt_at", "id"], name="adbudget_order_queue_idx")]

    def __str__(self) -> str:
        return f"{self.action} (generation {self.generation})"

    @property
    def is_drifted(self) -> bool:
        """Whether the platform was seen doing the opposite of what it had confirmed."""
        if self.state != OrderState.DONE or self.acked_at is None or self.observed_at is None:
            return False
        return self.observed_at > self.acked_at and self.observed_action not in {"", self.action}


class PlatformCircuit(Timestamped):
    """What all deliverers know of a backend that fails as a whole, so that they rest together (rule D1).

    Closed while ``opened_at`` is null; else nothing is sent before ``rests_until``, and one order after it.
    """

    backend = models.CharField(_("backend"), max_length=255, unique=True)
    failures = models.PositiveIntegerField(_("failed calls in a row"), default=0)
    opened_at = models.DateTimeField(_("failing since"), null=True, blank=True)
    rests = models.PositiveIntegerField(_("rests"), default=0)
    rests_until = models.DateTimeField(_("rests until"), null=True, blank=True)
    allowance = models.PositiveIntegerField(_("orders in a call"), default=1)
    read_at = models.DateTimeField(_("last read"), null=True, blank=True)
    last_error = models.TextField(_("last error"), blank=True, default="")

    class Meta:
        verbose_name = _("platform circuit")
        verbose_name_plural = _("platform circuits")

    def __str__(self) -> str:
        return self.backend
