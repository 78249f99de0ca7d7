"""Small budgets and a handful of keys and hours, so that programs reach, repeat and overlap."""

from __future__ import annotations

from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from .places import ZONES
from .shapes import Sent

Values = dict[str, Any]

BRANDS = ("b0", "b1")
MICRO = Decimal("0.000001")
amounts = st.sampled_from([Decimal(a) for a in ("0.000001", "0.1", "0.7", "1", "3.333333", "5", "9.999999", "10")])
budgets = st.sampled_from([None, *(Decimal(b) for b in ("0", "0.8", "5", "5", "10", "10", "15", "20"))])
#: None, one of a few that are soon used up, or most likely a new one.
keys = st.none() | st.sampled_from(["k1", "k2", "K1"]) | st.integers(0, 9_999).map(lambda number: f"n{number}")
sources = st.sampled_from(["", "", "meta", "google"])
platforms = st.sampled_from(["meta", "meta", "google", "x"])
totals = st.sampled_from([Decimal(t) for t in ("0", "0.7", "5", "9.999999", "10", "10", "12")])
days_ago = st.sampled_from([0, 0, 0, 1, 2, 31])
pick = st.integers(0, 59)
brands = st.sampled_from(BRANDS)
zones = st.sampled_from(ZONES)
_clocks = st.sampled_from([time(0), time(1), time(2, 30), time(9), time(12), time(18), time(23), time(23, 59)])
raw_windows = st.tuples(st.integers(0, 6), _clocks, _clocks).filter(lambda w: w[1] != w[2] or w[1] == time())
#: When something was spent, seen from the moment of recording.
dated = st.sampled_from(["now", "now", "now", "late", "ahead", "yesterday", "across midnight"])
budget_values = st.tuples(st.sampled_from(["daily_budget", "daily_budget", "monthly_budget"]), budgets).map(
    lambda pair: {pair[0]: pair[1]}
)
campaign_values: st.SearchStrategy[Values] = st.one_of(
    budget_values,
    budget_values,
    budgets.map(lambda budget: {"total_budget": budget}),
    st.fixed_dictionaries(
        {"dayparting": st.sampled_from(["AUTO", "AUTO", "REQUIRED", "OFF"]), "timezone": st.just("") | zones}
    ),
)
brand_values: st.SearchStrategy[Values] = st.one_of(
    budget_values,
    budget_values,
    zones.map(lambda zone: {"timezone": zone}),
    st.booleans().map(lambda on: {"is_active": on}),
)
#: What is wrong with an entry.
faults: st.SearchStrategy[Values] = st.sampled_from(
    [
        {"amount": Decimal(0)},
        {"amount": 0.5},
        {"amount": Decimal("0.0000001")},
        {"amount": Decimal(-1)},
        {"key": ""},
        {"key": "k\N{EM DASH}1"},
        {"at": datetime(2025, 5, 1)},  # noqa: DTZ001  naive on purpose
        {"campaign": "nobody"},
        {"currency": "USD"},
    ]
)
#: In what an entry sent again differs from the first: more often than not, in nothing.
others: st.SearchStrategy[Values] = st.just({}) | st.sampled_from(
    [
        {"amount": Decimal("2.5")},
        {"description": "another"},
        {"source": "other"},
        {"at": None},
        {"at": datetime(2025, 1, 1, tzinfo=UTC)},
        {"campaign": "c0"},
        {"campaign": "c2"},
        {},
    ]
)
_same_again: st.SearchStrategy[Values] = st.just({})


@st.composite
def batches(draw: st.DrawFn, fresh: st.SearchStrategy[Sent], sent: list[Sent]) -> list[Sent]:
    """New entries, and some that were sent before or stand in the batch already, the same or not; some are faulty."""
    batch = draw(st.lists(fresh, min_size=1, max_size=5))
    earlier = [entry for entry in [*batch, *sent] if entry.key]
    if earlier:
        difference = others if draw(st.integers(0, 4)) == 0 else _same_again
        again = st.builds(lambda entry, other: {**vars(entry), **other}, st.sampled_from(earlier), difference)
        batch += [Sent(**values) for values in draw(st.lists(again, max_size=3))]
    if draw(st.integers(0, 5)) == 0:
        number = draw(st.integers(0, len(batch) - 1))
        batch[number] = Sent(**{**vars(batch[number]), **draw(faults)})
    return batch
