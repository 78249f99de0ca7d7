"""Who may do what, and that what is another's answers as what does not exist, on every page that is registered."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.admin import site
from django.contrib.auth.models import User
from django.db import models
from django.test import Client
from django.urls import reverse

from django_adbudget import services
from django_adbudget.models import (
    Brand,
    BudgetChange,
    Campaign,
    DaypartingSchedule,
    Heartbeat,
    SpendRecord,
)
from django_adbudget.services.access.visibility import brand_path
from tests.factories import make_brand, make_campaign, make_window, money

from .people import RULE, client_of, said, staff

pytestmark = pytest.mark.django_db

NOBODYS = 10**15
OURS = [model for model in site._registry if model._meta.app_label == "django_adbudget"]
OF_BRANDS = [model for model in OURS if brand_path(model)]


@pytest.fixture(autouse=True)
def rule(settings: Any) -> None:
    settings.ADBUDGET = {"API_BRANDS_FOR": RULE}


def furnish(name: str) -> Campaign:
    """A brand with a row of everything; each of its names holds the brand's."""
    brand = make_brand(name=name, daily_budget=90, external_id=f"{name}-x")
    campaign = make_campaign(brand, name=f"{name} spring", daily_budget=5, external_id=f"{name}-spring")
    make_window(campaign, 0, "00:00", "00:00")
    record = services.record_spend(campaign, 6, source=name, description=f"{name} words").record
    services.correct_spend(record, 2, description=f"{name} reason")
    with services.editing(actor=f"{name} person"):
        campaign.daily_budget = money("3")
        campaign.save()
    fresh = make_campaign(brand, name=f"{name} fresh")  # without spend, so that it could move
    make_window(fresh, 1, "08:00", "09:00")
    return campaign


@pytest.fixture
def own(db: None) -> Campaign:
    return furnish("Acme")


@pytest.fixture
def foreign(db: None) -> Campaign:
    return furnish("Zorg")


@pytest.fixture
def tenant(own: Campaign) -> Client:
    return staff("Acme:mia", "*")


def row_of(model: type[models.Model], brand: str) -> models.Model:
    path = brand_path(model)
    assert path
    path = "name" if path == "pk" else f"{path}__name"
    return model._default_manager.filter(**{path: brand}).order_by("-pk")[0]


def everything(of: str = "") -> dict[str, list[Any]]:
    """All rows that a crafted request could touch, or those of a brand."""
    facts = (Brand, Campaign, DaypartingSchedule, SpendRecord)
    hidden = {"evaluated_at", "updated_at", "next_check_at"}
    return {
        model.__name__: [
            {name: value for name, value in row.items() if name not in hidden}
            for row in model._default_manager.filter(**_of(model, of)).order_by("pk").values()
        ]
        for model in facts
    }


def _of(model: type[models.Model], brand: str) -> dict[str, Any]:
    path = brand_path(model)
    owners = Brand.objects.filter(name__startswith=brand).values("pk")
    return {f"{path}__in": owners}


def pages_with_ids(model: type[models.Model]) -> Iterator[str]:
    """Every address of a model's pages that holds an id, with ``{}`` in its place; of actions and hosts' too."""
    for pattern in site.get_model_admin(model).get_urls():
        route = str(pattern.pattern)
        if "<" in route:
            yield f"/admin/django_adbudget/{model._meta.model_name}/" + re.sub(r"<[^>]+>", "{}", route)


def told(client: Client, method: str, page: str, pk: object, **sent: Any) -> tuple[Any, ...]:
    """Status, where it leads, and what is said there, with the id taken out."""
    url = page.format(pk)
    answer = getattr(client, method)(url, {"post": "yes", "amount": "1", "key": "0" * 32, "description": "x", **sent})
    where = str(answer.headers.get("Location", "")).replace(str(pk), "ID")
    after = client.get("/admin/") if answer.status_code == 302 else answer
    messages = [message.replace(str(pk), "ID") for message in said(after)] if after.context else []
    return answer.status_code, where, messages


@pytest.mark.parametrize("model", OF_BRANDS, ids=lambda model: model._meta.model_name)
def test_what_is_anothers_answers_as_what_does_not_exist(
    tenant: Client, foreign: Campaign, model: type[models.Model]
) -> None:
    before = everything()
    pages = list(pages_with_ids(model))
    assert len(pages) >= 4
    for page in pages:
        about = Campaign if "record/" in page else model
        pk = row_of(about, "Zorg").pk
        for method in ("get", "post"):
            assert told(tenant, method, page, pk) == told(tenant, method, page, NOBODYS), (method, page)
    assert everything() == before


