"""How large the storms are: a tenth or less of them in every run, all of it with ``ADBUDGET_FAULTS=full``.

A number instead of the word is a part of the whole: 0.5 is half of it.
"""

from __future__ import annotations

import math
import os

_ASKED = os.environ.get("ADBUDGET_FAULTS", "")
FULL = _ASKED == "full"
PART = 1.0 if FULL else float(_ASKED or 0.1)


def sized(full: int, small: int) -> int:
    """``small`` unless more was asked for."""
    return max(small, math.ceil(full * PART)) if _ASKED else small


def part_of(full: int) -> int:
    """The tenth of ``full``, or what was asked for, and at least 1."""
    return max(1, math.ceil(full * PART))
