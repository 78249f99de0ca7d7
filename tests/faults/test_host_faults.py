"""What fails in the host's own process, outside the package or in the middle of it: nothing is half done, or lost.

Rules L3, S4, D2 and D3."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from django_adbudget import services, tasks
from django_adbudget.models import Brand, Campaign, DaypartingSchedule
from django_adbudget.platforms import recording
from tests.factories import make_brand, make_campaign, make_window
from tests.integration.books import check_books

pytestmark = pytest.mark.django_db(transaction=True)


class Broken(Exception):
    pass


def breaking(*args: Any, **kwargs: Any) -> None:
    raise Broken


def lower(campaign: Campaign) -> None:
    campaign.daily_budget = 0
    campaign.save()


def lower_the_brands(campaign: Campaign) -> None:
    brand = campaign.brand
    brand.daily_budget = 0
    brand.save()


def create(campaign: Campaign) -> None:
    Campaign.objects.create(brand=campaign.brand, name="new")


def take_the_windows_away(campaign: Campaign) -> None:
    campaign.dayparting_schedules.get().delete()


EDITS = [lower, lower_the_brands, create, take_the_windows_away]


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.__name__)
def test_an_edit_in_autocommit_that_cannot_be_evaluated_is_not_made(
    edit: Callable[[Campaign], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """S4. Django sends ``post_save`` when a row outside any transaction is already committed."""
    campaign = make_campaign(make_brand(timezone="UTC"), dayparting="REQUIRED")
    make_window(campaign, timezone.now().weekday(), "00:00", "00:00")
    services.reconcile()
    kept = [list(model.objects.values()) for model in (Brand, Campaign, DaypartingSchedule)]
    for part in ("enforcement.evaluating._write", "notices.status_changed"):
        with monkeypatch.context() as patch:
            patch.setattr(f"django_adbudget.services.{part}", breaking)
            with pytest.raises(Broken):
                edit(campaign)
        assert [list(model.objects.values()) for model in (Brand, Campaign, DaypartingSchedule)] == kept, part
    edit(campaign)
    check_books(timezone.now())


def test_a_hosts_callback_that_raises_takes_nothing_along_that_matters() -> None:
    """D2. Django runs callbacks in turn and stops at one that raises: ours, the hint among them, are skipped then."""
    campaign = make_campaign(daily_budget=5)
    with recording() as platform:
        tasks.deliver_status_changes()
        with pytest.raises(Broken), transaction.atomic():
            transaction.on_commit(breaking)
            services.record_spend(campaign, 5)
        check_books(timezone.now())
        assert platform.running == {campaign.pk: "RUN"}
        tasks.deliver_status_changes()
        assert platform.running == {campaign.pk: "STOP"}


def test_one_of_ours_that_raises_skips_nobody_elses() -> None:
    """D3. What fails here is the host's handler of log records, in the middle of what we do after a commit."""

    class Full(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            raise OSError("no space left on device")

    logger, handler, told, refused = logging.getLogger("django_adbudget.status"), Full(), list[str](), list[OSError]()
    campaign = make_campaign(daily_budget=5)
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        with transaction.atomic():
            services.record_spend(campaign, 5)
            transaction.on_commit(lambda: told.append("the host"))
    except OSError as error:
        refused.append(error)
    finally:
        logger.removeHandler(handler)
        logger.setLevel(logging.NOTSET)
    assert (refused, told) == ([], ["the host"])
    campaign.refresh_from_db()
    assert campaign.status == "PAUSED_BUDGET"
    check_books(timezone.now())