@pytest.mark.parametrize("model", OF_BRANDS, ids=lambda model: model._meta.model_name)
def test_superusers_are_held_to_the_rule_too(own: Campaign, foreign: Campaign, model: type[models.Model]) -> None:
    """The host's callable sees who asks, and decides."""
    client = client_of(User.objects.create_superuser("Acme:root"))
    assert (
        client.get(f"/admin/django_adbudget/{model._meta.model_name}/{row_of(model, 'Acme').pk}/change/").status_code
        == 200
    )
    page = f"/admin/django_adbudget/{model._meta.model_name}/{{}}/change/"
    assert told(client, "get", page, row_of(model, "Zorg").pk) == told(client, "get", page, NOBODYS)


def own_pages() -> Iterator[str]:
    yield from ("/admin/", "/admin/django_adbudget/")
    yield reverse("admin:django_adbudget_overview")
    yield reverse("admin:django_adbudget_overview") + "?parts"
    for model in OURS:
        base = f"/admin/django_adbudget/{model._meta.model_name}/"
        yield base
        yield base + "add/"
        for query in ("?q=zorg", "?q=zorg-x", "?p=-1"):
            yield base + query
        if model in OF_BRANDS:
            pk = row_of(model, "Acme").pk
            yield from (f"{base}{pk}/{page}/" for page in ("change", "history", "delete"))
    fresh = Campaign.objects.get(name="Acme fresh")
    yield f"/admin/django_adbudget/campaign/{fresh.pk}/delete/"
    yield f"/admin/django_adbudget/campaign/{fresh.pk}/change/"
    record = SpendRecord.objects.get(kind="SPEND", brand__name="Acme")
    yield reverse("admin:django_adbudget_spendrecord_correct", args=[record.pk])
    yield reverse("admin:django_adbudget_spendrecord_record", args=[record.campaign_id])
    yield "/admin/autocomplete/?app_label=django_adbudget&model_name=campaign&field_name=brand&term="


def test_no_page_names_what_is_anothers(tenant: Client, foreign: Campaign) -> None:
    """Lists, filters, choices, history, confirmations, autocompletes and the overview."""
    for page in own_pages():
        answer = tenant.get(page, follow=True)
        text = answer.content.decode()
        assert answer.status_code in {200, 403}, page
        assert "Zorg" not in text, page
    assert "Acme" in tenant.get(reverse("admin:django_adbudget_overview")).content.decode()


@pytest.mark.parametrize(
    "query", ["brand={brand}", "brand=Zorg", "campaign={campaign}", "campaign=Zorg", "source=Zorg source"]
)
@pytest.mark.parametrize("name", ["spendrecord", "statuschange", "budgetchange", "budgetalert", "platformorder"])
def test_filters_find_nothing_of_anothers(tenant: Client, foreign: Campaign, name: str, query: str) -> None:
    query = query.format(brand=foreign.brand_id, campaign=foreign.pk)
    answer = tenant.get(f"/admin/django_adbudget/{name}/?{query}")
    if answer.status_code == 302:
        assert answer.headers["Location"].endswith("?e=1"), "no such filter on this list"
    else:
        assert answer.context["cl"].result_list == []
        assert "spring" not in answer.content.decode()


def test_lookups_of_djangos_own_find_nothing_either(tenant: Client, foreign: Campaign) -> None:
    for query in (f"brand__id__exact={foreign.brand_id}", f"campaign__id__exact={foreign.pk}", f"id={foreign.pk}"):
        assert list(tenant.get(f"/admin/django_adbudget/spendrecord/?{query}").context["cl"].result_list) in ([], None)
    answer = tenant.get(f"/admin/django_adbudget/campaign/?brand__id__exact={foreign.brand_id}")
    assert list(answer.context["cl"].result_list) == []


def form_of(client: Client, page: str) -> dict[str, Any]:
    """The form of a page as a browser would send it back."""
    context = client.get(page).context
    form = context["adminform"].form
    sent = {form.add_prefix(name): form[name].value() for name in form.fields}
    for inline in context["inline_admin_formsets"]:
        formset = inline.formset
        for part in [formset.management_form, *formset.forms]:
            sent |= {part.add_prefix(name): part[name].value() for name in part.fields}
    return {name: ("on" if value is True else value) for name, value in sent.items() if value not in (None, False)}


