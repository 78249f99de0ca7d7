"""Whether a report's amounts have a decimal comma or a decimal point, where the report does not say."""

from __future__ import annotations

import re

from ..exceptions import AdBudgetError
from ..rules.money import shown
from .faults import Faults

#: One and a bit, or a thousand and more: 1.234 and 1,234, and groups that only --decimal-comma takes.
_OPEN = re.compile(r"[+-]?[1-9][0-9]{0,2}(?:,[0-9]{3}|(?:\.[0-9]{3})+)", re.ASCII)


class Notation:
    """Looks at amounts that are read as 1,234.56, for those that could be meant otherwise.

    A file whose cells are parted by commas comes from where the point is the decimal point, one parted by semicolons
    from where it is the comma. Tabs and bars tell nothing.
    """

    def __init__(self, delimiter: str) -> None:
        self._semicolons = delimiter == ";"
        self._open: tuple[int, str] | None = None
        self._told = False

    def look(self, line: int, text: str) -> None:
        """Raises ``AdBudgetError`` for a comma that can hardly part thousands."""
        if self._semicolons and "," in text:
            raise AdBudgetError(f"{shown(text)!r} may have a decimal comma; say --decimal-comma, or write a point")
        if _OPEN.fullmatch(text):
            self._open = self._open or (line, text)
        elif "." in text or text.count(",") > 1:
            self._told = True

    def settle(self, faults: Faults) -> None:
        """Once all amounts were looked at: a fault, unless one of them told which of the two is meant."""
        if self._open and not self._told:
            line, text = self._open
            faults.add(line, f"{text!r} may be a number of thousands; say --decimal-comma or --decimal-point")
