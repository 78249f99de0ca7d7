"""Counters, durations and spans by OpenTelemetry's API, where it is installed (extra ``otel``); else nothing.

The host chooses the SDK and where it sends; without one the API does nothing either. Names, units and attributes are
those of ``METRICS`` and are kept. Money is counted in whole micro-units, never as a float.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache
from typing import Any

try:
    from opentelemetry import metrics, trace
except ImportError:
    INSTALLED = False
else:
    INSTALLED = True

NAME = "django_adbudget"

SPEND_RECORDED = "adbudget.spend.recorded"
SPEND_REPLAYED = "adbudget.spend.replayed"
SPEND_AMOUNT = "adbudget.spend.amount"
STATUS_CHANGES = "adbudget.status.changes"
ORDERS_SENT = "adbudget.orders.sent"
ORDERS_FAILED = "adbudget.orders.failed"
ALERTS_RAISED = "adbudget.alerts.raised"

#: Counters: unit, and what is counted. What is written in a transaction counts once it is committed.
METRICS: Mapping[str, tuple[str, str]] = {
    SPEND_RECORDED: ("{record}", "Records added to the ledger, by kind"),
    SPEND_REPLAYED: ("{record}", "Spends that came again under a key that was used"),
    SPEND_AMOUNT: ("{micro}", "Money added to the ledger in millionths of the currency's unit, by currency"),
    STATUS_CHANGES: ("{change}", "Changes of a campaign's status, by from, to and the first reason"),
    ORDERS_SENT: ("{order}", "Orders that the ad platform has carried out"),
    ORDERS_FAILED: ("{order}", "Orders that the ad platform has not carried out, each attempt"),
    ALERTS_RAISED: ("{alert}", "Budget alerts raised, by budget and threshold"),
}

RECORD_SPEND, RECORD_BATCH = "record_spend", "record_spend_batch"
TICK, SWEEP, DELIVERY = "tick", "sweep", "delivery"

#: Operations that are timed, each as the span ``adbudget.<name>`` and the histogram ``adbudget.<name>.duration``.
OPERATIONS: Mapping[str, str] = {
    RECORD_SPEND: "Recording one spend, from the call to the commit",
    RECORD_BATCH: "Recording a batch of spends, from the call to the commit",
    TICK: "Evaluating the campaigns that are due",
    SWEEP: "Evaluating all campaigns",
    DELIVERY: "Sending the orders that wait",
}
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


def count(name: str, number: int = 1, /, **attributes: str | int) -> None:
    """Add to one of ``METRICS``."""
    if INSTALLED and number:
        _counter(name).add(number, attributes)


def timed(operation: str) -> AbstractContextManager[None]:
    """Time one of ``OPERATIONS``; an exception that leaves it is named in ``error.type``."""
    return _timed(operation) if INSTALLED else nullcontext()


@contextmanager
def _timed(operation: str) -> Iterator[None]:
    began, attributes = time.perf_counter(), dict[str, Any]()
    try:
        with trace.get_tracer(NAME).start_as_current_span(f"adbudget.{operation}"):
            yield
    except BaseException as error:
        attributes["error.type"] = type(error).__qualname__
        raise
    finally:
        _histogram(operation).record(time.perf_counter() - began, attributes)


@cache
def _counter(name: str) -> Any:
    unit, description = METRICS[name]
    meter = metrics.get_meter(NAME)
    # A correction takes money back, so that amounts go both ways.
    create = meter.create_up_down_counter if name == SPEND_AMOUNT else meter.create_counter
    return create(name, unit=unit, description=description)


@cache
def _histogram(operation: str) -> Any:
    return metrics.get_meter(NAME).create_histogram(
        f"adbudget.{operation}.duration",
        unit="s",
        description=OPERATIONS[operation],
        explicit_bucket_boundaries_advisory=_SECONDS,
    )