class TestCraftedPosts:
    def test_a_campaign_moves_into_no_brand_of_anothers(self, tenant: Client, foreign: Campaign) -> None:
        fresh = Campaign.objects.get(name="Acme fresh")
        page = f"/admin/django_adbudget/campaign/{fresh.pk}/change/"
        before, sent = everything("Zorg"), form_of(tenant, page)
        for brand in (foreign.brand_id, NOBODYS):
            answer = tenant.post(page, {**sent, "brand": brand})
            assert answer.status_code == 200
            errors = answer.context["adminform"].form.errors["brand"]
            assert "valid choice" in errors[0] or "not one of the available" in errors[0]
            assert "Zorg" not in answer.content.decode()
        assert everything("Zorg") == before
        assert tenant.post(page, {**sent, "name": "Renamed"}).status_code == 302, "the form itself is right"

    @pytest.mark.parametrize("brand", ["x", "1.5", "9" * 30, "-1", "1 OR 1"])
    def test_nor_into_what_is_no_id(self, tenant: Client, brand: str) -> None:
        fresh = Campaign.objects.get(name="Acme fresh")
        page = f"/admin/django_adbudget/campaign/{fresh.pk}/change/"
        answer = tenant.post(page, {**form_of(tenant, page), "brand": brand})
        assert answer.status_code == 200
        assert "brand" in answer.context["adminform"].form.errors

    def test_nor_is_one_added_there(self, tenant: Client, foreign: Campaign) -> None:
        page = "/admin/django_adbudget/campaign/add/"
        sent = {**form_of(tenant, page), "name": "New", "brand": foreign.brand_id}
        assert "brand" in tenant.post(page, sent).context["adminform"].form.errors
        assert not Campaign.objects.filter(name="New").exists()

    def test_windows_of_anothers_campaign(self, tenant: Client, foreign: Campaign) -> None:
        fresh = Campaign.objects.get(name="Acme fresh")
        page = f"/admin/django_adbudget/campaign/{fresh.pk}/change/"
        before, sent = everything("Zorg"), form_of(tenant, page)
        theirs = foreign.dayparting_schedules.get()
        for crafted in (
            {"dayparting_schedules-0-id": theirs.pk, "dayparting_schedules-0-DELETE": "on"},
            {"dayparting_schedules-0-id": theirs.pk, "dayparting_schedules-0-start_time": "01:00"},
            {"dayparting_schedules-0-campaign": foreign.pk, "dayparting_schedules-0-start_time": "01:00"},
        ):
            assert tenant.post(page, {**sent, **crafted}).status_code in {200, 302}
            assert everything("Zorg") == before

    @pytest.mark.parametrize("model", [Brand, Campaign])
    def test_every_action_leaves_anothers_rows_alone(
        self, tenant: Client, foreign: Campaign, model: type[models.Model]
    ) -> None:
        page = f"/admin/django_adbudget/{model._meta.model_name}/"
        offered = tenant.get(page).context["action_form"].fields["action"].choices
        actions = [name for name, _words in offered if name]
        assert {"delete_selected", "export_csv", "pause", "set_budget"} <= set(actions)
        before, theirs = everything("Zorg"), [row.pk for row in model._default_manager.filter(name__startswith="Zorg")]
        for action in actions:
            for across in ("0", "1"):
                sent = {"action": action, "_selected_action": theirs, "select_across": across, "index": "0"}
                first = tenant.post(page, sent)
                assert "Zorg" not in _text(first), action
                if across == "0":
                    again = {**sent, "post": "yes", "step": "preview", "daily_budget": "0", "source": foreign.pk}
                    del again["index"]
                    assert "Zorg" not in _text(tenant.post(page, again)), action
                    assert everything("Zorg") == before, action

    def test_a_superuser_cannot_delete_what_the_rule_hides(self, own: Campaign, foreign: Campaign) -> None:
        client = client_of(User.objects.create_superuser("Acme:root"))
        theirs = Campaign.objects.get(name="Zorg fresh")
        sent = {"action": "delete_selected", "_selected_action": [theirs.pk], "post": "yes"}
        client.post("/admin/django_adbudget/campaign/", sent)
        client.post(f"/admin/django_adbudget/campaign/{theirs.pk}/delete/", {"post": "yes"})
        assert Campaign.objects.filter(pk=theirs.pk).exists()


def _text(answer: Any) -> str:
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return bytes(body).decode()


