"""When a budget is spent, held to a walk through time that is taken second by second."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from django_adbudget.rules.pacing import Spending, exhausted_at

NOW = datetime(2026, 3, 11, 11, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_one_that_goes_on() -> None:
    assert exhausted_at(50, [Spending(100)], NOW, None) == NOW + HOUR / 2
    assert exhausted_at(1, [Spending(3_600_000_000)], NOW, None) == NOW + timedelta(microseconds=1)


def test_only_before_its_period_ends_and_while_it_runs() -> None:
    assert exhausted_at(100, [Spending(100)], NOW, NOW + HOUR) is None
    assert exhausted_at(100, [Spending(100)], NOW, NOW + 2 * HOUR) == NOW + HOUR
    assert exhausted_at(100, [Spending(100, NOW + HOUR / 2)], NOW, None) is None
    assert exhausted_at(100, [Spending(100, NOW + HOUR)], NOW, None) == NOW + HOUR
    assert exhausted_at(100, [Spending(100, NOW - HOUR)], NOW, None) is None


def test_what_is_spent_or_stands_still_is_not_told_of() -> None:
    for remaining in (0, -5):
        assert exhausted_at(remaining, [Spending(100)], NOW, None) is None
    assert exhausted_at(100, [], NOW, None) is None
    assert exhausted_at(100, [Spending(0)], NOW, None) is None
    assert exhausted_at(10**18, [Spending(1)], NOW, None) is None


rates = st.integers(0, 5)
ends = st.none() | st.integers(-5, 60).map(lambda seconds: NOW + timedelta(seconds=seconds))
spendings = st.lists(st.builds(lambda rate, until: Spending(rate * 3600, until), rates, ends), max_size=4)


@given(st.integers(-5, 200), spendings, st.integers(1, 70))
def test_it_is_what_a_walk_finds(remaining: int, given_: list[Spending], seconds: int) -> None:
    end = NOW + timedelta(seconds=seconds)
    found = exhausted_at(remaining, given_, NOW, end)
    second = timedelta(seconds=1)
    at, left = NOW, remaining
    while left > 0 and at < end:
        left -= sum(s.per_hour // 3600 for s in given_ if s.until is None or s.until > at)
        at += second
    if remaining <= 0 or left > 0 or (at == end and left == 0):
        assert found is None
    else:
        assert found is not None
        assert at - second < found <= at
