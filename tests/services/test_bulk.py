from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import connections

from django_adbudget import services
from django_adbudget.models import Brand, BudgetAlert, BudgetChange, Campaign, PlatformOrder, StatusChange
from django_adbudget.rules import Level, Period, Reason
from django_adbudget.services.edits.bulk import Edited, Outdated, set_budgets, switch_many
from django_adbudget.services.edits.windows import copy_preview, copy_windows, windows_of
from django_adbudget.services.gate import ledger_alias
from tests.factories import NOW, make_brand, make_campaign, make_window, money
from tests.integration.host import captured

pytestmark = pytest.mark.django_db


def history() -> list[tuple[Any, ...]]:
    rows = BudgetChange.objects.order_by("brand_id", "campaign_id")
    return list(rows.values_list("brand_id", "campaign_id", "field", "before", "after", "actor"))


def test_many_are_switched_with_the_history_and_status_that_saving_each_would_have() -> None:
    """S1, S4, S7."""
    first, second = make_campaign(), make_campaign()
    off = make_campaign(is_active=False)
    gone = off.pk + 1000
    done = switch_many(Level.CAMPAIGN, [first.pk, second.pk, off.pk, gone], False, actor="ann", now=NOW)
    assert (set(done.changed), done.unchanged) == ({first.pk, second.pk}, (off.pk,))
    assert history() == [(row.brand_id, row.pk, "is_active", "True", "False", "ann") for row in (first, second)]
    for row in Campaign.objects.filter(pk__in=done.changed):
        assert (row.is_active, row.status, row.status_reasons) == (False, "INACTIVE", (Reason.CAMPAIGN_OFF,))
        assert row.updated_at == NOW
    assert set(StatusChange.objects.filter(at=NOW).values_list("actor", "to_status")) == {("ann", "INACTIVE")}
    assert PlatformOrder.objects.filter(action="STOP").count() == 2
    assert switch_many(Level.CAMPAIGN, [], True) == Edited((), ())


def test_a_brands_switch_is_for_all_its_campaigns() -> None:
    campaign = make_campaign()
    done = switch_many(Level.BRAND, [campaign.brand_id], False, actor="ann")
    assert done == Edited((campaign.brand_id,), ())
    campaign.refresh_from_db()
    assert campaign.status_reasons == (Reason.BRAND_OFF,)
    assert history() == [(campaign.brand_id, None, "is_active", "True", "False", "ann")]


def test_budgets_are_set_exactly_and_alert_as_an_edit_does() -> None:
    """M1, D4: an edit of a budget counts as a crossing."""
    brand = make_brand()
    rows = [make_campaign(brand) for _ in range(25)]
    services.record_spend(rows[0], money("0.9"), now=NOW)
    wanted: dict[int, Decimal | None] = {row.pk: Decimal(n + 1) + money("0.000001") for n, row in enumerate(rows)}
    done = set_budgets(Level.CAMPAIGN, Period.DAY, wanted, actor="ann", now=NOW)
    assert len(done.changed) == 25
    assert dict(Campaign.objects.values_list("pk", "daily_budget")) == wanted
    assert BudgetAlert.objects.filter(campaign=rows[0], budget="daily_budget").exists()
    assert history()[0][2:] == ("daily_budget", None, "1.000001", "ann")
    set_budgets(Level.CAMPAIGN, Period.DAY, dict.fromkeys(wanted), actor="ann", now=NOW)
    assert set(Campaign.objects.values_list("daily_budget", flat=True)) == {None}


def test_what_changed_since_it_was_seen_is_told_and_nothing_is_written() -> None:
    """L4: read under the gate."""
    first, second = make_brand(daily_budget=1), make_brand(daily_budget=2)
    Brand.objects.filter(pk=second.pk).update(daily_budget=3)
    seen = {first.pk: Decimal(1), second.pk: Decimal(2)}
    with pytest.raises(Outdated) as caught:
        set_budgets(Level.BRAND, Period.DAY, dict.fromkeys(seen, Decimal(9)), seen=seen)
    assert caught.value.found == {second.pk: Decimal(3)}
    assert set(Brand.objects.values_list("daily_budget", flat=True)) == {Decimal(1), Decimal(3)}
    assert history() == []


def test_windows_are_copied_in_place_of_those_that_were() -> None:
    """T5, S4: each target keeps its zone and mode, and is evaluated at once."""
    source, target, same = make_campaign(), make_campaign(timezone="Asia/Tokyo"), make_campaign()
    for campaign in (source, same):
        make_window(campaign, 2, "11:00", "13:00")
        make_window(campaign, 4, "22:15", "06:30", is_active=False)
    make_window(target, 0, "00:00", "00:00")
    ids = [target.pk, same.pk]
    seen = windows_of([source.pk, *ids])
    foreseen = copy_preview(source.pk, [source.pk, *ids], now=NOW)
    assert [row.campaign_id for row in foreseen.pauses] == []
    done = copy_windows(source.pk, ids, seen=seen, actor="ann", now=NOW)
    assert done == Edited((target.pk,), (same.pk,))
    assert len({windows_of([pk])[pk] for pk in (source.pk, *ids)}) == 1
    target.refresh_from_db()
    assert target.timezone == "Asia/Tokyo"
    assert target.status == "PAUSED_DAYPART"  # 12:00 in Berlin is 20:00 there
    make_window(source, 6, "10:00", "11:00")
    with pytest.raises(Outdated) as caught:
        copy_windows(source.pk, ids, seen=seen)
    assert set(caught.value.found) == {source.pk, target.pk}


def test_taking_the_last_window_away_is_foreseen() -> None:
    """T6."""
    source, bound, free = make_campaign(), make_campaign(dayparting="REQUIRED"), make_campaign()
    make_window(bound, 2, "11:00", "13:00")
    make_window(free, 2, "13:00", "14:00")
    with services.editing(now=NOW):
        bound.save()
    foreseen = copy_preview(source.pk, [bound.pk, free.pk], now=NOW)
    assert [row.campaign_id for row in foreseen.pauses] == [bound.pk]
    assert [row.campaign_id for row in foreseen.resumes] == [free.pk]
    copy_windows(source.pk, [bound.pk, free.pk], now=NOW)
    assert services.campaign_status(free, now=NOW).can_run_now
    assert not services.campaign_status(bound, now=NOW).can_run_now


def test_a_source_that_is_gone_is_said() -> None:
    with pytest.raises(Campaign.DoesNotExist):
        copy_windows(0, [make_campaign().pk])


def test_a_thousand_cost_no_more_statements_than_ten() -> None:
    """S4b: the gate is held for a number of statements that does not grow."""
    statements = []
    inserting = ("INSERT", "SELECT nextval")  # rows by COPY ask for their ids first
    limit = connections[ledger_alias()].features.max_query_params
    for size in (10, 900 if limit else 1000):
        brand = make_brand()
        Campaign.objects.bulk_create(Campaign(brand=brand, name=str(n)) for n in range(size))
        ids = list(brand.campaigns.values_list("pk", flat=True))
        services.reconcile(brands=[brand], now=NOW)
        with captured() as sent:
            switch_many(Level.CAMPAIGN, ids, False, now=NOW)
        statements.append(len([one for one in sent if not one.startswith(inserting)]))
        with captured() as sent:
            set_budgets(Level.CAMPAIGN, Period.MONTH, dict.fromkeys(ids, Decimal(5)), now=NOW)
        statements.append(len([one for one in sent if not one.startswith(inserting)]))
    assert statements[:2] == statements[2:]
