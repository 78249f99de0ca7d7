"""Every error that this package raises on purpose. All are ``ValueError`` too, so that a host may catch broadly."""

from __future__ import annotations

from collections.abc import Mapping


class AdBudgetError(ValueError):
    """Base of the errors below."""


class InvalidAmount(AdBudgetError):
    """An amount that is not exact money within the limits of rules M1 and M2."""


class InvalidSpendTime(AdBudgetError):
    """An instant without a zone, in the future, or older than the host accepts (rule T4)."""


class InvalidKey(AdBudgetError):
    """An idempotency key that is not 1 to 255 printable ASCII characters (rule L2)."""


class InvalidEntry(AdBudgetError):
    """A field of an entry that is missing, unknown or too long (rule L8)."""


class BrandMismatch(AdBudgetError):
    """A campaign that is not the brand's which the caller took it for."""


class CurrencyMismatch(AdBudgetError):
    """A currency that is not the brand's; spend is refused, never converted (rule M5)."""


class IdempotencyMismatch(AdBudgetError):
    """A key that was used before, with other content (rule L2)."""


class BatchRejected(AdBudgetError):
    """A batch of which nothing was recorded (rule L8).

    ``errors`` maps the index of each faulty entry to its exception.
    """

    def __init__(self, errors: Mapping[int, Exception]) -> None:
        self.errors: dict[int, Exception] = dict(sorted(errors.items()))
        index, error = next(iter(self.errors.items()))
        more = f" (and {len(self.errors) - 1} more)" if len(self.errors) > 1 else ""
        super().__init__(f"nothing was recorded: entry {index}: {error}{more}")


class Archived(AdBudgetError):
    """Spend that was moved to an archive's file: its key, its record or the total of its day (rule L2)."""


class CorrectionTooLarge(AdBudgetError):
    """A correction that would take back more than was spent (rule L6)."""


class UnknownTimezone(AdBudgetError):
    """A name that is no IANA time zone here (rule T7)."""


class AppendOnly(AdBudgetError):
    """An attempt to write to the ledger beside the services (rule L1)."""


class Immutable(AdBudgetError):
    """A change of a field that is settled once there is spend (rule M5)."""
