"""``--async``: the Celery task instead of the work itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from celery import Task
from django.core.management.base import CommandError, CommandParser

from ..models import Brand
from ..services import broker
from .base import first_line


def add_async(parser: CommandParser) -> None:
    parser.add_argument("--async", action="store_true", dest="is_async", help="let a Celery worker do it")


def send(task: Task[Any, Any], brands: Sequence[Brand] | None) -> str:
    """Send a task and give its id. Raises ``CommandError`` if the broker does not take it."""
    kwargs = {} if brands is None else {"brands": [brand.pk for brand in brands]}
    try:
        with broker.producer() as producer:
            sent = task.apply_async(kwargs=kwargs, producer=producer, retry=False, ignore_result=True)
    except Exception as error:
        why = f"the broker at {broker.address()} does not answer ({first_line(error)})"
        raise CommandError(f"{why}: nothing was sent. Start it, or leave --async away to do it here.") from error
    return str(sent.id)
