"""The body parser against Python's own, and the writer against it."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_adbudget.api.exact_json import dumps
from django_adbudget.api.strict_json import DEEPEST, NotJson, parse
from django_adbudget.rules import Reason

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
PLAIN = st.none() | st.booleans() | st.integers(-(10**30), 10**30) | TEXT
DOCUMENTS = st.recursive(PLAIN, lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner), max_leaves=12)


@given(DOCUMENTS)
def test_what_python_writes_is_read(document: Any) -> None:
    for ascii_only in (True, False):
        with suppress(NotJson):  # too deep: the only thing that can be wrong with it
            assert parse(json.dumps(document, ensure_ascii=ascii_only).encode()) == document


@given(DOCUMENTS)
def test_what_we_write_is_read_by_python(document: Any) -> None:
    assert json.loads(dumps(document)) == document


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**12), max_value=10**12))
def test_a_decimal_goes_there_and_back(amount: Decimal) -> None:
    assert parse(dumps(amount).encode()) == amount


@given(st.binary(max_size=64) | st.text(st.sampled_from('[]{}",:\\u0de1-+.NI '), max_size=40).map(str.encode))
def test_whatever_comes_is_read_or_refused(body: bytes) -> None:
    with suppress(NotJson):
        parse(body)


@given(st.text(st.sampled_from('{}[]",:01.e-'), max_size=12))
def test_nothing_is_read_that_python_would_refuse(text: str) -> None:
    try:
        found = parse(text.encode())
    except NotJson:
        return
    assert json.loads(text, parse_float=Decimal) == found


def test_depth_counts_brackets_and_not_text() -> None:
    assert parse(b"[" * DEEPEST + b"]" * DEEPEST)
    with pytest.raises(NotJson, match="deeper"):
        parse(b"[" * (DEEPEST + 1) + b"]" * (DEEPEST + 1))
    assert parse(b'["' + b"[{" * 1000 + b'\\"' + b"[" * 1000 + b'"]')
    assert len(parse(b"[" + b"[1]," * 1000 + b"[1]]")) == 1001


def test_dates_times_and_names_are_written() -> None:
    berlin = timezone(timedelta(hours=2))
    values = [date(2026, 3, 31), time(9, 30), datetime(2026, 3, 31, 14, tzinfo=berlin), Reason.ENDED, (1, None)]
    assert dumps(values) == '["2026-03-31", "09:30:00", "2026-03-31T12:00:00+00:00", "ENDED", [1, null]]'
    assert dumps(Decimal("1E+3")) == "1000"
    assert dumps(Decimal("12.00")) == "12.00"
    assert datetime.fromisoformat(json.loads(dumps(datetime(2026, 1, 1, tzinfo=UTC)))).tzinfo is not None
    with pytest.raises(TypeError):
        dumps(object())
