"""A host that keeps the ledger, and with it the tokens, in another database than its users (rule H1)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from django_adbudget.models import ApiToken, SpendRecord
from django_adbudget.services.access import tokens
from tests.factories import make_brand, make_campaign
from tests.routers import ALIAS

from .calls import spend_of
from .conftest import caller_for, grant

pytestmark = [pytest.mark.router, pytest.mark.django_db(databases="__all__", transaction=True)]


def test_a_user_here_and_a_token_there() -> None:
    campaign = make_campaign(make_brand(name="Acme"))
    user = grant(User.objects.create_user("acme:mia"))
    caller = caller_for(user)
    assert caller.post("spend/", spend_of(campaign)).status == 201
    assert caller.get(f"campaigns/{campaign.pk}/status/").status == 200
    assert SpendRecord.objects.using(ALIAS).count() == ApiToken.objects.using(ALIAS).count() == 1
    user.delete()
    assert caller.get("brands/").status == 401


def test_a_token_expires_there_too() -> None:
    user = User.objects.create_user("acme:mia")
    now = timezone.now()
    _, plain = tokens.issue_token(user, expires_at=now + timedelta(hours=1), now=now)
    assert tokens.user_for(plain, now + timedelta(minutes=59)) == user
    assert tokens.user_for(plain, now + timedelta(hours=1)) is None
