"""Who looks at the admin in these tests, and a host's rule of who sees which brands."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Permission, User
from django.db.models import QuerySet
from django.http import HttpRequest
from django.test import Client

from django_adbudget.models import Brand

RULE = "tests.admin.people.brands_for"


def brands_for(request: HttpRequest) -> QuerySet[Brand]:
    """The brand that stands before the colon of a user's name; of superusers too."""
    return Brand.objects.filter(name=request.user.get_username().partition(":")[0])


def staff(name: str, *permissions: str) -> Client:
    """Somebody with permissions of this app; ``"*"``: all of them."""
    user = User.objects.create_user(name, is_staff=True)
    ours = Permission.objects.filter(content_type__app_label="django_adbudget")
    user.user_permissions.set(ours if "*" in permissions else ours.filter(codename__in=permissions))
    return client_of(user)


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def said(answer: Any) -> list[str]:
    """The messages of the page that an answer led to."""
    return [str(message) for message in answer.context["messages"]]
