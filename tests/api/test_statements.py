"""What a request costs in statements, whatever the list is long. Those of ``BEGIN`` and ``COMMIT`` count too."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from django_adbudget import services
from django_adbudget.models import Brand, Campaign
from tests.factories import make_brand

from .calls import Answer, Caller, spend_of
from .conftest import caller_for, grant

pytestmark = pytest.mark.django_db(transaction=True)

#: The token with its user, and the permission; PostgreSQL gives them together.
DOOR = 1 if connection.vendor == "postgresql" else 2
#: SQLite and MariaDB are told how long to wait, before and after; on PostgreSQL the statement that locks says so.
PATIENCE = 0 if connection.vendor == "postgresql" else 2
COSTS: dict[str, tuple[Callable[[Caller, Campaign], Answer], int]] = {
    "spend": (lambda c, x: c.post("spend/", spend_of(x)), DOOR + PATIENCE + 1 + 7),
    "spend with a key": (lambda c, x: c.post("spend/", spend_of(x, idempotency_key="k")), DOOR + PATIENCE + 1 + 8),
    "batch of 100": (
        lambda c, x: c.post("spend/batch/", {"records": [spend_of(x, idempotency_key=str(n)) for n in range(100)]}),
        DOOR + PATIENCE + 1 + 10,
    ),
    "status": (lambda c, x: c.get(f"campaigns/{x.pk}/status/"), DOOR + 1 + 4 + 1),
    "toggle": (
        lambda c, x: c.post(f"campaigns/{x.pk}/toggle/", {"action": "deactivate"}),
        DOOR + PATIENCE + 1 + 27 + 1,
    ),
    "brand": (lambda c, x: c.get(f"brands/{x.brand_id}/status/"), DOOR + 1 + 5),
    "brands": (lambda c, x: c.get("brands/"), DOOR + 2),
    "campaigns": (lambda c, x: c.get("campaigns/"), DOOR + 2 + 4),
    "changes": (lambda c, x: c.get(f"campaigns/{x.pk}/changes/"), DOOR + 3),
    "summaries": (lambda c, x: c.get(f"brands/{x.brand_id}/summaries/"), DOOR + 3),
}


@pytest.fixture(params=[3, 60])
def campaign(request: pytest.FixtureRequest) -> Campaign:
    brand = make_brand(name="Acme", daily_budget=1000)
    Campaign.objects.bulk_create([Campaign(brand=brand, name=f"{n}") for n in range(request.param)])
    services.reconcile()
    first = Campaign.objects.select_related("brand").earliest("pk")
    services.record_spend(first, 1)
    return first


@pytest.fixture
def caller(campaign: Campaign) -> Caller:
    caller = caller_for(grant(User.objects.create_user("acme:mia")))
    caller.get("brands/")  # notes that the token is in use, for an hour
    return caller


@pytest.mark.parametrize(("send", "most"), COSTS.values(), ids=COSTS)
def test_costs(caller: Caller, campaign: Campaign, send: Callable[[Caller, Campaign], Answer], most: int) -> None:
    with CaptureQueriesContext(connection) as context:
        assert send(caller, campaign).status in {200, 201}
    statements = [query["sql"][:100] for query in context.captured_queries]
    assert len(statements) <= most, statements
    assert Brand.objects.count() == 1
