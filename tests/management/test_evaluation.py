"""`check_budgets`, `enforce_dayparting` and the commands that open periods: now, or by a worker."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from celery import Celery, Task
from celery.contrib.testing.worker import start_worker
from celery.result import AsyncResult
from django.core.management import CommandError
from django.utils import timezone

from django_adbudget import services, tasks
from django_adbudget.management import sending
from django_adbudget.models import Brand, BudgetSummary, Campaign, Heartbeat, StatusChange
from tests.factories import make_brand, make_campaign
from tests.management.calling import data, said
from tests.test_tasks import wait_until

pytestmark = pytest.mark.django_db
EVALUATIONS = ["check_budgets", "enforce_dayparting", "reset_daily_spends", "reset_monthly_spends", "reset_budgets"]


@pytest.fixture
def stale() -> Campaign:
    """A campaign whose stored status is wrong, and which is due."""
    campaign = make_campaign(make_brand(name="Fahrrad", external_id="acc-1"), name="Spring")
    past = timezone.now() - timedelta(minutes=1)
    Campaign.objects.update(status="PAUSED_DAYPART", next_check_at=past)
    StatusChange.objects.all().delete()
    return campaign


@pytest.mark.parametrize("command", EVALUATIONS)
def test_what_is_due_is_mended_and_told(stale: Campaign, command: str) -> None:
    lines = said(command)
    assert lines[-2:] == [
        "1 campaign evaluated, 1 changed: 0 stopped running, 1 started.",
        "  Fahrrad / Spring: PAUSED_DAYPART -> ACTIVE",
    ]
    assert Campaign.objects.get().status == "ACTIVE"


@pytest.mark.parametrize("command", EVALUATIONS)
def test_a_dry_run_counts_and_writes_nothing(stale: Campaign, command: str) -> None:
    report = data(command, dry_run=True)
    assert (report["dry_run"], report["evaluated"], report["changed"], report["activated"]) == (True, 1, 1, 1)
    assert Campaign.objects.get().status == "PAUSED_DAYPART"
    assert not BudgetSummary.objects.exists()
    assert not Heartbeat.objects.exists()


@pytest.mark.parametrize("command", EVALUATIONS)
def test_other_brands_are_left_alone(stale: Campaign, command: str) -> None:
    other = make_campaign()
    Campaign.objects.filter(pk=other.pk).update(status="PAUSED_DAYPART", next_check_at=timezone.now())
    for name in (str(stale.brand_id), "acc-1", "Fahrrad"):
        assert data(command, brand=[name])["evaluated"] <= 1
    other.refresh_from_db()
    assert other.status == "PAUSED_DAYPART"
    with pytest.raises(CommandError, match="no brands have 'fahrrad' as their id, external id or name"):
        said(command, brand=["fahrrad"])


def test_a_sweep_and_a_tick_leave_their_heartbeat(stale: Campaign) -> None:
    said("check_budgets", brand=["acc-1"])
    assert not Heartbeat.objects.exists()
    said("check_budgets")
    said("enforce_dayparting")
    assert set(Heartbeat.objects.values_list("name", flat=True)) == {"sweep", "tick"}


def test_only_a_sweep_looks_at_what_is_not_due(stale: Campaign) -> None:
    Campaign.objects.update(next_check_at=None)
    assert data("enforce_dayparting")["evaluated"] == 0
    assert data("check_budgets")["changes"] == [
        {
            "at": StatusChange.objects.get().at.isoformat(),
            "brand_id": stale.brand_id,
            "campaign_id": stale.pk,
            "campaign": "Spring",
            "from_status": "PAUSED_DAYPART",
            "to_status": "ACTIVE",
            "reasons": [],
            "cause": "SWEEP",
        }
    ]


def test_many_changes_are_cut_short_for_people_alone() -> None:
    brand = make_brand()
    for _ in range(23):
        make_campaign(brand)
    Campaign.objects.update(status="PAUSED_DAYPART")
    lines = said("check_budgets")
    assert len(lines) == 22
    assert lines[-1] == "  ... and 3 more changes"
    Campaign.objects.update(status="PAUSED_DAYPART")
    assert len(data("check_budgets")["changes"]) == 23


def test_periods_are_opened_once(stale: Campaign) -> None:
    """T2."""
    report = data("reset_budgets", dry_run=True)
    assert (report["opened_days"], report["opened_months"]) == (1, 1)
    assert said("reset_daily_spends")[0] == "A new local day began for 1 brand."
    report = data("reset_budgets")
    assert (report["opened_days"], report["opened_months"]) == (0, 1)
    assert said("reset_monthly_spends")[0] == "No new local month."
    assert set(BudgetSummary.objects.values_list("period", "spend")) == {("DAY", 0), ("MONTH", 0)}


@pytest.mark.parametrize("command", EVALUATIONS)
def test_a_campaign_that_cannot_be_decided_fails_the_command(stale: Campaign, command: str) -> None:
    """T7: and stops no other."""
    make_brand(name="Lost")
    lost = make_campaign(Brand.objects.get(name="Lost"))
    Brand.objects.filter(name="Lost").update(timezone="Mars/Olympus")
    Campaign.objects.filter(pk=lost.pk).update(next_check_at=timezone.now() - timedelta(minutes=1))
    with pytest.raises(CommandError, match=r"^1 campaign could not be decided; `manage\.py adbudget_doctor` says why"):
        said(command)
    stale.refresh_from_db()
    assert stale.status == "ACTIVE"


SENT = [
    ("check_budgets", ["update_campaign_status"]),
    ("enforce_dayparting", ["check_campaign_dayparting"]),
    ("reset_daily_spends", ["reset_daily_budgets"]),
    ("reset_monthly_spends", ["reset_monthly_budgets"]),
    ("reset_budgets", ["reset_daily_budgets", "reset_monthly_budgets"]),
]


@pytest.mark.parametrize(("command", "names"), SENT)
def test_async_sends_the_task_and_does_nothing_here(
    stale: Campaign, memory_app: Celery, monkeypatch: pytest.MonkeyPatch, command: str, names: list[str]
) -> None:
    sent: list[tuple[str, Any]] = []

    def apply_async(self: Task[Any, Any], **options: Any) -> AsyncResult[Any]:
        sent.append((self.name, options["kwargs"]))
        return AsyncResult("one")

    monkeypatch.setattr(Task, "apply_async", apply_async)
    assert said(command, "--async")[0] == f"Sent adbudget.{names[0]} to a worker, as message one."
    report = data(command, "--async", brand=["acc-1"])
    assert report["sent"] == [{"task": f"adbudget.{name}", "id": "one"} for name in names]
    some = {"brands": [stale.brand_id]}
    assert sent == [(f"adbudget.{name}", {}) for name in names] + [(f"adbudget.{name}", some) for name in names]
    assert Campaign.objects.get().status == "PAUSED_DAYPART"


@pytest.mark.parametrize("command", EVALUATIONS)
def test_async_and_dry_run_do_not_go_together(command: str) -> None:
    with pytest.raises(CommandError, match="--async and --dry-run do not go together"):
        said(command, "--async", "--dry-run")


@pytest.mark.parametrize("silent", [False, True])
def test_a_broker_that_is_away_is_a_sentence_and_soon(use_app: Callable[[Celery], Celery], silent: bool) -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        if silent:
            server.listen()
        url = f"redis://:secret@127.0.0.1:{server.getsockname()[1]}/0"
        use_app(Celery("away", broker=url, set_as_current=False))
        began = time.monotonic()
        with pytest.raises(CommandError) as caught:
            said("check_budgets", "--async")
    assert time.monotonic() - began < 4
    assert "nothing was sent. Start it, or leave --async away to do it here." in str(caught.value)
    assert "secret" not in str(caught.value)


def test_tasks_can_be_narrowed_to_brands(stale: Campaign) -> None:
    make_campaign()
    assert tasks.update_campaign_status(brands=[stale.brand_id])["evaluated"] == 1
    assert tasks.reset_daily_budgets(brands=[stale.brand_id])["opened"] == 1


@pytest.mark.broker
@pytest.mark.django_db(transaction=True)
def test_a_real_worker_does_what_async_asks_for(redis_app: Celery, use_app: Callable[[Celery], Celery]) -> None:
    campaign = make_campaign(make_brand(name="Fahrrad"))
    Campaign.objects.update(status="PAUSED_DAYPART")
    use_app(redis_app)
    with start_worker(redis_app, perform_ping_check=False, pool="solo"):
        said("check_budgets", "--async", brand=["Fahrrad"])
        wait_until(lambda: Campaign.objects.get().status == "ACTIVE")
        said("check_budgets", "--async")
        wait_until(lambda: Heartbeat.objects.filter(name="sweep").exists())
    assert services.campaign_status(campaign).stored_status == "ACTIVE"


def test_sending_is_not_tried_twice(memory_app: Celery, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, Any]] = []

    def apply_async(self: Any, **options: Any) -> None:
        asked.append(options)
        raise OSError("first line\nsecond line")

    monkeypatch.setattr(Task, "apply_async", apply_async)
    with pytest.raises(
        CommandError, match=r"^the broker at memory://localhost// does not answer \(first line\): nothing"
    ):
        sending.send(tasks.verify_summaries, None)
    assert asked[0]["retry"] is False
