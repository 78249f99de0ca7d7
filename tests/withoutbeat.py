"""A pytest plugin: on a Django that django-celery-beat does not take, the tests that need it are left out by name."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import django
import pytest

ROOT = Path(__file__).parent.parent
TAKEN_BEFORE = (6, 1)
"""The first Django that the newest django-celery-beat (2.9) refuses."""

FILES = (
    "tests/contrib/test_beat.py",
    "tests/example",
    "tests/management/test_doctor.py",
    "tests/management/test_doctor_data.py",
    "tests/services/test_health.py",
)
TESTS = (
    "tests/test_checks.py::test_the_schedule_missing_and_doubled",
    *(
        f"tests/test_docs.py::test_the_code_of_a_page_runs[docs/{page}.md]"
        for page in ("migrate", "troubleshooting", "workers")
    ),
)


def left_out() -> tuple[str, ...]:
    return () if find_spec("django_celery_beat") else (*FILES, *TESTS)


def pytest_configure(config: pytest.Config) -> None:
    if left_out() and django.VERSION < TAKEN_BEFORE:
        raise pytest.UsageError("django-celery-beat is missing: install the extra `test`")


def pytest_report_header(config: pytest.Config) -> list[str]:
    return [f"left out, for want of django-celery-beat: {', '.join(left_out())}"] if left_out() else []


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    return True if any(collection_path == ROOT / name for name in left_out()) else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    gone = [item for item in items if {item.nodeid, item.nodeid.partition("[")[0]} & {*left_out()}]
    if gone:
        config.hook.pytest_deselected(items=gone)
        items[:] = [item for item in items if item not in gone]
