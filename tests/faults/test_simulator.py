"""The simulator itself: it replays, and it sees what goes wrong. Its years are lived by `make simulate`."""

from __future__ import annotations

from unittest import mock

import pytest
from django.core.management import call_command

from django_adbudget.rules.status import LimitFacts

from .simulator import Year

pytestmark = [pytest.mark.sqlite, pytest.mark.django_db(transaction=True)]
SEED, DAYS = 7, 40


def test_a_seed_gives_the_same_year_again() -> None:
    """Whatever fails can be lived again to the record and the instant, with the number that was printed."""
    fingerprints = []
    for _ in range(2):
        fingerprints.append(Year(SEED).live(DAYS))
        call_command("flush", interactive=False, verbosity=0)
    assert fingerprints[0] == fingerprints[1]


def test_a_budget_that_is_reached_one_micro_unit_late_is_seen() -> None:
    """M4. With ``>`` in place of ``>=`` no year of the simulator is lived to its end."""
    with (
        mock.patch.object(
            LimitFacts,
            "reached_on",
            lambda self, day: self.budget is not None and (self.budget == 0 or self.spent_on(day) > self.budget),
        ),
        pytest.raises(AssertionError),
    ):
        Year(SEED).live(DAYS)
