"""Long lists, a part at a time."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from typing import TypeVar

from django.db import connections
from django.db.models.expressions import RawSQL

T = TypeVar("T")

#: Ids that one statement names: databases limit parameters, and some conditions stand in a statement four times.
IDS_A_STATEMENT = 5_000


def chunks(items: Iterable[T], size: int = IDS_A_STATEMENT) -> Iterator[list[T]]:
    """The items in order, in lists of ``size``, the last of which may be shorter."""
    rest = iter(items)
    while part := list(islice(rest, size)):
        yield part


def among(ids: Collection[int], alias: str) -> Collection[int] | RawSQL:
    """For ``__in``: PostgreSQL takes ids as one text, which costs a tenth of a value for each."""
    if connections[alias].vendor != "postgresql":
        return ids
    return RawSQL("SELECT unnest(CAST(%s AS bigint[]))", [f"{{{','.join(map(str, ids))}}}"])
