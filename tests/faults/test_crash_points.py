"""A process dies before and after each point on its way; what it did is done or not begun, and can be done again.

Rules L2, L3, L5, S1, S5, S7, D1."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from django_adbudget import services
from django_adbudget.models import Campaign, PlatformOrder, SpendRecord
from tests.factories import NOW, make_brand, make_campaign
from tests.integration.books import check_books, check_history, check_projection, check_totals
from tests.integration.host import install_clock

from . import paper
from .crashing import ACTS, COMMIT, POINTS
from .machines import ROOT

pytestmark = [pytest.mark.faults, pytest.mark.integration, pytest.mark.django_db(transaction=True)]

#: When things are done; scenes are set in the hour before.
AT = NOW + timedelta(hours=1)
#: Points that an act passes, whatever the database.
EXPECTED = {
    "spend": {"gate", "record", "status", "order", COMMIT, "hint"},
    "batch": {"gate", "record", "totals", "status", "order", COMMIT, "hint"},
    "correct": {"gate", "record", "totals", "status", "order", COMMIT, "hint"},
    "restate": {"gate", "record", "totals", "status", "order", COMMIT, "hint"},
    "edit": {"gate", "status", "order", COMMIT, "hint"},
    "switch": {"gate", "status", "order", COMMIT, "hint"},
    "tick": {"gate", "status", "order", COMMIT, "hint"},
    "sweep": {"gate", "status", "order", COMMIT, "hint"},
    "deliver": {"lease", "send", "acknowledgement", "gate", COMMIT},
}
BY_TIME = {"tick", "sweep"}


class Crasher:
    """See ``crashing``."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def __call__(self, act: str, campaigns: list[Campaign], **how: Any) -> list[str] | None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        asked = {"act": act, "campaigns": ids(campaigns), "now": AT.isoformat(), **how}
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, "the crasher itself has ended"
        passed: list[str] | None = json.loads(answer)
        return passed


@pytest.fixture
def told(tmp_path: Path) -> Path:
    return tmp_path / "paper"


@pytest.fixture
def crasher(told: Path, monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[Crasher]:
    install_clock(monkeypatch)
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA synchronous = OFF")  # what dies here is a process and no machine
    monkeypatch.setenv(paper.VARIABLE, str(told))
    settings.ADBUDGET = {"PLATFORM_BACKEND": {"BACKEND": "tests.faults.paper.Paper"}}
    command = [sys.executable, "-m", "tests.faults.crashing", str(connection.settings_dict["NAME"])]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            yield Crasher(process)
        finally:
            process.kill()


def make_scene() -> list[Campaign]:
    """One campaign that runs, and one of another brand that a spend has paused; both platforms know."""
    campaigns = [make_campaign(make_brand(), daily_budget=5), make_campaign(make_brand(), daily_budget=4)]
    services.record_spend(campaigns[1], 4, idempotency_key="first")
    services.deliver_status_changes()
    return campaigns


def ids(campaigns: list[Campaign]) -> list[int]:
    return [campaign.pk for campaign in campaigns]


def set_scene(act: str) -> list[Campaign]:
    campaigns = make_scene()
    if act == "deliver":
        services.deactivate_campaign(campaigns[0])
    return campaigns


def check(campaigns: list[Campaign], act: str, *, done: bool) -> None:
    check_totals()
    now = AT + timedelta(days=1) if act in BY_TIME else AT
    for campaign in Campaign.objects.filter(pk__in=ids(campaigns)).select_related("platform_order"):
        check_history(campaign)
        if done or act not in BY_TIME:
            check_projection(campaign, now)


def outcome(campaigns: list[Campaign]) -> list[Any]:
    """What there is to see of two campaigns, without their ids."""
    rows = Campaign.objects.filter(pk__in=ids(campaigns)).order_by("pk")
    spent = [
        sorted(SpendRecord.objects.filter(campaign=campaign).values_list("kind", "amount")) for campaign in campaigns
    ]
    return [*rows.values_list("status", "desired_generation", "daily_budget", "is_active"), *spent]


@pytest.mark.parametrize("act", list(ACTS))
def test_a_crash_leaves_all_or_nothing(act: str, crasher: Crasher, told: Path) -> None:
    campaigns = set_scene(act)
    before = outcome(campaigns)
    passed = crasher(act, campaigns)
    assert passed is not None
    assert EXPECTED[act] <= set(passed) <= {*POINTS, COMMIT}
    check(campaigns, act, done=True)
    wanted = outcome(campaigns)
    for at in range(len(passed)):
        for after in (False, True):
            one_crash(crasher, act, {"at": at, "after": after}, [before, wanted])
    platform_runs_what_it_should(told)
    print(f"{act}: {2 * len(passed)} crashes, before and after {', '.join(passed)}")


def one_crash(crasher: Crasher, act: str, how: dict[str, Any], allowed: list[list[Any]]) -> None:
    campaigns = set_scene(act)
    assert crasher(act, campaigns, **how) is None
    check(campaigns, act, done=False)
    assert outcome(campaigns) in allowed, how
    again = crasher(act, campaigns)  # as whoever heard nothing would
    assert again is not None
    check(campaigns, act, done=True)
    assert outcome(campaigns) == allowed[-1], how


def platform_runs_what_it_should(told: Path) -> None:
    """Once leases of the dead have run out, every order is with the platform."""
    later = AT + timedelta(days=1, hours=1)
    services.reconcile(now=later)
    services.deliver_status_changes(now=later)
    assert not PlatformOrder.objects.exclude(state="DONE").exists()
    assert not Campaign.objects.out_of_sync().exists()
    runs = {pk for pk, action in paper.running(told).items() if action == "RUN"}
    assert runs == set(Campaign.objects.filter(status="ACTIVE").values_list("pk", flat=True))
    check_books(later)
