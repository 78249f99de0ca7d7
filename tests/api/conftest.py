from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.utils import timezone

from django_adbudget.models import Campaign
from django_adbudget.services.access.tokens import issue_token
from tests.factories import make_brand, make_campaign

from .calls import Caller

MOUNTS = ["/api/", "/host/budget/"]


@pytest.fixture(autouse=True)
def site(settings: Any) -> None:
    settings.ROOT_URLCONF = "tests.api.urls"
    settings.ADBUDGET = {
        "API_AUTH": ["django_adbudget.api.auth.SessionAuth", "django_adbudget.api.auth.BearerAuth"],
        "API_BRANDS_FOR": "tests.api.tenants.brands_for",
    }


@pytest.fixture(params=MOUNTS, ids=["alone", "in a host's"])
def base(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def campaign(db: None) -> Campaign:
    return make_campaign(make_brand(name="Acme"), name="Spring")


def grant(user: User, *codenames: str) -> User:
    """No name: every permission of the app."""
    found = Permission.objects.filter(content_type__app_label="django_adbudget")
    user.user_permissions.add(*(found.filter(codename__in=codenames) if codenames else found))
    return user


def caller_for(user: User | None, base: str = "/api/") -> Caller:
    if user is None:
        return Caller(base, None)
    _, token = issue_token(user, name="tests", expires_at=timezone.now() + timedelta(days=1))
    return Caller(base, token)


@pytest.fixture
def caller(campaign: Campaign, base: str) -> Caller:
    """Somebody who may do everything with the brand."""
    return caller_for(grant(User.objects.create_user("acme:mia")), base)


@pytest.fixture
def alone(campaign: Campaign) -> Caller:
    """The same, at our own mount."""
    return caller_for(grant(User.objects.create_user("acme:mia")))
