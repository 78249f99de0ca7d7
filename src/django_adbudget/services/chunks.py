"""Long lists, a part at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")

#: Ids that one statement names: databases limit parameters, and some conditions stand in a statement four times.
IDS_A_STATEMENT = 5_000


def chunks(items: Iterable[T], size: int = IDS_A_STATEMENT) -> Iterator[list[T]]:
    """The items in order, in lists of ``size``, the last of which may be shorter."""
    rest = iter(items)
    while part := list(islice(rest, size)):
        yield part
