from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import (
    MAX_EMAX,
    Clamped,
    Context,
    Decimal,
    DivisionByZero,
    FloatOperation,
    Inexact,
    InvalidOperation,
    Overflow,
    Rounded,
    Subnormal,
    Underflow,
    localcontext,
)
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from django_adbudget.exceptions import AdBudgetError, InvalidAmount
from django_adbudget.rules import from_micros, to_micros
from django_adbudget.rules.money import MAX_RECORD, MAX_RECORD_MICROS, MAX_TOTAL_MICROS, record_micros, total_micros

BIGINT = 2**63 - 1  # what the column holds, not what the code believes
bigints = st.integers(-BIGINT, BIGINT)
plain_texts = st.from_regex(r"[+-]?([0-9]{1,22}(\.[0-9]{0,9})?|\.[0-9]{1,9})", fullmatch=True)
decimals = st.decimals(allow_nan=False, allow_infinity=False) | st.builds(
    lambda digits, exponent: Decimal(digits).scaleb(exponent, Context(prec=60)),
    st.integers(-(10**20), 10**20),
    st.integers(-12, 4),
)


@contextmanager
def hostile_context() -> Iterator[None]:
    """What some host's code may have left behind: one digit, no exponents, and a trap for everything."""
    traps = [
        Clamped,
        DivisionByZero,
        FloatOperation,
        Inexact,
        InvalidOperation,
        Overflow,
        Rounded,
        Subnormal,
        Underflow,
    ]
    with localcontext(Context(prec=1, Emax=0, Emin=0, traps=traps)):
        yield


def exact_micros(value: Fraction) -> int | None:
    """The reference: rational numbers know nothing of digits, contexts or floats."""
    micros = value * 1_000_000
    return int(micros) if micros.denominator == 1 and abs(micros) <= BIGINT else None


def assert_exact(value: Decimal | int | str, expected: int | None) -> None:
    with hostile_context():
        if expected is None:
            with pytest.raises(InvalidAmount):
                to_micros(value)
        else:
            assert to_micros(value) == expected


@given(bigints)
@example(0)
@example(-1)
@example(BIGINT)
@example(-BIGINT)
def test_micros_come_back_as_they_went(micros: int) -> None:
    with hostile_context():
        amount = from_micros(micros)
        assert to_micros(amount) == to_micros(str(amount)) == micros
    assert Fraction(amount) == Fraction(micros, 1_000_000)
    places = -int(amount.as_tuple().exponent)
    assert places == (6 if micros % 10_000 else 2)


@given(decimals)
@example(Decimal("0.0000001"))
@example(Decimal("0.00000010"))
@example(Decimal("1E-6"))
@example(Decimal("1E+12"))
@example(Decimal("9223372036854.775807"))
@example(Decimal("9223372036854.775808"))
@example(Decimal("-9223372036854.775807"))
@example(Decimal("0E+999999"))
@example(Decimal("0E-999999"))
@example(Decimal("-0"))
def test_a_decimal_is_exact_or_refused(value: Decimal) -> None:
    assert_exact(value, exact_micros(Fraction(value)) if abs(value.adjusted()) < 99 or value == 0 else None)


@given(plain_texts)
@example("0")
@example("-0")
@example("+0.000000")
@example("5.")
@example(".5")
@example("007")
@example("1.000000000")
@example("0.0000001")
def test_a_plain_decimal_string_is_exact_or_refused(text: str) -> None:
    assert_exact(text, exact_micros(Fraction(Decimal(text))))


@given(st.integers())
@example(9_223_372_036_854)
@example(9_223_372_036_855)
@example(-9_223_372_036_855)
def test_an_integer_is_whole_units(value: int) -> None:
    assert_exact(value, exact_micros(Fraction(value)))


@given(st.lists(bigints, min_size=1, max_size=50))
def test_a_sum_of_micros_is_the_sum_of_the_amounts(micros: list[int]) -> None:
    assert sum((Fraction(from_micros(one)) for one in micros), Fraction()) == Fraction(sum(micros), 1_000_000)


def test_the_limits_are_those_of_the_rules() -> None:
    assert (Decimal("999999999.999999"), 999_999_999_999_999) == (MAX_RECORD, MAX_RECORD_MICROS)
    assert MAX_TOTAL_MICROS == BIGINT


def test_the_sum_that_sqlite_gets_wrong() -> None:
    assert to_micros("0.7") + to_micros("0.1") == to_micros("0.8")
    assert 1000 * to_micros("0.1") == to_micros(100)


