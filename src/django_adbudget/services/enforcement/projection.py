"""The projection stored, for all campaigns at once of which the same was decided (rule S1)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from math import ceil
from typing import Any, NamedTuple

from django.db import connections
from django.db.models import Case, F, Value, When

from ...models import Campaign
from ...rules import Reason, Status
from ..chunks import array, chunks
from ..gate import Gate

#: Campaigns of one statement with cases: each stands in it eleven times, and SQLite may take no more than 999 values.
_TOGETHER = 80


class Projection(NamedTuple):
    """What is to be stored. ``moved``: the status is another than before; ``flipped``: so is whether it runs."""

    status: Status
    reasons: tuple[Reason, ...]
    next_check_at: datetime | None
    moved: bool
    flipped: bool


def store(gate: Gate, differing: Mapping[Projection, Sequence[int]]) -> None:
    """Write what was decided, and the next generation where RUN and STOP change places, for campaigns by their ids."""
    if connections[gate.alias].vendor == "postgresql":
        _store_together(gate, differing)
    else:
        _store_in_turn(gate, differing)


def _store_in_turn(gate: Gate, differing: Mapping[Projection, Sequence[int]]) -> None:
    """A statement for each decision, or for several together where hardly two campaigns have the same."""
    if len(differing) > ceil(sum(map(len, differing.values())) / _TOGETHER):
        pairs = [(pk, fresh) for fresh, ids in differing.items() for pk in ids]
        for some in chunks(pairs, _TOGETHER):
            _store_by_cases(gate, dict(some))
        return
    for fresh, ids in differing.items():
        for part in chunks(ids):
            Campaign._base_manager.using(gate.alias).filter(pk__in=part).update(**_columns(gate, fresh))


def _store_by_cases(gate: Gate, differing: Mapping[int, Projection]) -> None:
    cases: dict[str, list[When]] = defaultdict(list)
    for pk, fresh in differing.items():
        for name, value in _columns(gate, fresh).items():
            then = value if hasattr(value, "resolve_expression") else Value(value, output_field=_field(name))
            cases[name].append(When(pk=pk, then=then))
    columns = {name: Case(*of, default=F(name), output_field=_field(name)) for name, of in cases.items()}
    Campaign._base_manager.using(gate.alias).filter(pk__in=differing).update(**columns)


def _columns(gate: Gate, fresh: Projection) -> dict[str, Any]:
    columns: dict[str, Any] = {
        "status": fresh.status,
        "status_reasons": fresh.reasons,
        "next_check_at": fresh.next_check_at,
    }
    if fresh.moved:
        columns["status_changed_at"] = gate.now
    if fresh.flipped:
        columns["desired_generation"] = F("desired_generation") + 1
    return columns


def _field(name: str) -> Any:
    return Campaign._meta.get_field(name)


def _store_together(gate: Gate, differing: Mapping[Projection, Sequence[int]]) -> None:
    """PostgreSQL's way: one statement for all, in half the time of one for each decision."""
    if not differing:
        return
    connection = connections[gate.alias]
    row = (
        "(CAST(%s AS varchar), CAST(%s AS varchar), CAST(%s AS timestamptz), CAST(%s AS boolean), CAST(%s AS integer), "
        "CAST(%s AS bigint[]))"
    )
    sql = (
        f"UPDATE {connection.ops.quote_name(Campaign._meta.db_table)} c SET status = d.status, "  # noqa: S608
        "status_reasons = d.reasons, next_check_at = d.next_check_at, "
        "status_changed_at = CASE WHEN d.moved THEN %s ELSE c.status_changed_at END, "
        "desired_generation = c.desired_generation + d.flipped "
        "FROM (SELECT v.status, v.reasons, v.next_check_at, v.moved, v.flipped, unnest(v.ids) AS id "
        f"FROM (VALUES {', '.join([row] * len(differing))}) v (status, reasons, next_check_at, moved, flipped, ids)) d "
        "WHERE c.id = d.id"
    )
    params: list[Any] = [gate.now]
    for (status, reasons, next_check_at, moved, flipped), ids in differing.items():
        params += [status.value, ",".join(reasons), next_check_at, moved, int(flipped), array(ids)]
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
