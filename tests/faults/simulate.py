"""Years of the simulator, one a seed: `make simulate`, or `make simulate SEED=17` to live one again.

Not collected by itself, since a year takes seconds; `test_simulator.py` is its small part in every run.
"""

from __future__ import annotations

import os

import pytest

pytest.register_assert_rewrite("tests.model.audit", "tests.model.world", "tests.faults.simulator")

from .simulator import DAYS, Year  # noqa: E402  what is imported before it is registered explains no assertion

#: SEED: only this one. SEEDS: how many, from FIRST on.
ONE, FIRST, COUNT = os.environ.get("SEED"), int(os.environ.get("FIRST") or 1), int(os.environ.get("SEEDS") or 1000)
SEEDS = [int(ONE)] if ONE else range(FIRST, FIRST + COUNT)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("seed", SEEDS)
def test_a_year(seed: int) -> None:
    year = Year(seed)
    try:
        fingerprint = year.live(int(os.environ.get("DAYS") or DAYS))
    except BaseException:
        print(f"\nseed {seed} fails at {year.world.now}: make simulate SEED={seed}")
        raise
    print(f"\nseed {seed}: {fingerprint}, {len(year.world.model.records)} records, {dict(sorted(year.seen.items()))}")