@pytest.mark.parametrize(
    "value",
    [
        0.1, 1.0, float("nan"), True, False, None, b"1", 1j, Fraction(1, 2), [], {}, object(), ("1",),
        bytearray(b"1"),
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_what_is_no_exact_number_is_a_type_error(value: Any) -> None:
    for taken in (to_micros, record_micros, total_micros):
        with pytest.raises(TypeError, match=f"cannot be a {type(value).__name__}"):
            taken(value)


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "NaN", "nan", "sNaN", "Infinity", "-Infinity", "inf", "1e400", "1e-400", "1e2", "1E2",
        "1e", "0x10", "0b1", "1_000", "1,000", "1.000,00", " 1", "1 ", "1\n", "\t1", "1\0", "--1", "+-1",
        "1-", "1.2.3", ".", "-", "+", "-.", "$1", "1 USD", "\u0661\u0662", "\uff11\uff12", "\u00bd",
        "\u00b2", "1\u066b5", "\u22121", "\u4e00", "\u0967", "1" * 2000, "0." + "1" * 2000, "0" * 2000,
        "one", "None", "True", "1/2", "(1)", "1%", "\ufeff1",
    ],
    ids=lambda text: ascii(text)[:24],
)  # fmt: skip
def test_a_string_is_plain_ascii_decimal(text: str) -> None:
    for taken in (to_micros, record_micros, total_micros):
        with pytest.raises(InvalidAmount) as refused:
            taken(text)
        assert len(str(refused.value)) < 300


@given(st.text(max_size=12))
def test_no_text_at_all_is_taken_for_what_it_is_not(text: str) -> None:
    try:
        micros = to_micros(text)
    except InvalidAmount:
        return
    assert text.isascii()
    assert set(text) <= set("+-.0123456789")
    assert Fraction(micros, 1_000_000) == Fraction(Decimal(text))


@pytest.mark.parametrize(
    "value",
    [
        Decimal("NaN"), Decimal("sNaN"), Decimal("NaN" + "1" * 2000), Decimal("Infinity"),
        Decimal("-Infinity"), Decimal("1e400"), Decimal("1e-400"), Decimal("-1e-400"),
        Decimal(f"1e{MAX_EMAX}"), Decimal("1E-999999999999"), Decimal("1." + "0" * 1990 + "1"),
        Decimal("1" * 2000), 10**400, -(10**400), 10**5000, Decimal("0.0000001"), Decimal("-0.0000005"),
        Decimal("1E+13"), 2**63,
    ],
    ids=lambda value: hex(value)[:20] if isinstance(value, int) else str(value)[:20],
)  # fmt: skip
def test_what_a_ledger_cannot_hold_is_refused(value: Decimal | int) -> None:
    for taken in (to_micros, record_micros, total_micros):
        with pytest.raises(InvalidAmount) as refused:
            taken(value)
        assert len(str(refused.value)) < 300, "an error says it in a line"
        assert isinstance(refused.value, AdBudgetError)
        assert isinstance(refused.value, ValueError)


def test_zeros_behind_the_sixth_place_change_nothing() -> None:
    with hostile_context():
        assert to_micros(Decimal("1.5" + "0" * 2000)) == 1_500_000
        assert to_micros("1.5" + "0" * 40) == 1_500_000


@pytest.mark.parametrize("value", [MAX_RECORD, "0.000001", "999999999.999999", 1, Decimal("1E+8")])
def test_a_record_takes_from_a_micro_unit_to_a_milliard(value: Decimal | int | str) -> None:
    assert record_micros(value) == Fraction(Decimal(value)) * 1_000_000
    with pytest.raises(InvalidAmount, match="greater than zero"):
        record_micros(-Decimal(value))


@pytest.mark.parametrize("value", [0, "0", "-0", "0.000000", Decimal(0), Decimal("-0.00"), "-0.000001", -1])
def test_a_record_is_greater_than_zero(value: Decimal | int | str) -> None:
    with pytest.raises(InvalidAmount, match="greater than zero"):
        record_micros(value)


@pytest.mark.parametrize("value", ["1000000000", "1000000000.000000", 10**9, Decimal("999999999.9999990") + 1])
def test_a_record_has_a_largest_amount(value: Decimal | int | str) -> None:
    for taken in (record_micros, total_micros):
        with pytest.raises(InvalidAmount, match=r"larger than 999,999,999\.999999"):
            taken(value)


def test_a_total_may_be_zero_and_no_less() -> None:
    assert total_micros("-0") == total_micros(0) == 0
    assert total_micros(MAX_RECORD) == MAX_RECORD_MICROS
    with pytest.raises(InvalidAmount, match="must not be negative"):
        total_micros("-0.000001")


def test_amounts_are_shown_as_people_write_them() -> None:
    shown = {str(from_micros(micros)) for micros in (0, 1, 10_000, 1_500_000, 1_000_001, -5_000_000, 10**15)}
    assert shown == {"0.00", "0.000001", "0.01", "1.50", "1.000001", "-5.00", "1000000000.00"}


def test_the_interpreters_limit_on_digits_is_none_of_ours() -> None:
    """Python refuses to write integers of over 4,300 digits; an error message must not trip over that."""
    assert sys.get_int_max_str_digits() < 5000
    with pytest.raises(InvalidAmount, match=r"0x[0-9a-f]+\.\.\. is larger"):
        to_micros(10**5000)
