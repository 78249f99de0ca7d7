"""Fixtures for pytest: ``pytest_plugins = ["django_adbudget.testing.plugin"]`` in the conftest.py of a host's root."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from . import Clock, RecordedPlatform, frozen, override_adbudget, recording, recording_alerts

if TYPE_CHECKING:
    from ..channels import Digest


@pytest.fixture
def adbudget_clock() -> Iterator[Clock]:
    """The package's clock, standing at the moment in which the test begins."""
    with frozen() as clock:
        yield clock


@pytest.fixture
def adbudget_platform() -> Iterator[RecordedPlatform]:
    """An ad platform in memory, which gets the orders of this test."""
    with recording() as platform:
        yield platform


@pytest.fixture
def adbudget_alerts() -> Iterator[list[Digest]]:
    """The digests that people would have got."""
    with recording_alerts() as told:
        yield told


@pytest.fixture
def adbudget_settings() -> Iterator[Callable[..., None]]:
    """``adbudget_settings(KEY=value, ...)`` sets keys of ``ADBUDGET`` until the test ends."""
    with ExitStack() as stack:

        def change(**changes: Any) -> None:
            stack.enter_context(override_adbudget(**changes))

        yield change
