"""A host whose ledger has a database of its own, apart from that of its users (rule H1)."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from django_adbudget import services
from django_adbudget.models import BudgetChange, Campaign
from tests.admin.test_actions import act, hidden, rows_of, said
from tests.factories import make_brand, make_campaign, make_window
from tests.integration.host import captured
from tests.routers import ALIAS

pytestmark = [pytest.mark.router, pytest.mark.django_db(transaction=True, databases=["default", ALIAS])]


@pytest.fixture
def rows() -> list[Any]:
    brand = make_brand(daily_budget=10)
    found = [make_campaign(brand, name=f"c{n}", daily_budget=5) for n in range(2)]
    make_window(found[0], 0, "09:00", "18:00")
    services.record_spend(found[0], 10)
    return found


def test_lists_filters_and_actions_ask_the_ledgers_database(rows: list[Any], admin_client: Client) -> None:
    with captured("default") as elsewhere:
        brands, campaigns = (reverse(f"admin:django_adbudget_{name}_changelist") for name in ("brand", "campaign"))
        for url in (brands, campaigns):
            assert admin_client.get(url, {"_facets": "True", "o": "3"}).status_code == 200
        assert (
            admin_client.get(campaigns, {"brand": "B", "zone": "Europe/Berlin", "reason": "ENDED"}).status_code == 200
        )
        assert "2 campaigns switched off" in said(act(admin_client, "pause", rows))
        assert "2 campaigns switched on" in said(act(admin_client, "activate", rows))
        form = {"period": "DAY", "change": "lower", "value": "10"}
        plan = hidden(act(admin_client, "set_budget", rows, step="preview", **form), "plan")
        assert "2 campaigns set" in said(act(admin_client, "set_budget", rows, step="apply", plan=plan, **form))
        act(admin_client, "copy_dayparting", rows, step="find", find="c")
        source = {"source": str(rows[0].pk)}
        plan = hidden(act(admin_client, "copy_dayparting", rows, step="preview", **source), "plan")
        assert "replaced" in said(act(admin_client, "copy_dayparting", rows, step="apply", plan=plan, **source))
        assert "evaluated" in said(act(admin_client, "enforce_now", rows))
        assert len(rows_of(act(admin_client, "export_csv", rows))) == 2
        assert len(rows_of(act(admin_client, "export_csv", [rows[0].brand]))) == 1
    assert [one for one in elsewhere if "adbudget" in one] == []
    assert set(BudgetChange.objects.values_list("actor", flat=True)) == {"admin"}


def test_a_list_of_one_hundred_and_of_one_costs_the_same(rows: list[Any], admin_client: Client) -> None:
    counts = []
    for part in range(2):
        with captured(ALIAS) as sent:
            admin_client.get(reverse("admin:django_adbudget_campaign_changelist"))
        counts.append(len(sent))
        Campaign.objects.bulk_create(Campaign(brand=rows[0].brand, name=f"n{part}.{n}") for n in range(100))
    assert counts[0] == counts[1]
