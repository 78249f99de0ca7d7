from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import path

from tests.urls import urlpatterns as _urlpatterns


def no_icon(request: HttpRequest) -> HttpResponse:
    """A browser asks for one by itself, and would complain of a 404."""
    return HttpResponse(status=204)


urlpatterns = [*_urlpatterns, path("favicon.ico", no_icon)]
