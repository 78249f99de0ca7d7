"""Closed by default: who is nobody, may not, or asks for what is somebody else's."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.models import Group, Permission, User
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from django_adbudget import services
from django_adbudget.checks import check_settings
from django_adbudget.models import ApiToken, Campaign, SpendRecord
from django_adbudget.services.access import tokens
from tests.factories import make_brand, make_campaign

from .calls import Caller, spend_of
from .conftest import caller_for, grant

pytestmark = pytest.mark.django_db

#: Method, path, body (by campaign and record) and the permission it needs.
ENDPOINTS: dict[str, tuple[str, str, Any, str]] = {
    "spend": ("POST", "spend/", spend_of, "record_spend"),
    "batch": ("POST", "spend/batch/", lambda c: {"records": [spend_of(c)]}, "record_spend"),
    "correction": ("POST", "spend/{record}/corrections/", lambda c: {"amount": 1}, "correct_spend"),
    "total": ("PUT", "campaigns/{campaign}/totals/{day}/", lambda c: {"total": 1, "source": "g"}, "record_spend"),
    "status": ("GET", "campaigns/{campaign}/status/", None, "view_campaign"),
    "toggle": ("POST", "campaigns/{campaign}/toggle/", lambda c: {"action": "deactivate"}, "change_campaign"),
    "changes": ("GET", "campaigns/{campaign}/changes/", None, "view_statuschange"),
    "brand": ("GET", "brands/{brand}/status/", None, "view_brand"),
    "summaries": ("GET", "brands/{brand}/summaries/", None, "view_budgetsummary"),
}
LISTS = {"brands": ("brands/", "view_brand"), "campaigns": ("campaigns/", "view_campaign")}


def call(caller: Caller, endpoint: str, record: SpendRecord) -> Any:
    method, path, body, _ = ENDPOINTS[endpoint]
    names = {"record": record.pk, "campaign": record.campaign_id, "brand": record.brand_id}
    path = path.format(**names, day=timezone.now().date())
    return caller(method, path, body(record.campaign) if body else None)


@pytest.fixture
def record(campaign: Campaign) -> SpendRecord:
    return services.record_spend(campaign, 5, idempotency_key="first").record


@pytest.fixture
def foreign() -> SpendRecord:
    return services.record_spend(make_campaign(make_brand(name="Zorg")), 5).record


def untouched(record: SpendRecord) -> None:
    assert SpendRecord.objects.filter(campaign=record.campaign_id).count() == 1
    assert Campaign.objects.get(pk=record.campaign_id).is_active


def test_no_endpoint_is_left_out() -> None:
    """One that is added later is asked for what is another's too; health is nobody's."""
    document = json.loads((Path(__file__).parent / "openapi.json").read_text())
    found = {
        (method.upper(), path.removeprefix("/api/").replace("_id}", "}").replace("{date}", "{day}"))
        for path, methods in document["paths"].items()
        for method in methods
    }
    asked = {(method, path) for method, path, *_ in ENDPOINTS.values()} | {("GET", path) for path, _ in LISTS.values()}
    assert found - asked == {("GET", "health/")}
    assert asked <= found


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_whoever_may_do_it_and_nothing_else(record: SpendRecord, base: str, endpoint: str) -> None:
    user = grant(User.objects.create_user("acme:one"), ENDPOINTS[endpoint][3])
    assert call(caller_for(user, base), endpoint, record).status in {200, 201}


def test_a_permission_of_a_group(record: SpendRecord) -> None:
    user, group = User.objects.create_user("acme:six"), Group.objects.create(name="media")
    caller = caller_for(user)
    user.groups.add(group, Group.objects.create(name="others"))
    assert caller.get("brands/").status == 403
    group.permissions.set(Permission.objects.filter(codename="view_brand"))
    assert caller.get("brands/").status == 200
    assert caller.get("campaigns/").status == 403


def test_a_superuser_may_do_everything(record: SpendRecord) -> None:
    caller = caller_for(User.objects.create_superuser("acme:root"))
    assert all(call(caller, endpoint, record).status < 300 for endpoint in ENDPOINTS)


class EveryoneMay(BaseBackend):
    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        return perm == "django_adbudget.view_brand"


def test_backends_of_the_hosts_are_asked(record: SpendRecord, settings: Any) -> None:
    settings.AUTHENTICATION_BACKENDS = [*settings.AUTHENTICATION_BACKENDS, f"{__name__}.EveryoneMay"]
    caller = caller_for(User.objects.create_user("acme:seven"))
    assert (caller.get("brands/").status, caller.get("campaigns/").status) == (200, 403)


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_nobody(record: SpendRecord, base: str, endpoint: str) -> None:
    answer = call(caller_for(None, base), endpoint, record)
    assert answer.status == 401
    assert answer.response["WWW-Authenticate"]
    untouched(record)


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_a_user_without_the_permission(record: SpendRecord, base: str, endpoint: str) -> None:
    others = {permission for *_, permission in ENDPOINTS.values()} - {ENDPOINTS[endpoint][3]}
    user = grant(User.objects.create_user("acme:two"), *others)
    assert call(caller_for(user, base), endpoint, record).status == 403
    untouched(record)


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_a_tenant_and_what_is_somebody_elses(
    caller: Caller, record: SpendRecord, foreign: SpendRecord, endpoint: str
) -> None:
    """The same answer, byte for byte, as for what does not exist."""
    answer = call(caller, endpoint, foreign)
    assert answer.status == 404
    untouched(foreign)
    gone = SpendRecord(pk=10**15, brand_id=10**15, campaign=Campaign(pk=10**15, brand_id=10**15))
    assert call(caller, endpoint, gone).response.content == answer.response.content


def test_a_tenants_own_brand_with_a_foreign_campaign_and_the_reverse(
    caller: Caller, record: SpendRecord, foreign: SpendRecord
) -> None:
    for mixed in ({"campaign_id": foreign.campaign_id}, {"brand_id": foreign.brand_id}):
        sent = spend_of(record.campaign, **mixed)
        assert caller.post("spend/", sent).status == 404
        assert caller.post("spend/batch/", {"records": [spend_of(record.campaign), sent]}).status == 404
    untouched(record)
    untouched(foreign)


@pytest.mark.parametrize(("path", "permission"), LISTS.values(), ids=LISTS)
def test_lists_show_a_tenant_its_own(
    record: SpendRecord, foreign: SpendRecord, base: str, path: str, permission: str
) -> None:
    user = grant(User.objects.create_user("acme:three"), permission)
    rows = caller_for(user, base).get(path).data
    assert [row["name"] for row in rows] == ["Acme" if path == "brands/" else "Spring"]
    assert caller_for(User.objects.create_user("acme:four"), base).get(path).status == 403
    assert caller_for(None, base).get(path).status == 401


def test_a_foreign_brand_in_a_filter_finds_nothing(caller: Caller, foreign: SpendRecord) -> None:
    assert caller.get(f"campaigns/?brand={foreign.brand_id}").data == []


def test_an_idempotency_key_of_another_brand_is_not_seen(caller: Caller, record: SpendRecord) -> None:
    other = make_campaign(make_brand(name="Zorg"))
    services.record_spend(other, 5, idempotency_key="shared")
    assert caller.post("spend/", spend_of(record.campaign, idempotency_key="shared")).status == 201


def test_details_of_health_need_a_permission(campaign: Campaign, base: str) -> None:
    from django_adbudget.models import Heartbeat

    Heartbeat.objects.create(name="tick", at=timezone.now())
    user = User.objects.create_user("acme:five")
    assert caller_for(user, base).get("health/").data == {"status": "ok"}
    assert "heartbeats" in caller_for(grant(user, "view_heartbeat"), base).get("health/").data


class TestSession:
    def post(self, client: Client, base: str, campaign: Campaign, **headers: str) -> int:
        reply = client.post(base + "spend/", json.dumps(spend_of(campaign)), "application/json", headers=headers)
        assert reply["Content-Type"] in {"application/json", "application/problem+json"}
        return reply.status_code

    def test_needs_the_csrf_token_to_write(self, campaign: Campaign, base: str) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(grant(User.objects.create_user("acme:mia")))
        assert client.get(f"{base}campaigns/{campaign.pk}/status/").status_code == 200
        assert self.post(client, base, campaign) == 403
        assert self.post(client, base, campaign, **{"X-CSRFToken": "wrong"}) == 403
        assert not SpendRecord.objects.exists()
        client.cookies["csrftoken"] = "a" * 32
        assert self.post(client, base, campaign, **{"X-CSRFToken": "a" * 32}) == 201

    def test_a_stranger_is_nobody_before_csrf_is_asked_for(self, campaign: Campaign, base: str) -> None:
        assert self.post(Client(enforce_csrf_checks=True), base, campaign) == 401

    def test_is_the_default(self, campaign: Campaign, settings: Any) -> None:
        settings.ADBUDGET = {}
        user = grant(User.objects.create_user("acme:mia"))
        assert caller_for(user).get("brands/").status == 401
        client = Client()
        client.force_login(user)
        assert client.get("/api/brands/").status_code == 200


class TestToken:
    @pytest.fixture
    def user(self, campaign: Campaign) -> User:
        return grant(User.objects.create_user("acme:mia"))

    def status(self, header: str, base: str = "/api/") -> int:
        return Caller(base, None).get("brands/", headers={"Authorization": header}).status

    def test_opens_until_it_expires(self, user: User) -> None:
        now = timezone.now()
        token, plain = tokens.issue_token(user, name="till", expires_at=now + timedelta(hours=1), now=now)
        assert plain not in str(token.__dict__)
        assert self.status(f"Bearer {plain}") == self.status(f"bearer  {plain}") == 200
        ApiToken.objects.update(expires_at=timezone.now())
        assert self.status(f"Bearer {plain}") == 401

    def test_closes_with_its_user(self, user: User) -> None:
        _, plain = tokens.issue_token(user, expires_at=timezone.now() + timedelta(hours=1))
        User.objects.update(is_active=False)
        assert self.status(f"Bearer {plain}") == 401
        user.delete()
        assert not ApiToken.objects.exists()
        assert self.status(f"Bearer {plain}") == 401

    @pytest.mark.parametrize(
        "header", ["", "Bearer", "Bearer ", "Bearer x", "Basic eA==", "Bearer " + "x" * 9999, "Bearer \xff"]
    )
    def test_what_is_none(self, user: User, header: str, base: str) -> None:
        assert self.status(header, base) == 401

    def test_its_use_is_noted_now_and_then(self, user: User) -> None:
        now = timezone.now()
        token, plain = tokens.issue_token(user, expires_at=now + timedelta(days=1), now=now)
        for minutes, noted in ((0, 0), (59, 0), (61, 61)):
            assert tokens.user_for(plain, now + timedelta(minutes=minutes)) == user
            token.refresh_from_db()
            assert token.last_used_at == now + timedelta(minutes=noted)

    @pytest.mark.parametrize("hours", [0, -1])
    def test_lasts_into_the_future(self, user: User, hours: int) -> None:
        now = timezone.now()
        with pytest.raises(ValueError, match="future"):
            tokens.issue_token(user, expires_at=now + timedelta(hours=hours), now=now)

    def test_the_command_prints_it_once(self, user: User, capsys: pytest.CaptureFixture[str]) -> None:
        call_command("adbudget_token", "acme:mia", name="import", days=7)
        out, err = capsys.readouterr()
        assert self.status(f"Bearer {out.strip()}") == 200
        assert out.strip() not in err
        token = ApiToken.objects.get()
        assert (token.name, (token.expires_at - token.created_at).days) == ("import", 7)

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["nobody"], "no user 'nobody'"),
            (["acme:mia", "--days", "0"], "between 1 and"),
            (["acme:mia", "--name", "n" * 101], "100"),
        ],
    )
    def test_the_command_refuses(self, user: User, arguments: list[str], message: str) -> None:
        with pytest.raises(CommandError, match=message):
            call_command("adbudget_token", *arguments)

    def test_the_admin_shows_and_revokes_it(self, user: User, settings: Any) -> None:
        settings.ROOT_URLCONF = "tests.urls"
        token, plain = tokens.issue_token(user, name="till", expires_at=timezone.now() + timedelta(days=1))
        client = Client()
        client.force_login(User.objects.create_superuser("root"))
        pages = [client.get(f"/admin/django_adbudget/apitoken/{path}") for path in ("", f"{token.pk}/change/")]
        for page in pages:
            assert page.status_code == 200
            assert b"till" in page.content
            assert token.digest.encode() not in page.content
        assert client.get("/admin/django_adbudget/apitoken/add/").status_code == 403
        client.post(f"/admin/django_adbudget/apitoken/{token.pk}/delete/", {"post": "yes"})
        assert self.status_of(plain) is None

    def status_of(self, plain: str) -> object:
        return tokens.user_for(plain)


class TestHost:
    """Mounted in a host's NinjaAPI."""

    def test_its_own_errors_keep_their_shape(self, db: None) -> None:
        reply = Client().get("/host/fails")
        assert (reply.status_code, reply.json()) == (418, {"host": "the host's own"})
        assert Client().get("/host/nothing").status_code == 404

    def test_its_narrower_handlers_are_for_its_own(self, db: None) -> None:
        assert Client().get("/host/locked").json() == {"host": "401"}
        ours = Client().get("/host/budget/brands/")
        assert (ours.status_code, ours["Content-Type"]) == (401, "application/problem+json")

    def test_throttling_is_the_hosts(self, campaign: Campaign) -> None:
        cache.clear()
        caller = caller_for(grant(User.objects.create_user("acme:mia")), "/slow/budget/")
        assert [caller.get("brands/").status for _ in range(2)] == [200, 200]
        third = caller.get("brands/")
        assert third.status == 429
        assert int(third.response["Retry-After"]) > 0
        cache.clear()

    def test_is_never_open(self, db: None) -> None:
        from ninja import NinjaAPI

        from django_adbudget.api import mount

        with pytest.raises(ValueError, match="not open to everybody"):
            mount(NinjaAPI(urls_namespace="open"), "budget", auth=None)


def test_settings_that_name_nothing_are_found_by_a_check(settings: Any) -> None:
    settings.ADBUDGET = {"API_AUTH": ["django_adbudget.api.auth.Nothing"], "API_BRANDS_FOR": "tests.api.nothing.at_all"}
    messages = check_settings(None)
    assert [message.id for message in messages] == ["adbudget.E006", "adbudget.E006"]
    assert "BearerAuth" in str(messages[0].hint)
    settings.ADBUDGET = {"API_AUTH": ["django_adbudget.api.auth.BearerAuth"], "API_BRANDS_FOR": None}
    assert check_settings(None) == []
