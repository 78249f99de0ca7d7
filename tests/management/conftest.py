from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from celery import Celery
from celery._state import get_current_app

from tests.celery_app import app as memory_application


@pytest.fixture
def use_app() -> Iterator[Callable[[Celery], Celery]]:
    """Makes an application the host's, as its ``celery.py`` does."""
    before = get_current_app()

    def use(app: Celery) -> Celery:
        app.set_current()
        return app

    yield use
    before.set_current()


@pytest.fixture
def memory_app(use_app: Callable[[Celery], Celery]) -> Celery:
    """A host whose broker always answers."""
    return use_app(memory_application)
