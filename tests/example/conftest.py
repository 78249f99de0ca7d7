from __future__ import annotations

import os
from pathlib import Path

import pytest

FOREIGN = {
    "AGENCY_ENV", "ALLOWED_HOSTS", "BEHIND_TLS", "CELERY_BROKER_URL", "CELERY_RESULT_BACKEND", "DATABASE_URL", "DEBUG",
    "DJANGO_SETTINGS_MODULE", "EXAMPLE_BRANDS", "HOST", "HSTS_SECONDS", "PORT", "REDIS_URL", "SECRET_KEY",
    "TELEMETRY",
}  # fmt: skip
PREFIXES = ("OTEL_", "POSTGRES_", "FLOWER_")


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Without what this test run has set for itself, such as its settings and servers."""
    kept = {name: value for name, value in os.environ.items() if name not in FOREIGN and not name.startswith(PREFIXES)}
    return {**kept, "EXAMPLE_STATE": str(tmp_path), "COLUMNS": "200"}
