"""The quickstart works as it is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.quickstart import Follower

pytestmark = pytest.mark.integration


def test_who_follows_the_quickstart_sees_what_it_says(tmp_path: Path) -> None:
    """S4, D1, T2. In a new site, with a worker and beat of its own; only pip is left out."""
    follower = Follower(tmp_path)
    follower.make_site()
    follower.follow()
