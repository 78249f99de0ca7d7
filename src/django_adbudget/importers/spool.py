"""What a report adds up to, summed in a temporary SQLite database, so that no report fills the memory."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from datetime import date
from types import TracebackType
from typing import NamedTuple, Self

_BUFFER = 10_000
_FIRST_DAY = date(1970, 1, 1).toordinal()
_CACHE_KIB = 16 * 1024
#: SQLite takes integers up to 2^63, and goes over to floating point where a sum passes them.
_PAST_ALL_LIMITS = 1 << 61
#: A sum that passes no integer on its way.
_SUM = "SUM(micros / 1000000) * 1000000 + SUM(micros % 1000000)"
_TABLE = """
    CREATE TABLE {name} (brand INTEGER, at INTEGER, campaign INTEGER, shift INTEGER, micros INTEGER, line INTEGER,
    PRIMARY KEY (brand, at, campaign, shift)) WITHOUT ROWID
"""
_ADD = """
    INSERT INTO rows VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (brand, at, campaign, shift) DO UPDATE SET micros = micros + excluded.micros
"""
#: A campaign's sum of what a cell said: (brand, minutes or days, campaign, offset from UTC in minutes)
Key = tuple[int, int, int, int]


class Sum(NamedTuple):
    """``at`` is a day's ordinal or, for hours, minutes since 1970; ``line`` the first that added to it."""

    brand: int
    at: int
    campaign: int
    micros: int
    line: int


class Spool:
    def __init__(self) -> None:
        # "" is a file that is deleted when it is closed, and is written only when the cache is full.
        self._db = sqlite3.connect("", isolation_level=None)
        self._db.executescript(
            f"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -{_CACHE_KIB}; "
            f"PRAGMA temp_store = FILE; {_TABLE.format(name='rows')}; {_TABLE.format(name='sums')};"
        )
        self._buffer: dict[Key, list[int]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._db.close()

    def add(self, key: Key, micros: int, line: int) -> None:
        held = self._buffer.get(key)
        if held is not None:
            held[0] = min(held[0] + micros, _PAST_ALL_LIMITS)
            return
        if len(self._buffer) >= _BUFFER:
            self._flush()
        self._buffer[key] = [micros, line]

    def settle(self, place: Callable[[int, int, int], int] | None) -> None:
        """Sum what was added by ``place(brand, at, shift)``; by day, where it is None."""
        self._flush()
        at = f"at / 1440 + {_FIRST_DAY}"
        if place is not None:
            self._db.create_function("place", 3, place, deterministic=True)
            at = "place(brand, at, shift)"
        self._db.execute(
            f"INSERT INTO sums SELECT brand, {at} AS settled, campaign, 0, {_SUM}, MIN(line) FROM rows "  # noqa: S608
            "GROUP BY brand, settled, campaign ORDER BY brand, settled, campaign"
        )
        self._db.execute("DELETE FROM rows")

    def resettle(self, place: Callable[[int, int, int], int]) -> None:
        """Sum the sums once more: hours into days."""
        self._db.execute("INSERT INTO rows SELECT * FROM sums")
        self._db.execute("DELETE FROM sums")
        self.settle(place)

    def count(self) -> int:
        return self._number("SELECT COUNT(*) FROM sums")

    def most_of_a_brand(self) -> int:
        return self._number("SELECT MAX(count) FROM (SELECT COUNT(*) AS count FROM sums GROUP BY brand)") or 0

    def campaigns(self) -> int:
        return self._number("SELECT COUNT(DISTINCT campaign) FROM sums")

    def brands(self) -> dict[int, int]:
        """Micro-units by brand."""
        return dict(self._db.execute(f"SELECT brand, {_SUM} FROM sums GROUP BY brand"))  # noqa: S608

    def bounds(self) -> tuple[int, int] | None:
        """The first and last ``at``; None if there is nothing."""
        low, high = self._db.execute("SELECT MIN(at), MAX(at) FROM sums").fetchone()
        return None if low is None else (low, high)

    def days(self, day: Callable[[int, int], int] | None) -> tuple[int, int, int]:
        """How many days there are, the first and the last, as ordinals; of minutes by ``day(brand, at)``."""
        on = "at"
        if day is not None:
            self._db.create_function("day", 2, day, deterministic=True)
            on = "day(brand, at)"
        count, first, last = self._db.execute(
            f"SELECT COUNT(DISTINCT {on}), MIN({on}), MAX({on}) FROM sums"  # noqa: S608
        ).fetchone()
        return count, first or 0, last or 0

    def larger_than(self, micros: int) -> Iterator[Sum]:
        return self._sums("WHERE micros > ?", micros)

    def before(self, brand: int, at: int) -> Iterator[Sum]:
        return self._sums("WHERE brand = ? AND at < ?", brand, at)

    def after(self, brand: int, at: int) -> Iterator[Sum]:
        return self._sums("WHERE brand = ? AND at > ?", brand, at)

    def of(self, brand: int, at: int) -> Iterator[Sum]:
        return self._sums("WHERE brand = ? AND at = ?", brand, at)

    def leave_out(self, left: Sum) -> None:
        self._db.execute("DELETE FROM sums WHERE brand = ? AND at = ? AND campaign = ?", left[:3])

    def sums(self) -> Iterator[Sum]:
        """By brand, then in order of time."""
        return self._sums("")

    def _sums(self, where: str, *values: int) -> Iterator[Sum]:
        found = self._db.execute(
            f"SELECT brand, at, campaign, micros, line FROM sums {where} ORDER BY brand, at, campaign",  # noqa: S608
            values,
        )
        return map(Sum._make, found)

    def _number(self, query: str) -> int:
        number: int = self._db.execute(query).fetchone()[0]
        return number

    def _flush(self) -> None:
        self._db.execute("BEGIN")
        self._db.executemany(_ADD, [(*key, *held) for key, held in self._buffer.items()])
        self._db.execute("COMMIT")
        self._buffer.clear()
