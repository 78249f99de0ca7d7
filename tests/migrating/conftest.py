from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pytest_django import DjangoDbBlocker

from tests.migrating import layouts


@pytest.fixture(scope="module")
def old_tables(
    request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[Any]:
    """The old tables of the page that the test's module names as PAGE."""
    old, _ = layouts.modules(request.module.PAGE)
    with django_db_blocker.unblock(), layouts.tables(old):
        yield old
