"""What OpenTelemetry hears: names, units and attributes that are kept; nothing of what is rolled back."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import transaction
from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import HistogramDataPoint, InMemoryMetricReader, MetricsData
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from django_adbudget import services, telemetry
from django_adbudget.exceptions import IdempotencyMismatch
from django_adbudget.platforms import Order, OrderResult, PlatformBackend
from django_adbudget.rules import Period
from tests.factories import NOW, make_brand, make_campaign

Attributes = dict[str, Any]


@dataclass
class Told:
    """What the SDK would have sent, by name, since the test began."""

    reader: InMemoryMetricReader
    exporter: InMemorySpanExporter
    before: dict[str, dict[tuple[tuple[str, Any], ...], float]] = field(default_factory=dict)

    def sums(self) -> dict[str, dict[tuple[tuple[str, Any], ...], float]]:
        return {
            metric.name: {
                tuple(sorted((point.attributes or {}).items())): (
                    point.count if isinstance(point, HistogramDataPoint) else point.value
                )
                for point in metric.data.data_points
            }
            for metric in self.metrics()
        }

    def metrics(self) -> list[Any]:
        data: MetricsData | None = self.reader.get_metrics_data()
        scopes = [scope for resource in (data.resource_metrics if data else ()) for scope in resource.scope_metrics]
        assert {scope.scope.name for scope in scopes} <= {"django_adbudget"}
        return [metric for scope in scopes for metric in scope.metrics]

    def of(self, name: str) -> list[tuple[Attributes, float]]:
        """What was added to a metric, by its attributes; a histogram's is how often it was measured."""
        earlier = self.before.get(name, {})
        grown = {key: value - earlier.get(key, 0) for key, value in self.sums().get(name, {}).items()}
        return [(dict(key), value) for key, value in sorted(grown.items(), key=str) if value]

    @property
    def spans(self) -> list[Any]:
        return list(self.exporter.get_finished_spans())


@pytest.fixture(scope="session")
def providers() -> tuple[InMemoryMetricReader, InMemorySpanExporter]:
    """A process has one SDK, set once."""
    reader, exporter = InMemoryMetricReader(), InMemorySpanExporter()
    metrics.set_meter_provider(MeterProvider(metric_readers=[reader]))
    tracers = TracerProvider()
    tracers.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(tracers)
    return reader, exporter


@pytest.fixture
def told(providers: tuple[InMemoryMetricReader, InMemorySpanExporter]) -> Told:
    providers[1].clear()
    found = Told(*providers)
    found.before = found.sums()
    return found


pytestmark = pytest.mark.django_db(transaction=True)


def test_spend_is_counted_and_its_money_in_whole_micro_units(told: Told) -> None:
    """M1: no float."""
    brand = make_brand(currency="JPY")
    campaign = make_campaign(brand)
    receipt = services.record_spend(campaign, "1.25", idempotency_key="k", now=NOW)
    services.record_spend(campaign, "1.25", idempotency_key="k", now=NOW)
    entry = {"campaign": campaign, "amount": "0.000001"}
    again = {"campaign": campaign, "amount": "1.25", "idempotency_key": "k"}
    services.record_spend_batch([entry, entry, again], now=NOW)
    services.correct_spend(receipt.record, 1, now=NOW)
    assert told.of("adbudget.spend.recorded") == [({"kind": "CORRECTION"}, 1), ({"kind": "SPEND"}, 3)]
    assert told.of("adbudget.spend.replayed") == [({}, 2)]
    ((attributes, micros),) = told.of("adbudget.spend.amount")
    assert (attributes, micros, type(micros)) == ({"currency": "JPY"}, 250_002, int)


def test_changes_of_status_by_from_to_and_first_reason(told: Told) -> None:
    """S7."""
    campaign = make_campaign(make_brand(daily_budget=5), daily_budget=5)
    services.record_spend(campaign, 5)
    services.deactivate_campaign(campaign)
    assert told.of("adbudget.status.changes") == [
        ({"from": "ACTIVE", "reason": "BRAND_DAILY_BUDGET", "to": "PAUSED_BUDGET"}, 1),
        ({"from": "INACTIVE", "reason": "NONE", "to": "ACTIVE"}, 1),
        ({"from": "PAUSED_BUDGET", "reason": "CAMPAIGN_OFF", "to": "INACTIVE"}, 1),
    ]


def test_alerts_by_budget_and_threshold(told: Told) -> None:
    """D4."""
    services.record_spend(make_campaign(make_brand(monthly_budget=10)), 8)
    assert told.of("adbudget.alerts.raised") == [
        ({"budget": "monthly_budget", "kind": "THRESHOLD", "threshold": 80}, 1)
    ]


