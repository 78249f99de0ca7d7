"""OpenTelemetry's SDK for this site: spans and metrics of Django, Celery and django-adbudget, sent on or printed.

``OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318 make serve`` sends them to a collector, ``TELEMETRY=console make
serve`` prints them. Needs ``pip install 'django-adbudget[observability]'``.
"""

from __future__ import annotations

import os

from django.core.exceptions import ImproperlyConfigured


def set_up(destination: str) -> None:
    """Called once a process, when all apps are loaded; processes forked later take it over."""
    if destination not in {"otlp", "console"}:
        raise ImproperlyConfigured(f'TELEMETRY is "otlp" or "console", not {destination!r}.')
    try:
        _export(destination)
    except ImportError as error:
        message = f"TELEMETRY is set, but {error.name} is missing: pip install 'django-adbudget[observability]'"
        raise ImproperlyConfigured(message) from error
    _instrument()


def _export(destination: str) -> None:
    from opentelemetry import metrics, trace
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import ConsoleMetricExporter, PeriodicExportingMetricReader
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter

    os.environ.setdefault("OTEL_SERVICE_NAME", "agency")
    resource, prints = Resource.create(), destination == "console"
    # Endpoint, headers and intervals are read from the usual OTEL_ variables.
    reader = PeriodicExportingMetricReader(ConsoleMetricExporter() if prints else OTLPMetricExporter())
    metrics.set_meter_provider(MeterProvider(resource=resource, metric_readers=[reader]))
    tracers = TracerProvider(resource=resource)
    tracers.add_span_processor(BatchSpanProcessor(ConsoleSpanExporter() if prints else OTLPSpanExporter()))
    trace.set_tracer_provider(tracers)


def _instrument() -> None:
    """A span for each request and each task, around those of django-adbudget."""
    from opentelemetry.instrumentation.celery import CeleryInstrumentor
    from opentelemetry.instrumentation.django import DjangoInstrumentor

    DjangoInstrumentor().instrument()
    CeleryInstrumentor().instrument()  # type: ignore[no-untyped-call]
