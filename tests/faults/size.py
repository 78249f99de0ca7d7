"""How large the storms are: a small part of them in every run, all of it with ``ADBUDGET_FAULTS=full``."""

from __future__ import annotations

import os

FULL = os.environ.get("ADBUDGET_FAULTS") == "full"


def sized(full: int, small: int) -> int:
    return full if FULL else small
