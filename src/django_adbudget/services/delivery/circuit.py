"""A backend that fails as a whole is left alone for a while, by all deliverers together (rule D1).

Closed: orders are sent. Open: none is, until the rest is over. Half open: one order is sent, by one deliverer; done, it
closes the circuit, failed, it begins the next, longer rest.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db import connections
from django.db.models import QuerySet

from ...clock import instant
from ...conf import app_settings
from ...models import PlatformCircuit
from ...platforms import PlatformBackend
from ..gate import in_transaction, ledger_alias

logger = logging.getLogger(__name__)

#: Failed calls in a row that open the circuit.
FAILURES = 5
_FIRST_REST = 1.0
_LONGEST_REST = 60.0
_FIRST_ALLOWANCE = 10


class Circuit(StrEnum):
    CLOSED = "CLOSED"
    OPEN = "OPEN"
    HALF_OPEN = "HALF_OPEN"


@dataclass(frozen=True, slots=True)
class CircuitState:
    """How the platform's backend does. ``failures``: calls in a row that failed as a whole, ``last_error`` the last.

    ``since``: when it opened; ``rests_until``: when an order is sent again; both None while it is closed.
    ``allowance``: orders that the next call may carry.
    """

    backend: str
    state: Circuit
    failures: int
    since: datetime | None
    rests_until: datetime | None
    last_error: str
    allowance: int


def circuit_state(*, now: datetime | None = None) -> CircuitState:
    """The circuit of the backend that the settings name. One statement."""
    at, row = instant(now), _rows(ledger_alias()).first()
    if row is None:
        return CircuitState(_name(), Circuit.CLOSED, 0, None, None, "", _FIRST_ALLOWANCE)
    return CircuitState(
        row.backend, _state(row, at), row.failures, row.opened_at, row.rests_until, row.last_error, row.allowance
    )


def _state(row: PlatformCircuit, now: datetime) -> Circuit:
    if row.opened_at is None:
        return Circuit.CLOSED
    # An end further away than any rest was set by a clock that is not this one (rule T8).
    resting = row.rests_until is not None and now < row.rests_until < now + timedelta(hours=1)
    return Circuit.OPEN if resting else Circuit.HALF_OPEN


def take_probe(seen: CircuitState, until: datetime, alias: str) -> bool:
    """Whether the caller may send the one order of a half-open circuit; nobody else may before ``until``."""
    resting = _rows(alias).filter(opened_at=seen.since, rests_until=seen.rests_until)
    return resting.update(rests_until=until) == 1


def end_rest(alias: str, now: datetime) -> None:
    """Let the next order be tried at once."""
    in_transaction(lambda: _rows(alias).filter(rests_until__gt=now).update(rests_until=now, updated_at=now), alias)


def note_success(seen: CircuitState, allowance: int, alias: str, now: datetime) -> None:
    """A call came back; ``allowance`` is what the next may carry. Writes only what it changes."""
    healthy = seen.state is Circuit.CLOSED and not seen.failures
    if healthy and allowance == seen.allowance:
        return

    def work() -> bool:
        row = _locked(alias, now)
        was_open = row.opened_at is not None
        row.failures, row.rests, row.opened_at, row.rests_until, row.last_error = 0, 0, None, None, ""
        row.allowance, row.updated_at = allowance, now
        row.save(using=alias)
        return was_open

    if in_transaction(work, alias):
        logger.info("the platform backend is back: the circuit is closed", extra={"backend": seen.backend})


def note_failure(seen: CircuitState, sent: int, error: str, alias: str, now: datetime) -> datetime | None:
    """A call with ``sent`` orders failed as a whole. Gives the end of the rest, None while the circuit is closed.

    The next call carries half as many: if one of them is what breaks the backend, it is soon alone.
    """

    def work() -> tuple[bool, datetime | None]:
        row = _locked(alias, now)
        row.failures, row.last_error, row.updated_at = row.failures + 1, error, now
        row.allowance = max(1, sent // 2)
        opens = row.opened_at is None and row.failures >= FAILURES
        if opens:
            row.opened_at = now
        # A call from before the circuit opened says nothing that is not known.
        if opens or (row.opened_at is not None and seen.state is Circuit.HALF_OPEN):
            row.rests += 1
            row.rests_until = now + _rest(row.rests)
        row.save(using=alias)
        return opens, row.rests_until

    opens, rests_until = in_transaction(work, alias)
    if opens:
        logger.error(
            "the platform backend failed %s times in a row, the circuit is open: %s",
            FAILURES,
            error,
            extra={"backend": seen.backend},
        )
    elif seen.state is Circuit.CLOSED:
        logger.warning("the platform backend failed: %s", error, extra={"backend": seen.backend})
    return rests_until


def is_time_to_read(backend: PlatformBackend, alias: str, now: datetime) -> bool:
    """Whether the platform was not read for as long as its backend says; True for one deliverer alone."""

    def work() -> bool:
        row = _locked(alias, now)
        due = row.read_at is None or not timedelta() <= now - row.read_at < timedelta(seconds=backend.read_every)
        if due:
            row.read_at = row.updated_at = now
            row.save(using=alias)
        return due and _state(row, now) is Circuit.CLOSED

    return in_transaction(work, alias)


def _rest(rests: int) -> timedelta:
    longest = min(_FIRST_REST * 2.0 ** min(rests - 1, 20), _LONGEST_REST)
    return timedelta(seconds=longest * random.uniform(0.5, 1.0))  # noqa: S311  jitter, no secret


def _locked(alias: str, now: datetime) -> PlatformCircuit:
    rows = _rows(alias)
    if connections[alias].features.has_select_for_update:
        rows = rows.select_for_update()
    found = rows.first()
    if found is None:
        fresh = PlatformCircuit(backend=_name(), allowance=_FIRST_ALLOWANCE, created_at=now, updated_at=now)
        PlatformCircuit._base_manager.using(alias).bulk_create([fresh], ignore_conflicts=True)
        found = rows.get()
    return found


def _rows(alias: str) -> QuerySet[PlatformCircuit]:
    return PlatformCircuit._base_manager.using(alias).filter(backend=_name())


def _name() -> str:
    """A backend goes by its dotted path: another one has another circuit. A setting that is none has a check."""
    config: object = app_settings.PLATFORM_BACKEND
    return str(config.get("BACKEND", ""))[:255] if isinstance(config, Mapping) else ""
