"""A host whose users see the brand that stands before the colon of their name."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import HttpRequest

from django_adbudget.models import Brand


def brands_for(request: HttpRequest) -> QuerySet[Brand]:
    assert request.user.is_authenticated
    return Brand.objects.filter(name__iexact=request.user.get_username().partition(":")[0])
