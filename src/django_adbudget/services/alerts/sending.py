"""Alerts on their way to people: queued for each channel, claimed brand by brand, sent, acknowledged (rule D4)."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from ...channels import AlertChannel, ChannelConfig, Digest, PartlySent, configured
from ...clock import instant
from ...models import AlertDelivery, BudgetAlert
from .. import hiding
from ..gate import in_transaction, ledger_alias, lock, refuse_transaction
from .forecasts import raise_forecasts

logger = logging.getLogger(__name__)

#: Alerts that one digest holds, and that are queued at once.
BATCH = 200
#: Seconds after which a run leaves a channel for the next one: what is slow holds up nobody else.
PATIENCE = 30.0
_LEASE_MARGIN = 30.0
_DONE_LENGTH = 255
_FIRST_BACKOFF = 30.0
_LONGEST_BACKOFF = 3600.0


@dataclass(frozen=True, slots=True)
class AlertsSent:
    """Forecasts raised; digests of a brand by a channel that were sent and that failed."""

    foretold: int = 0
    sent: int = 0
    failed: int = 0


def send_alerts(*, now: datetime | None = None) -> AlertsSent:
    """Tell of what is untold: one digest a brand and channel. What fails is tried again later, for ever.

    Digests are sent outside any transaction, at least once: a process that dies between sending and acknowledging
    sends again. Without channels alerts are rows and signals, and their ``sent_at`` stays null.
    Raises ``ValueError`` if ``ALERT_CHANNELS`` cannot be read, ``RuntimeError`` inside a transaction (rule D2);
    nothing is lost then.
    """
    clock, alias, channels = _Clock(instant(now)), ledger_alias(), configured()
    refuse_transaction(alias, "send_alerts()")
    foretold = _foretell(clock.start)
    _queue(clock.start, alias, [config.name for config in channels])
    outcomes = [ok for config in channels for ok in _Outbox(config, channels, clock, alias).drain()]
    return AlertsSent(foretold, sum(outcomes), len(outcomes) - sum(outcomes))


def _foretell(now: datetime) -> int:
    try:
        return raise_forecasts(now=now)
    except Exception:
        logger.exception("no forecasts were made; what was crossed is told of all the same")
        return 0


def _queue(now: datetime, alias: str, channels: Sequence[str]) -> None:
    """Hand new alerts to the channels that there are at this moment; who comes later starts with what comes later."""
    fresh = BudgetAlert._base_manager.using(alias).filter(queued_at__isnull=True).order_by("pk")

    def work() -> None:
        deliveries = [
            AlertDelivery(alert_id=pk, channel=channel, next_attempt_at=now, created_at=now, updated_at=now)
            for pk in ids
            for channel in channels
        ]
        AlertDelivery._base_manager.using(alias).bulk_create(deliveries, ignore_conflicts=True)
        fresh.filter(pk__in=ids).update(queued_at=now)

    while ids := list(fresh.values_list("pk", flat=True)[:BATCH]):
        in_transaction(work, alias)


@dataclass(frozen=True, slots=True)
class _Claim:
    ids: list[int]
    attempts: int
    digest: Digest


@dataclass(frozen=True, slots=True)
class _Failure:
    why: str
    done: frozenset[str]


class _Clock:
    """``now`` of the run, moving on while channels take their time."""

    def __init__(self, start: datetime) -> None:
        self.start = start
        self._begun = time.monotonic()

    def now(self) -> datetime:
        return self.start + timedelta(seconds=time.monotonic() - self._begun)


class _Outbox:
    """What waits for one channel."""

    def __init__(self, config: ChannelConfig, channels: Sequence[ChannelConfig], clock: _Clock, alias: str) -> None:
        self._config, self._clock, self._alias = config, clock, alias
        self._names = [other.name for other in channels]
        #: Brands that somebody else tells of, that have gone, or of which this run could not tell.
        self._passed_over: set[int] = set()

    def drain(self) -> list[bool]:
        """Send digest after digest while there is time; whether each was taken."""
        try:
            channel = self._config.load()
        except Exception as error:  # noqa: BLE001  other people's code; its words may repeat any option
            options = self._config.options
            why = hiding.described(error, options, options.keys())
            logger.error("the alert channel %s does not load: %s\n%s", self._config.name, why, hiding.place(error))
            return []
        outcomes: list[bool] = []
        last = time.monotonic() + PATIENCE
        while time.monotonic() < last and (brand_id := self._next_brand()) is not None:
            claim = in_transaction(partial(self._claim, brand_id, channel.timeout), self._alias)
            if claim is not None:
                outcomes.append(self._deliver(channel, claim))
            if claim is None or not outcomes[-1]:
                self._passed_over.add(brand_id)
        return outcomes

    def _undone(self) -> QuerySet[AlertDelivery]:
        return AlertDelivery._base_manager.using(self._alias).filter(channel=self._config.name, sent_at__isnull=True)

    def _next_brand(self) -> int | None:
        """The brand that has waited longest."""
        due = self._undone().filter(next_attempt_at__lte=self._clock.start)
        if self._passed_over:
            due = due.exclude(alert__brand__in=self._passed_over)
        return due.order_by("next_attempt_at", "pk").values_list("alert__brand", flat=True).first()

    def _claim(self, brand_id: int, timeout: float) -> _Claim | None:
        """Lease all that waits for a brand and of which the same is done, unless another sends it now.

        The gate keeps claims apart.
        """
        now = self._clock.now()
        gate = lock({brand_id}, now, self._alias)
        waiting = self._undone().filter(alert__brand=brand_id).select_related("alert__campaign")
        due = waiting.filter(next_attempt_at__lte=now).order_by("next_attempt_at", "pk")
        done = due.values_list("done_parts", flat=True).first()
        rows = list(waiting.filter(done_parts=done).order_by("alert__at", "alert_id")[:BATCH])
        if not rows or any(row.leased_until and row.leased_until > now for row in rows):
            return None
        ids = [row.pk for row in rows]
        until = now + timedelta(seconds=timeout + _LEASE_MARGIN)
        self._undone().filter(pk__in=ids).update(leased_until=until, attempts=F("attempts") + 1, updated_at=now)
        alerts = tuple(row.alert for row in rows)
        digest = Digest(gate.brands[brand_id], alerts, now, frozenset(filter(None, (done or "").split(","))))
        return _Claim(ids, max(row.attempts for row in rows) + 1, digest)

    def _deliver(self, channel: AlertChannel, claim: _Claim) -> bool:
        failure = self._send(channel, claim)
        in_transaction(partial(self._acknowledge, claim, failure), self._alias)
        return failure is None

    def _send(self, channel: AlertChannel, claim: _Claim) -> _Failure | None:
        try:
            channel.send(claim.digest)
        except Exception as error:  # noqa: BLE001  a channel fails in as many ways as there are
            done = error.done if isinstance(error, PartlySent) else claim.digest.done
            why = error.__cause__ if isinstance(error, PartlySent) and error.__cause__ else error
            said = hiding.described(why, self._config.options, channel.secret_options)
            words = f"{type(why).__name__}: {said}"
            logger.warning(
                "alerts of brand %s are not sent by %s: %s",
                claim.digest.brand.pk,
                self._config.name,
                words,
                extra={"brand_id": claim.digest.brand.pk, "channel": self._config.name, "attempts": claim.attempts},
            )
            return _Failure(words, done)
        return None

    def _acknowledge(self, claim: _Claim, failure: _Failure | None) -> None:
        """Note what became of a digest. Under the gate, so that of two channels the last sees that it is."""
        now = self._clock.now()
        lock({claim.digest.brand.pk}, now, self._alias)
        claimed = self._undone().filter(pk__in=claim.ids)
        if failure is not None:
            due, done = now + _backoff(claim.attempts), _joined(failure.done)
            claimed.update(
                leased_until=None, next_attempt_at=due, last_error=failure.why, done_parts=done, updated_at=now
            )
            return
        claimed.update(leased_until=None, sent_at=now, last_error="", updated_at=now)
        open_elsewhere = AlertDelivery._base_manager.using(self._alias).filter(
            alert=OuterRef("pk"), sent_at__isnull=True, channel__in=self._names
        )
        told = BudgetAlert._base_manager.using(self._alias).filter(
            ~Q(Exists(open_elsewhere)), pk__in=[alert.pk for alert in claim.digest.alerts], sent_at__isnull=True
        )
        told.update(sent_at=now, updated_at=now)


def _joined(parts: Iterable[str]) -> str:
    """As many as are kept: what is forgotten comes twice."""
    text = ""
    for part in sorted(parts):
        longer = f"{text},{part}" if text else part
        if len(longer) <= _DONE_LENGTH:
            text = longer
    return text


def _backoff(attempts: int) -> timedelta:
    longest = min(_FIRST_BACKOFF * 2.0 ** min(attempts - 1, 20), _LONGEST_BACKOFF)
    return timedelta(seconds=longest * random.uniform(0.5, 1.0))  # noqa: S311  jitter, no secret
