from __future__ import annotations

import pytest

from .host import TickingClock, install_clock


@pytest.fixture
def ticking(monkeypatch: pytest.MonkeyPatch) -> TickingClock:
    """Whoever asks for the time and names none gets a moment later than the one before, on one day at noon."""
    return install_clock(monkeypatch)
