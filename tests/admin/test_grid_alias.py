"""The grid where the ledger has a database of its own."""

from __future__ import annotations

import pytest
from django.test import Client

from django_adbudget.admin.grid.words import CONFIRM
from tests.factories import make_campaign

from .test_grid import change_url, errors, form, row, stored_row, windows


@pytest.mark.router
@pytest.mark.django_db(databases=["default", "ledger"])
def test_hours_are_painted_where_the_ledger_has_a_database_of_its_own(admin_client: Client) -> None:
    """T6."""
    campaign = make_campaign()
    assert admin_client.post(change_url(campaign), form(campaign, row(), row(2))).status_code == 302
    first, second = campaign.dayparting_schedules.all()
    gone = (stored_row(first, DELETE="on"), stored_row(second, DELETE="on"))
    assert str(CONFIRM) in errors(admin_client.post(change_url(campaign), form(campaign, *gone)))
    assert windows(campaign) == ["Monday 09:00 - 18:00", "Wednesday 09:00 - 18:00"]
