"""Long lists, a part at a time."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from typing import Any, TypeVar

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
    return RawSQL("SELECT unnest(CAST(%s AS bigint[]))", [array(ids)])


def one_of(ids: Collection[int], alias: str) -> tuple[str, list[Any]]:
    """The same for a statement of our own: what stands after the column, and its parameters."""
    if connections[alias].vendor != "postgresql":
        return f"IN ({', '.join(['%s'] * len(ids))})", list(ids)
    return "= ANY(CAST(%s AS bigint[]))", [array(ids)]


def array(numbers: Iterable[int]) -> str:
    """PostgreSQL's text of an array."""
    return f"{{{','.join(map(str, numbers))}}}"
