from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from tests.servers import on_terminate


@pytest.fixture(autouse=True, scope="session")
def _ended_in_order() -> Iterator[None]:
    """A run that is asked to end still ends the processes that it has started."""
    before = signal.signal(signal.SIGTERM, on_terminate)
    yield
    signal.signal(signal.SIGTERM, before)
