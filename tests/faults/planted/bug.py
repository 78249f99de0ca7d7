"""A bug to be planted: which text becomes which, what that breaks, and which tests must see it."""

from __future__ import annotations

from dataclasses import dataclass

#: (file in the package, old text, new text)
Change = tuple[str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bug:
    """``caught_by``: tests below ``tests/``, each of which must fail by an assertion of its own."""

    name: str
    breaks: str
    file: str
    old: str
    new: str
    caught_by: tuple[str, ...]
    also: tuple[Change, ...] = ()
    database: str = "sqlite"

    @property
    def changes(self) -> tuple[Change, ...]:
        return ((self.file, self.old, self.new), *self.also)
