"""What people would have been told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from .overriding import override_adbudget

if TYPE_CHECKING:
    from ..channels import Digest


@contextmanager
def recording_alerts() -> Iterator[list[Digest]]:
    """Within the block ``send_alerts()`` appends to this list, one digest a brand, and no other channel is used."""
    from ..channels import AlertChannel

    told: list[Digest] = []

    class Recording(AlertChannel):
        def send(self, digest: Digest) -> None:
            told.append(digest)

    with override_adbudget(ALERT_CHANNELS=[Recording]):
        yield told
