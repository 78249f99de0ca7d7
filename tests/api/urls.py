"""A site with our own endpoints under /api/, and a host's NinjaAPI in which they are mounted under /host/budget/."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import include, path
from ninja import NinjaAPI
from ninja.errors import AuthenticationError
from ninja.throttling import AuthRateThrottle

from django_adbudget.api import mount
from django_adbudget.api.auth import BearerAuth, SessionAuth

HOST_AUTH = [SessionAuth(), BearerAuth()]

host = NinjaAPI(urls_namespace="host")


@host.get("fails")
def fails(request: HttpRequest) -> None:
    raise ValueError("the host's own")


@host.exception_handler(ValueError)
def handle(request: HttpRequest, error: ValueError) -> object:
    return host.create_response(request, {"host": str(error)}, status=418)


mount(host, "budget", auth=HOST_AUTH)


@host.exception_handler(AuthenticationError)
def handle_strangers(request: HttpRequest, error: AuthenticationError) -> object:
    return host.create_response(request, {"host": "401"}, status=401)


@host.get("locked", auth=HOST_AUTH)
def locked(request: HttpRequest) -> None:
    """Nobody comes here."""


slow = NinjaAPI(urls_namespace="slow")
mount(slow, "budget", auth=HOST_AUTH, throttle=AuthRateThrottle("2/h"))

urlpatterns = [
    path("api/", include("django_adbudget.api.urls")),
    path("host/", host.urls),
    path("slow/", slow.urls),
]
