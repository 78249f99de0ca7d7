"""A pytest plugin: a test that is skipped without leave has failed.

A skipped test looks like a passed one at a glance. Leave is given by the marker `allowed_skip("why")`."""

from __future__ import annotations

from collections.abc import Generator

import pytest

Report = pytest.TestReport | pytest.CollectReport


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "allowed_skip(why): this test may be skipped, for the reason given")


def has_leave(item: pytest.Item) -> bool:
    marker = item.get_closest_marker("allowed_skip")
    return marker is not None and bool(marker.args and str(marker.args[0]).strip())


def said(report: Report) -> str:
    reason = report.longrepr
    return str(reason[2]) if isinstance(reason, tuple) else str(reason)


def fail(report: Report) -> None:
    reason = said(report).removeprefix("Skipped: ")
    report.longrepr = f'skipped without leave ({reason}): mend it, or mark it allowed_skip("why")'
    report.outcome = "failed"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    expected_failure = hasattr(report, "wasxfail")
    if report.skipped and not expected_failure and not has_leave(item):
        fail(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """A whole module can skip itself too, by `importorskip` for instance; no marker gives it leave."""
    report = yield
    if report.skipped:
        fail(report)
    return report
