from __future__ import annotations

import pytest
from django.db import OperationalError

from django_adbudget.services import gate
from django_adbudget.services.gate import is_retryable

from .host import TickingClock, install_clock


@pytest.fixture
def ticking(monkeypatch: pytest.MonkeyPatch) -> TickingClock:
    """Whoever asks for the time and names none gets a moment later than the one before, on one day at noon."""
    return install_clock(monkeypatch)


@pytest.fixture
def undone(monkeypatch: pytest.MonkeyPatch) -> list[OperationalError]:
    """The errors for which services have begun again, which would hide a lock taken in the wrong order."""
    errors: list[OperationalError] = []

    def note(error: OperationalError) -> bool:
        errors.append(error)
        return is_retryable(error)

    monkeypatch.setattr(gate, "is_retryable", note)
    return errors
