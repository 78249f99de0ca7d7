"""How a host feeds spend: it asks its platform now and then, and sends what it heard under keys of its own."""

from __future__ import annotations

from decimal import Decimal
from random import Random

from celery import shared_task
from django.utils import timezone

from agency.traffic import spend
from django_adbudget.models import Campaign
from django_adbudget.services import SpendEntry, record_spend_batch


@shared_task(name="agency.collect_spend")
def collect_spend() -> int:
    """Records what the imaginary ad server spent in this minute; run twice in one, it records it once."""
    minute = timezone.now().replace(second=0, microsecond=0)
    entries = []
    for campaign in Campaign.objects.running().select_related("brand"):
        key = f"adserver:{campaign.pk}:{minute:%Y%m%dT%H%M}"
        amount = spend(campaign, minute, Decimal(1) / 60, Random(key))
        if amount:
            entry = SpendEntry(campaign=campaign, amount=amount, at=minute, idempotency_key=key, source="adserver")
            entries.append(entry)
    return record_spend_batch(entries).recorded
