"""Every page of the admin that the package registers: no fault for axe, no word in the console, nothing to scroll."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.admin import ModelAdmin, site
from django.contrib.auth import get_user_model
from django.db.models import Model
from django.test import RequestFactory
from django.urls import reverse

from django_adbudget.models import Brand, Campaign
from tests.browser.checks import faults
from tests.browser.conftest import CheckPage, OpenPage
from tests.browser.looks import LIGHT, RTL, Look

APP = "django_adbudget"
MODELS = sorted((model for model in site._registry if model._meta.app_label == APP), key=lambda model: model.__name__)
#: Rows that have much to show; of other models the newest.
SHOWN: dict[type[Model], str] = {Brand: "Röstwerk Kaffee", Campaign: "Bürozeiten"}

#: Of a list; more of them take axe long, and are all alike.
ROWS = 15

both_ways = pytest.mark.parametrize("look", [LIGHT, RTL], ids=["ltr", "rtl"])


def pages(model: type[Model]) -> Iterator[str]:
    """The addresses that a superuser may open."""
    admin: ModelAdmin[Any] = site._registry[model]
    request = RequestFactory().get("/")
    request.user = get_user_model().objects.get()
    name = f"admin:{APP}_{model._meta.model_name}"
    rows = model._default_manager.all()
    row = rows.get(name=SHOWN[model]) if model in SHOWN else rows.order_by("pk").last()
    yield reverse(f"{name}_changelist")
    if admin.has_add_permission(request):
        yield reverse(f"{name}_add")
    if row is None:
        return
    yield reverse(f"{name}_change", args=[row.pk])
    yield reverse(f"{name}_history", args=[row.pk])
    if admin.has_delete_permission(request, row):
        yield reverse(f"{name}_delete", args=[row.pk])


@both_ways
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_pages_of_a_model(model: type[Model], look: Look, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site._registry[model], "list_per_page", ROWS)
    page = open_page(look)
    found = []
    for address in pages(model):
        page.goto(address)
        found += [f"{address}: {fault}" for fault in faults(page)]
    assert not found, "\n".join(found)


@both_ways
def test_the_index_of_the_app(look: Look, open_page: OpenPage, check_page: CheckPage) -> None:
    page = open_page(look)
    page.goto(reverse("admin:app_list", args=[APP]))
    check_page(page)


@both_ways
def test_the_overview(look: Look, open_page: OpenPage, check_page: CheckPage) -> None:
    page = open_page(look)
    page.goto(reverse("admin:django_adbudget_overview"))
    check_page(page)
