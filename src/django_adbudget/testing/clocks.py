"""A clock that stands still until a test moves it (rule T8)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from unittest.mock import patch

from .. import clock


class Clock:
    """What the package takes for the present; ``now()`` is that instant."""

    def __init__(self, start: datetime) -> None:
        self._now = start

    def now(self) -> datetime:
        return self._now

    def move(self, **parts: float) -> datetime:
        """On by the parts of a ``timedelta``, such as ``hours=3``; gives the new present."""
        return self.move_to(self._now + timedelta(**parts))

    def move_to(self, instant: datetime) -> datetime:
        """To an aware instant, earlier ones too. Raises ``ValueError`` if it is naive."""
        self._now = clock.instant(instant)
        return self._now


@contextmanager
def frozen(at: datetime | None = None) -> Iterator[Clock]:
    """Within the block every thread of the package sees the instant ``at``, None for this moment, until it is moved.

    The host's own ``timezone.now()`` goes on; a call that is given ``now=`` does not look at the clock at all.
    """
    standing = Clock(clock.instant(at))
    with patch.object(clock, "timezone", standing):
        yield standing
