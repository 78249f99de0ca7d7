from __future__ import annotations

import io
from collections.abc import Callable, Iterator

import pytest
from celery import Celery
from celery._state import get_current_app
from django.core.management import call_command

from django_adbudget.models import Campaign
from tests.celery_app import app as memory_application
from tests.factories import make_brand, make_campaign
from tests.management.surgery import settle


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


@pytest.fixture
def sound_host(memory_app: Celery) -> None:
    """A host at which nothing is wrong."""
    call_command("adbudget_sync_schedules", stdout=io.StringIO())
    for command in ("enforce_dayparting", "check_budgets", "adbudget_deliver"):
        call_command(command, stdout=io.StringIO())


@pytest.fixture
def campaign(sound_host: None) -> Campaign:
    campaign = make_campaign(make_brand(name="Fahrrad", daily_budget=100, monthly_budget=2000), name="Spring")
    settle()
    return campaign
