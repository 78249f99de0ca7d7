"""Ways in which people see a page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Look:
    scheme: Literal["light", "dark"] = "light"
    language: str = "en"

    def __str__(self) -> str:
        return f"{self.scheme}-{self.language}"


LIGHT = Look()
DARK = Look("dark")
#: From right to left.
RTL = Look(language="ar")
DARK_RTL = Look("dark", "ar")
