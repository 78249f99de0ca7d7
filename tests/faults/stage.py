"""Before and after a storm: `python -m tests.faults.stage prepare|check|compare SPENDS`, on the database of `site`.

Each prints one JSON object as its last line.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import timedelta
from typing import Any

import django

ZONES = ("UTC", "America/New_York", "Asia/Kathmandu", "Europe/Berlin", "Pacific/Auckland")


def prepare(spends: int) -> dict[str, Any]:
    from django.contrib.auth import get_user_model
    from django.core.management import call_command
    from django.utils import timezone

    from django_adbudget import services
    from django_adbudget.models import Brand, Campaign
    from django_adbudget.services.access.tokens import issue_token

    from .plan import BRANDS, CAMPAIGNS, brand_budget, campaign_budget

    call_command("migrate", verbosity=0)
    user = get_user_model().objects.create_superuser("storm")
    _, token = issue_token(user, expires_at=timezone.now() + timedelta(days=30))
    brands = [
        Brand.objects.create(
            name=f"{n}", timezone=ZONES[n % len(ZONES)], currency="EUR", daily_budget=brand_budget(n, spends)
        )
        for n in range(BRANDS)
    ]
    campaigns = [
        Campaign.objects.create(brand=brands[n % BRANDS], name=f"{n}", daily_budget=campaign_budget(n, spends))
        for n in range(CAMPAIGNS)
    ]
    services.reconcile()
    return {"token": token, "campaigns": [[campaign.brand_id, campaign.pk] for campaign in campaigns]}


def check(spends: int) -> dict[str, Any]:
    """One tick; then nothing is lost, nothing doubled, totals are the ledger's and every status is the derived one."""
    from django_adbudget import services
    from django_adbudget.clock import instant
    from django_adbudget.models import Campaign, SpendRecord, StatusChange
    from tests.integration.books import check_books

    from .plan import Spend

    now = instant()
    services.reconcile(due_only=True, now=now)
    check_books(now)
    ids = list(Campaign.objects.order_by("pk").values_list("pk", flat=True))
    wanted = {spend.key: (ids[spend.campaign], spend.amount) for spend in map(Spend, range(spends))}
    rows = list(SpendRecord.objects.values_list("idempotency_key", "campaign_id", "amount"))
    found = {key: (campaign, amount) for key, campaign, amount in rows}
    return {
        "records": len(rows),
        "lost": len(wanted.keys() - found.keys()),
        "doubled": len(rows) - len(found),
        "wrong": sum(found[key] != wanted.get(key) for key in found),
        "total": str(sum(amount for _, _, amount in rows)),
        "wanted": str(sum(amount for _, amount in wanted.values())),
        "paused": Campaign.objects.filter(status="PAUSED_BUDGET").count(),
        "changes": StatusChange.objects.count(),
    }


def compare(spends: int) -> dict[str, Any]:
    """Campaigns whose stored status is not the derived one, with nothing done about it before."""
    from django_adbudget import services
    from django_adbudget.clock import instant
    from django_adbudget.models import Campaign

    now = instant()
    found = [(c.pk, c.status, services.campaign_status(c, now=now).status) for c in Campaign.objects.all()]
    return {"out_of_date": [row for row in found if row[1] != row[2]]}


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.faults.site"
    django.setup()
    if "ADBUDGET_FAULTS_CLOCK" in os.environ:
        from tests.faults.celery_site import install_clock

        install_clock()
    action = {"prepare": prepare, "check": check, "compare": compare}[sys.argv[1]]
    print(json.dumps(action(int(sys.argv[2]))))
