"""Log records: one for each change of status once it is committed, with keys that are kept; no secrets."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from celery import current_app
from django.contrib.auth.models import User
from django.db import OperationalError, connection, transaction
from django.utils import timezone
from pythonjsonlogger.json import JsonFormatter

from django_adbudget import services, tasks
from django_adbudget.models import Brand, BudgetSummary, Campaign
from django_adbudget.services import hints
from django_adbudget.services.access.tokens import issue_token
from django_adbudget.services.health import health_status
from tests.factories import NOW, make_brand, make_campaign, make_window

pytestmark = pytest.mark.django_db(transaction=True)
KEYS = {"brand_id", "campaign_id", "from_status", "to_status", "reasons", "generation", "cause", "actor"}
STANDARD = set(vars(logging.makeLogRecord({}))) | {"message", "asctime"}


class Kept(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@pytest.fixture
def records() -> Iterator[list[logging.LogRecord]]:
    """All that the package logs."""
    logger, handler = logging.getLogger("django_adbudget"), Kept()
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    yield handler.records
    logger.removeHandler(handler)
    logger.setLevel(logging.NOTSET)


def extra(record: logging.LogRecord) -> dict[str, Any]:
    return {key: value for key, value in vars(record).items() if key not in STANDARD}


def of(records: list[logging.LogRecord], name: str) -> list[logging.LogRecord]:
    return [record for record in records if record.name == name]


def test_a_change_of_status_is_one_record(records: list[logging.LogRecord]) -> None:
    """S7."""
    brand = make_brand(daily_budget=5)
    campaign = make_campaign(brand)
    records.clear()
    services.record_spend(campaign, 5, now=NOW)
    (record,) = of(records, "django_adbudget.status")
    assert (record.levelname, record.getMessage()) == (
        "INFO",
        f"campaign {campaign.pk}: ACTIVE -> PAUSED_BUDGET (BRAND_DAILY_BUDGET), by SPEND",
    )
    assert extra(record) == {
        "brand_id": brand.pk,
        "campaign_id": campaign.pk,
        "from_status": "ACTIVE",
        "to_status": "PAUSED_BUDGET",
        "reasons": ["BRAND_DAILY_BUDGET"],
        "generation": 2,
        "cause": "SPEND",
        "actor": "",
    }
    campaign.refresh_from_db()
    assert campaign.desired_generation == 2


def test_the_generation_is_that_of_the_order(records: list[logging.LogRecord]) -> None:
    """D1: only a flip between RUN and STOP raises it."""
    campaign = make_campaign(dayparting="REQUIRED")
    make_window(campaign, NOW.weekday(), "12:00", "13:00")
    services.reconcile(now=NOW)
    records.clear()
    services.reconcile(due_only=True, now=NOW + timedelta(hours=1))
    services.deactivate_campaign(campaign, actor="mia", now=NOW + timedelta(hours=1))
    found = [extra(record) for record in of(records, "django_adbudget.status")]
    campaign.refresh_from_db()
    assert [each["generation"] for each in found] == [campaign.desired_generation] * 2
    assert [(each["cause"], each["actor"]) for each in found] == [("TICK", ""), ("EDIT", "mia")]


def test_keys_are_stable_and_none_is_the_standard_librarys(records: list[logging.LogRecord]) -> None:
    make_campaign()
    assert all(set(extra(record)) == KEYS for record in of(records, "django_adbudget.status"))
    assert not KEYS & STANDARD


def test_they_are_json(records: list[logging.LogRecord]) -> None:
    campaign = make_campaign(make_brand(daily_budget=5))
    services.record_spend(campaign, 5)
    for record in records:
        line = JsonFormatter("{levelname}{name}{message}", style="{").format(record)
        assert json.loads(line)["message"] == record.getMessage()


def test_nothing_is_logged_inside_a_transaction_or_after_a_rollback(records: list[logging.LogRecord]) -> None:
    """D3."""
    campaign = make_campaign(daily_budget=5)
    records.clear()
    with transaction.atomic():
        services.record_spend(campaign, 5)
        assert records == []
        transaction.set_rollback(True)
    assert records == []
    with transaction.atomic():
        services.record_spend(campaign, 5)
    assert len(of(records, "django_adbudget.status")) == 1


def test_a_dry_run_logs_no_change(records: list[logging.LogRecord]) -> None:
    campaign = make_campaign()
    Campaign.objects.update(status="INACTIVE")
    records.clear()
    assert services.reconcile(dry_run=True).changed == 1
    assert of(records, "django_adbudget.status") == []
    services.reconcile()
    assert [record.campaign_id for record in of(records, "django_adbudget.status")] == [campaign.pk]  # type: ignore[attr-defined]


def test_who_acts_cannot_forge_a_line(records: list[logging.LogRecord]) -> None:
    campaign = make_campaign()
    records.clear()
    services.deactivate_campaign(campaign, actor="mia\n2026-01-01 CRITICAL all is lost")
    (record,) = of(records, "django_adbudget.status")
    assert "\n" not in record.getMessage()
    assert extra(record)["actor"].startswith("mia\n")  # a JSON formatter escapes it


def test_an_alert_is_one_record(records: list[logging.LogRecord]) -> None:
    """D4."""
    campaign = make_campaign(daily_budget=5)
    records.clear()
    services.record_spend(campaign, "4.5", now=NOW)
    (record,) = of(records, "django_adbudget.alerts")
    assert record.levelname == "INFO"
    assert extra(record) == {
        "brand_id": campaign.brand_id,
        "campaign_id": campaign.pk,
        "kind": "THRESHOLD",
        "budget": "daily_budget",
        "threshold": 80,
        "period_start": "2026-03-11",
        "spend": "4.50",
        "limit": "5.00",
    }


def test_what_stands_still_or_differs_names_its_rows(records: list[logging.LogRecord]) -> None:
    """T7, L5."""
    campaign = make_campaign()
    services.record_spend(campaign, 5)
    BudgetSummary.objects.filter(period="DAY").update(spend=6)
    tasks.verify_summaries()
    Brand.objects.update(timezone="Mars/Phobos")
    services.reconcile()
    errors = [record for record in records if record.levelname == "ERROR"]
    assert [(record.name, extra(record)["brand_id"]) for record in errors] == [
        ("django_adbudget.tasks", campaign.brand_id),
        ("django_adbudget.services.enforcement.evaluating", campaign.brand_id),
    ]


def test_every_logger_is_below_the_packages() -> None:
    ours = [name for name in logging.root.manager.loggerDict if "adbudget" in name]
    assert ours
    assert all(name.split(".")[0] == "django_adbudget" for name in ours)


def test_no_secret_is_logged(records: list[logging.LogRecord], monkeypatch: pytest.MonkeyPatch) -> None:
    """A token and the broker's password are nowhere, whatever fails."""
    user = User.objects.create_user("mia", password="correct horse")
    _, token = issue_token(user, name="ci", expires_at=timezone.now() + timedelta(days=1))
    to_nobody = partial(current_app.connection_for_write, "redis://user:hunter2@127.0.0.1:1/0")
    monkeypatch.setattr(current_app, "connection_for_write", to_nobody)
    monkeypatch.setattr(hints._Broker, "rests_until", 0.0)  # after a test in which the broker was away, too
    services.record_spend(make_campaign(daily_budget=5), 5)

    def away(*arguments: Any) -> Any:
        raise OperationalError("the server has gone")

    with connection.execute_wrapper(away):
        health_status()
    written = "\n".join(str({key: str(value) for key, value in vars(record).items()}) for record in records)
    assert "the server has gone" in written
    assert "no hint to the broker" in written
    for secret in ("hunter2", token, "correct horse"):
        assert secret not in written
