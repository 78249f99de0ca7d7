"""What the deliverer and a platform say to each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from django.core.checks import CheckMessage

if TYPE_CHECKING:
    from ..models import Campaign


@dataclass(frozen=True, slots=True)
class Order:
    """What the platform must do with a campaign: ``action`` is ``"RUN"`` or ``"STOP"``.

    Sending one twice must do no more than sending it once. A platform able to compare refuses an older ``generation``.
    """

    campaign_id: int
    external_id: str | None
    brand_id: int
    action: str
    generation: int


@dataclass(frozen=True, slots=True)
class OrderResult:
    """What became of an order: done, or an error in words, after which it is tried again."""

    campaign_id: int
    ok: bool
    error: str = ""


@dataclass(frozen=True, slots=True)
class Observation:
    """What a campaign was seen doing outside: ``"RUN"`` or ``"STOP"``.

    ``undo``: whether to send our order again where it differs; None leaves it to the backend's ``undoes_drift``.
    """

    campaign_id: int
    action: str
    undo: bool | None = None


class PlatformBackend:
    """Base of backends. ``OPTIONS`` of the setting ``PLATFORM_BACKEND`` arrive as keyword arguments."""

    #: Seconds within which ``apply`` returns; the lease on an order is longer.
    timeout: float = 30.0
    #: Orders that one call of ``apply`` may hold. Fewer come while calls are slow, or after one failed as a whole.
    batch_size: int = 100
    #: Whether what people or the platform changed outside is changed back; ``Observation.undo`` decides for one.
    undoes_drift: bool = False
    #: Seconds between two readings of the platform, where ``read`` is written.
    read_every: float = 300.0
    #: Names of options whose values are never logged or stored. Those named like a secret need no mention.
    secret_options: ClassVar[Sequence[str]] = ()

    def __init__(self, **options: Any) -> None:
        self.options = options

    def apply(self, orders: Sequence[Order]) -> list[OrderResult]:
        """Carry out orders, one result for each. Called outside any transaction.

        Raising says that the platform cannot be reached at all: after some such calls in a row deliveries rest.
        What concerns one order belongs in its result.
        """
        raise NotImplementedError

    def read(self, campaigns: Sequence[Campaign]) -> Mapping[int, str] | Iterable[Observation]:
        """What campaigns do outside: ``{campaign id: "RUN" or "STOP"}``, or observations. Optional.

        Called outside any transaction with at most ``batch_size`` campaigns, each with its ``brand``. What is left out
        is taken for unknown.
        """
        raise NotImplementedError

    def check(self) -> Iterable[CheckMessage]:
        """Faults of this backend's configuration, for Django's system checks."""
        return ()

    @property
    def can_read(self) -> bool:
        return type(self).read is not PlatformBackend.read
