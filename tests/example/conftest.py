from __future__ import annotations

import os
from pathlib import Path

import pytest

FOREIGN = {"DJANGO_SETTINGS_MODULE", "DATABASE_URL", "CELERY_BROKER_URL", "DEBUG", "TELEMETRY", "FLOWER_PORT"}


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Without what this test run has set for itself, such as its settings and servers."""
    kept = {name: value for name, value in os.environ.items() if name not in FOREIGN and not name.startswith("OTEL_")}
    return {**kept, "EXAMPLE_STATE": str(tmp_path), "COLUMNS": "200"}
