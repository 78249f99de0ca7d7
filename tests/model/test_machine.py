"""Any order of spends, edits, toggles, clock jumps, ticks and sweeps leads to what the reference says."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from tests.rules.places import examples

from .machine import Machine

#: The programs of a round: Hypothesis makes its first ten each from nothing, and most later ones by repeating parts.
ROUND = 10
#: Fewer on a server, which takes longer over each.
ROUNDS = examples(0.5 if connection.vendor == "sqlite" else 0.2) // ROUND


@pytest.fixture(scope="module", autouse=True)
def _tell() -> Iterator[None]:
    yield
    print(f"\n{Machine.examples} programs of {sum(Machine.steps.values())} steps:")
    print(", ".join(f"{what} {count}" for what, count in sorted(Machine.steps.items())))


@pytest.mark.django_db
@pytest.mark.parametrize("number", range(ROUNDS))
def test_whatever_happens_the_database_says_what_the_rules_say(number: int) -> None:
    run_state_machine_as_test(Machine, settings=settings(max_examples=ROUND, stateful_step_count=30))
