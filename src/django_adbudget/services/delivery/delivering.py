"""The deliverer: takes orders to the ad platform, outside any transaction, until none is due (rules D1, D2)."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from ... import telemetry
from ...clock import instant
from ...models import Brand, PlatformOrder
from ...models.platform import OrderState
from ...platforms import Order, PlatformBackend, get_backend
from ..gate import in_transaction, ledger_alias, refuse_transaction
from ..heartbeats import DELIVERER, beat
from ..results import DeliveryResult
from . import circuit, claims
from .answers import Answer, ask
from .circuit import Circuit, CircuitState, circuit_state
from .claims import Claim, Turn

logger = logging.getLogger(__name__)

#: The longest call that leaves a STOP behind it soon enough, as a part of the backend's time-out.
_GOOD_PART = 0.25
#: Seconds between two heartbeats of a delivery that goes on for long.
_BEAT_EVERY = 10.0
_FEW = 10


def deliver_status_changes(
    *, limit: int | None = None, now: datetime | None = None, seconds: float | None = None
) -> DeliveryResult:
    """Send the orders that wait, STOP before RUN, oldest first; at most ``limit``, None for all that are due.

    Each is sent outside any transaction and acknowledged under the gate. What fails is tried again later, not in this
    call. ``seconds``: begin no further batch after as many. Raises ``RuntimeError`` inside a transaction (rule D2).
    """
    at, alias = instant(now), ledger_alias()
    refuse_transaction(alias, "deliver_status_changes()")
    run = _Run(alias, get_backend(), at)
    with telemetry.timed(telemetry.DELIVERY):
        claims.free_lapsed(alias, at)
        while (limit is None or run.sent < limit) and (seconds is None or run.elapsed < seconds):
            if not run.batch(None if limit is None else limit - run.sent):
                break
    run.finish()
    return DeliveryResult(run.sent, run.done, run.sent - run.done)


def hurry(*, brands: Iterable[Brand] | None = None, now: datetime | None = None) -> int:
    """Let orders that failed be due at once, instead of at their next attempt, and the circuit try; gives how many."""
    at, alias = instant(now), ledger_alias()
    waiting = PlatformOrder._base_manager.using(alias).filter(state=OrderState.PENDING, next_attempt_at__gt=at)
    if brands is not None:
        waiting = waiting.filter(campaign__brand__in=[brand.pk for brand in brands])
    circuit.end_rest(alias, at)
    return in_transaction(lambda: waiting.update(next_attempt_at=at, updated_at=at), alias)


def moved(now: datetime, began: float) -> datetime:
    """``now`` moved on by the time since ``began``, of ``time.monotonic()``."""
    return now + timedelta(seconds=time.monotonic() - began)


@dataclass(slots=True)
class _Run:
    """One call. Later batches take the time that has passed since it began for passed: with the instant of its
    beginning, the lease of the last of them would be over before they are sent, and another would send them too."""

    alias: str
    backend: PlatformBackend
    began: datetime
    sent: int = 0
    done: int = 0
    _started: float = field(default_factory=time.monotonic)
    _beat_at: float = 0.0

    @property
    def elapsed(self) -> float:
        return time.monotonic() - self._started

    @property
    def now(self) -> datetime:
        return moved(self.began, self._started)

    def batch(self, limit: int | None) -> bool:
        """Send one batch; False when there is nothing more to send now."""
        seen = circuit_state(now=self.now)
        if seen.state is Circuit.OPEN:
            return False
        claim = claims.claim(self._turn(seen, limit))
        if claim is None:
            return False
        if self.now + timedelta(seconds=self.backend.timeout) > claim.until:
            # The process stood still between the claim and now, and could not finish within its lease.
            claims.release(claim, self.alias, self.now)
            return True
        answer = ask(self.backend, claim.orders)
        self._note(seen, claim, answer)
        return True

    def _turn(self, seen: CircuitState, limit: int | None) -> Turn:
        now = self.now
        until = now + timedelta(seconds=self.backend.timeout + claims.LEASE_MARGIN)
        probe = partial(circuit.take_probe, seen, until, self.alias) if seen.state is Circuit.HALF_OPEN else None
        count = max(1, min(seen.allowance, self.backend.batch_size))
        return Turn(self.alias, self.began, now, until, count if limit is None else min(count, limit), probe)

    def _note(self, seen: CircuitState, claim: Claim, answer: Answer) -> None:
        sent, retry_at = len(claim.orders), None
        if answer.fault is None:
            circuit.note_success(seen, self._allowance(seen, sent, answer.seconds), self.alias, self.now)
        else:
            retry_at = circuit.note_failure(seen, sent, answer.fault, self.alias, self.now)
            if retry_at is None and sent > 1:
                # Not for what these orders are: however often they were tried, they wait as after a first attempt.
                retry_at = self.now + claims.backoff(1)
        mine = claims.settle(claim, answer.results, self.alias, self.now, retry_at)
        if mine < sent:
            logger.warning("%s of %s orders came back after their lease had ended", sent - mine, sent)
        self._count(claim.orders, answer)
        if self.elapsed - self._beat_at >= _BEAT_EVERY:
            self._beat_at = self.elapsed
            beat(DELIVERER, self.now, self.alias)

    def _allowance(self, seen: CircuitState, sent: int, seconds: float) -> int:
        """How many orders the next call may carry: more while calls are quick, fewer when a STOP would wait long."""
        good = self.backend.timeout * _GOOD_PART
        if seconds > good:
            shorter = int(sent * good / seconds)
            return max(1, shorter if seconds > 2 * good else max(shorter, min(sent, _FEW)))
        if sent >= seen.allowance and seconds < good / 2:
            return min(2 * seen.allowance, max(1, self.backend.batch_size))
        return seen.allowance

    def _count(self, sent: tuple[Order, ...], answer: Answer) -> None:
        done = sum(answer.results[order.campaign_id].ok for order in sent)
        self.sent += len(sent)
        self.done += done
        telemetry.count(telemetry.ORDERS_SENT, done)
        telemetry.count(telemetry.ORDERS_FAILED, len(sent) - done)
        for order in sent:
            _log(order, answer.results[order.campaign_id].error, answer.fault)

    def finish(self) -> None:
        beat(DELIVERER, self.now if self._beat_at else self.began, self.alias)


def _log(order: Order, error: str, fault: str | None) -> None:
    keys = {
        "brand_id": order.brand_id,
        "campaign_id": order.campaign_id,
        "generation": order.generation,
        "action": order.action,
    }
    if not error:
        logger.info("campaign %s: %s is done", order.campaign_id, order.action, extra=keys)
    elif fault is None:
        logger.warning("campaign %s: %s failed: %s", order.campaign_id, order.action, error, extra=keys)
