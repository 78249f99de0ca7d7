"""A check for django-health-check (extra ``health``), version 4.8 and newer.

    path("health/", HealthCheckView.as_view(checks=["django_adbudget.contrib.health_check.AdBudget"]))

``("django_adbudget.contrib.health_check.AdBudget", {"signs": ["database", "tick"]})`` looks at some signs only.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.db import connections
from health_check.base import HealthCheck
from health_check.exceptions import ServiceUnavailable

from ..services.health import BASIC, DATABASE, SIGNS, health_status
from ..services.heartbeats import DELIVERER, SWEEP, TICK


@dataclasses.dataclass
class AdBudget(HealthCheck):  # type: ignore[misc]  # it has no types
    """Unavailable while one of ``signs`` is not as it should be: see ``services.health.Health`` for their names.

    A database that is away spoils all of them. Raises ``ValueError`` for a name that is none.
    """

    signs: Sequence[str] = (DATABASE, TICK, SWEEP, DELIVERER)

    def __post_init__(self) -> None:
        unknown = sorted(set(self.signs) - set(SIGNS))
        if unknown:
            raise ValueError(f"there is no sign {', '.join(unknown)}; there are {', '.join(SIGNS)}")

    def run(self) -> None:
        with _connections_closed():
            health = health_status(details=not BASIC.issuperset(self.signs))
        troubles = [sign.words for sign in health.troubles if sign.name in {DATABASE, *self.signs}]
        if troubles:
            raise ServiceUnavailable(" ".join(troubles))


@contextmanager
def _connections_closed() -> Iterator[None]:
    """Checks run in threads of their own, which no request ends: nobody else would close what they have opened."""
    before = {each.alias for each in connections.all(initialized_only=True) if each.connection is not None}
    try:
        yield
    finally:
        for each in connections.all(initialized_only=True):
            if each.alias not in before:
                each.close()