class TestModelPermissions:
    @pytest.fixture(autouse=True)
    def rule(self, settings: Any) -> None:
        settings.ADBUDGET = {}

    @pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.model_name)
    def test_nobody_sees_what_they_may_not_view(self, own: Campaign, model: type[models.Model]) -> None:
        client, name = staff("mia"), model._meta.model_name
        others = staff("eva", *[f"view_{m._meta.model_name}" for m in OURS if m is not model])
        for base in (f"/admin/django_adbudget/{name}/",):
            assert client.get(base).status_code == others.get(base).status_code == 403
        if model in OF_BRANDS:
            page = f"/admin/django_adbudget/{name}/{row_of(model, 'Acme').pk}/change/"
            assert client.get(page).status_code == others.get(page).status_code == 403

    def test_readers_get_no_forms(self, own: Campaign) -> None:
        client = staff("mia", *[f"view_{model._meta.model_name}" for model in OURS])
        before = everything()
        for model in OURS:
            base = f"/admin/django_adbudget/{model._meta.model_name}/"
            assert client.get(base).status_code == 200
            assert client.get(base + "add/").status_code == 403
            if model in OF_BRANDS:
                page = f"{base}{row_of(model, 'Acme').pk}/"
                text = client.get(page + "change/").content.decode()
                assert 'name="_save"' not in text
                assert not re.search(r'<(?:input|select|textarea)(?! type="(?:hidden|submit)")[^>]* name=', text), model
                assert client.post(page + "change/", {"name": "x"}).status_code == 403
                assert client.post(page + "delete/", {"post": "yes"}).status_code == 403
        assert everything() == before

    def test_the_overview_shows_what_each_may_view(self, own: Campaign) -> None:
        Heartbeat.objects.create(name="tick", at=own.created_at)
        page = reverse("admin:django_adbudget_overview")
        parts = {"view_campaign": "paused", "view_platformorder": "sync", "view_budgetchange": "changes"}
        parts["view_heartbeat"] = "health"
        assert staff("nobody", *parts).get(page).status_code == 403, "it is a page of brands"
        for permission, part in parts.items():
            text = staff(permission, "view_brand", permission).get(page).content.decode()
            assert [p for p in parts.values() if f'id="ab-part-{p}"' in text] == [part]
            assert page in staff(f"{permission} 2", "view_brand").get("/admin/django_adbudget/").content.decode()


class TestDeleting:
    @pytest.fixture(autouse=True)
    def rule(self, settings: Any) -> None:
        settings.ADBUDGET = {}

    def test_what_has_spent_is_kept_and_a_sentence_says_why(self, admin_client: Client, own: Campaign) -> None:
        for row, name in ((own, "campaign"), (own.brand, "brand")):
            page = f"/admin/django_adbudget/{name}/{row.pk}/delete/"
            text = admin_client.get(page).content.decode()
            assert f"The spend of {row.name}, which is kept for ever. Switch it off instead." in text
            assert "SPEND" not in text, "records are not listed one by one"
            assert admin_client.post(page, {"post": "yes"}).status_code == 200
            sent = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
            assert "kept for ever" in admin_client.post(f"/admin/django_adbudget/{name}/", sent).content.decode()
        assert Brand.objects.get().campaigns.count() == 2

    def test_what_the_platform_may_be_running_is_switched_off_first(self, admin_client: Client) -> None:
        campaign = make_campaign(make_brand(name="Acme"))
        services.deliver_status_changes()
        said = "which the ad platform may be running. Switch it off; delete it once that is confirmed."
        for row, name in ((campaign, "campaign"), (campaign.brand, "brand")):
            page = f"/admin/django_adbudget/{name}/{row.pk}/delete/"
            assert f"{row.name}, {said}" in admin_client.get(page).content.decode()
            assert admin_client.post(page, {"post": "yes"}).status_code == 200
        services.deactivate_campaign(campaign)
        page = f"/admin/django_adbudget/campaign/{campaign.pk}/delete/"
        assert said in admin_client.get(page).content.decode()
        services.deliver_status_changes()
        assert admin_client.post(page, {"post": "yes"}).status_code == 302
        assert not Campaign.objects.exists()

    def test_history_goes_with_what_has_not(self, own: Campaign) -> None:
        """Nobody may delete history by itself, which must not keep a campaign from going."""
        client = staff("mia", "delete_campaign", "delete_brand", "view_campaign", "view_brand", "change_campaign")
        fresh = Campaign.objects.get(name="Acme fresh")
        with services.editing():
            fresh.daily_budget = money("7")
            fresh.save()
        assert BudgetChange.objects.filter(campaign=fresh).exists()
        page = f"/admin/django_adbudget/campaign/{fresh.pk}/delete/"
        assert "permission" not in client.get(page).content.decode()
        assert client.post(page, {"post": "yes"}).status_code == 302
        assert not Campaign.objects.filter(pk=fresh.pk).exists()

    def test_of_campaigns_needs_its_permission(self, own: Campaign) -> None:
        brand = make_brand(name="Empty")
        make_campaign(brand)
        client, page = staff("mia", "delete_brand", "view_brand"), f"/admin/django_adbudget/brand/{brand.pk}/delete/"
        assert "permission" in client.get(page).content.decode()
        assert client.post(page, {"post": "yes"}).status_code == 403
        assert Brand.objects.filter(pk=brand.pk).exists()


def test_every_model_of_ours_is_registered_and_its_list_opens(admin_client: Client, settings: Any) -> None:
    settings.ADBUDGET = {}
    furnish("Acme")
    names = {model._meta.model_name for model in OURS}
    assert names >= {
        *("apitoken", "brand", "campaign", "spendrecord", "statuschange", "budgetchange", "budgetalert"),
        *("platformorder", "budgetsummary", "campaignsummary", "heartbeat", "ledgeropening"),
    }
    for name in names:
        assert admin_client.get(f"/admin/django_adbudget/{name}/").status_code == 200