class Unwilling(PlatformBackend):
    """Carries out the first order of a call, and no other."""

    def apply(self, orders: Sequence[Order]) -> list[OrderResult]:
        return [OrderResult(order.campaign_id, ok=not n, error="no") for n, order in enumerate(orders)]


def test_orders_that_the_platform_has_done_and_not_done(told: Told, settings: Any) -> None:
    """D1."""
    settings.ADBUDGET = {"PLATFORM_BACKEND": {"BACKEND": f"{__name__}.Unwilling"}}
    brand = make_brand()
    for _ in range(3):
        make_campaign(brand)
    result = services.deliver_status_changes()
    assert result.done >= 1
    assert told.of("adbudget.orders.sent") == [({}, result.done)]
    assert told.of("adbudget.orders.failed") == [({}, result.sent - result.done)]
    assert told.of("adbudget.delivery.duration") == [({}, 1)]
    assert [span.name for span in told.spans] == ["adbudget.delivery"]


def test_what_takes_time_is_timed_in_seconds_and_traced(told: Told) -> None:
    campaign = make_campaign()
    services.record_spend(campaign, 1)
    services.record_spend_batch([{"campaign": campaign, "amount": 1}])
    services.reconcile(due_only=True)
    services.reconcile()
    services.open_periods(Period.DAY)  # which evaluates what is due
    measured = {name: told.of(f"adbudget.{name}.duration") for name in telemetry.OPERATIONS if name != "delivery"}
    once: list[tuple[Attributes, float]] = [({}, 1)]
    assert measured == {"record_spend": once, "record_spend_batch": once, "tick": [({}, 2)], "sweep": once}
    assert [span.name for span in told.spans] == [
        "adbudget.record_spend", "adbudget.record_spend_batch", "adbudget.tick", "adbudget.sweep", "adbudget.tick",
    ]  # fmt: skip


def test_names_and_units_are_kept(told: Told) -> None:
    """Dashboards go by them."""
    documented = {
        "adbudget.spend.recorded": "{record}",
        "adbudget.spend.replayed": "{record}",
        "adbudget.spend.amount": "{micro}",
        "adbudget.status.changes": "{change}",
        "adbudget.orders.sent": "{order}",
        "adbudget.orders.failed": "{order}",
        "adbudget.alerts.raised": "{alert}",
        "adbudget.record_spend.duration": "s",
        "adbudget.record_spend_batch.duration": "s",
        "adbudget.tick.duration": "s",
        "adbudget.sweep.duration": "s",
        "adbudget.delivery.duration": "s",
    }
    for name in telemetry.METRICS:
        telemetry.count(name)
    for operation in telemetry.OPERATIONS:
        with telemetry.timed(operation):
            pass
    assert {metric.name: metric.unit for metric in told.metrics()} == documented


def test_what_fails_says_why(told: Told) -> None:
    campaign = make_campaign()
    services.record_spend(campaign, 1, idempotency_key="k")
    with pytest.raises(IdempotencyMismatch):
        services.record_spend(campaign, 2, idempotency_key="k")
    assert told.of("adbudget.record_spend.duration") == [({"error.type": "IdempotencyMismatch"}, 1), ({}, 1)]
    assert [span.status.status_code for span in told.spans] == [StatusCode.UNSET, StatusCode.ERROR]
    assert told.of("adbudget.spend.recorded") == [({"kind": "SPEND"}, 1)]


def test_what_is_rolled_back_is_not_counted(told: Told) -> None:
    campaign = make_campaign(daily_budget=5)
    told.before = told.sums()
    with transaction.atomic():
        services.record_spend(campaign, 5)
        transaction.set_rollback(True)
    for name in telemetry.METRICS:
        assert told.of(name) == []


WITHOUT = """
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "opentelemetry":
            raise ModuleNotFoundError(name, name=name)

sys.meta_path.insert(0, Missing())
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from django_adbudget import services, telemetry
from django_adbudget.models import Brand, Campaign
assert not telemetry.INSTALLED
brand = Brand.objects.create(name="Acme", daily_budget=5)
receipt = services.record_spend(Campaign.objects.create(brand=brand, name="Spring"), 5)
services.reconcile(due_only=True)
services.deliver_status_changes()
telemetry.count(telemetry.SPEND_RECORDED, kind="SPEND")
with telemetry.timed(telemetry.TICK):
    print(receipt.record.amount, [str(change.to_status) for change in receipt.status_changes])
assert not any(name.split(".")[0] == "opentelemetry" for name in sys.modules)
"""


@pytest.mark.sqlite
def test_without_opentelemetry_all_is_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "tests.settings")
    run = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert run.stdout.splitlines()[-1] == "5.00 ['PAUSED_BUDGET']"
