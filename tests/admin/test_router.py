"""The admin of a host that keeps the ledger in another database than its users, their log and their permissions."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from django_adbudget.models import Campaign, SpendRecord
from tests.routers import ALIAS

from .people import RULE, said, staff
from .test_permissions import OF_BRANDS, OURS, furnish, row_of
from .test_permissions import form_of as form_of_page
from .test_spending import correct_page, form_of, record_page, send

pytestmark = [pytest.mark.router, pytest.mark.django_db(databases="__all__", transaction=True)]


@pytest.fixture(params=[None, RULE], ids=["no rule", "a rule"])
def tenant(request: pytest.FixtureRequest, settings: Any) -> Client:
    settings.ADBUDGET = {"API_BRANDS_FOR": request.param}
    furnish("Acme")
    if request.param:
        furnish("Zorg")
    return staff("Acme:mia", "*")


def test_every_page_opens(tenant: Client) -> None:
    for model in OURS:
        base = f"/admin/django_adbudget/{model._meta.model_name}/"
        for query in ("", "?q=1", "?brand=Acme", "?campaign=Acme", "?on=today", "?p=1000"):
            assert tenant.get(base + query).status_code in {200, 302}, (model, query)
        if model in OF_BRANDS:
            pk = row_of(model, "Acme").pk
            pages = ["change", "history"] + (["delete"] if model._meta.model_name in {"brand", "campaign"} else [])
            for page in pages:
                assert tenant.get(f"{base}{pk}/{page}/").status_code == 200, (model, page)
    answer = tenant.get(reverse("admin:django_adbudget_overview"))
    assert b"Acme" in answer.content
    assert b"Zorg" not in answer.content


def test_money_is_kept_there_and_who_moved_it_here(tenant: Client) -> None:
    record = SpendRecord.objects.using(ALIAS).get(kind="SPEND", brand__name="Acme")
    page = correct_page(record)
    answer = send(tenant, page, {**form_of(tenant, page), "amount": "1", "description": "x"})
    assert "was taken back" in said(answer)[0]
    page = record_page(record.campaign)
    answer = send(tenant, page, {**form_of(tenant, page), "amount": "1"})
    assert "was recorded" in said(answer)[0]
    assert LogEntry.objects.using("default").filter(user__username="Acme:mia").count() == 3


def test_a_campaign_is_saved_and_deleted(tenant: Client) -> None:
    fresh = Campaign.objects.using(ALIAS).get(name="Acme fresh")
    page = f"/admin/django_adbudget/campaign/{fresh.pk}/"
    sent = form_of_page(tenant, page + "change/")
    assert tenant.post(page + "change/", {**sent, "name": "Renamed"}).status_code == 302
    assert Campaign.objects.using(ALIAS).get(pk=fresh.pk).name == "Renamed"
    assert tenant.post(page + "delete/", {"post": "yes"}).status_code == 302
    assert not Campaign.objects.using(ALIAS).filter(pk=fresh.pk).exists()
