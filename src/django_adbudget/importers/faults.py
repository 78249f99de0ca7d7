"""What is wrong with a report, line by line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..exceptions import AdBudgetError

#: Faults kept to be shown; the others are only counted, so that a file of nothing but faults takes no memory.
KEPT = 200


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """``line`` is 0 where the fault is that of the whole file."""

    line: int
    message: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.message}" if self.line else self.message


class ReportRefused(AdBudgetError):
    """A report of which nothing was imported. ``faults``: the first ones by line; ``count``: how many there are."""

    def __init__(self, faults: Iterable[Fault], count: int = 0) -> None:
        self.faults = tuple(sorted(faults))
        self.count = max(count, len(self.faults))
        more = f" (and {self.count - 1} more)" if self.count > 1 else ""
        super().__init__(f"nothing was imported: {self.faults[0]}{more}")

    @classmethod
    def at(cls, line: int, message: str) -> ReportRefused:
        return cls([Fault(line, message)])


class Once(ValueError):
    """A fault that every line of the same ``subject`` shares: told at the first of them."""

    def __init__(self, message: str, subject: object) -> None:
        super().__init__(message)
        self.subject = subject


class Faults:
    """Gathers the faults of a file."""

    def __init__(self) -> None:
        self.count = 0
        self._kept: list[Fault] = []
        self._told: set[object] = set()

    def add(self, line: int, error: str | ValueError) -> None:
        if isinstance(error, Once):
            if error.subject in self._told:
                return
            self._told.add(error.subject)
        self.count += 1
        if len(self._kept) < KEPT:
            self._kept.append(Fault(line, str(error)))

    def refuse(self) -> None:
        """Raise ``ReportRefused`` if there is any."""
        if self.count:
            raise ReportRefused(self._kept, self.count)
