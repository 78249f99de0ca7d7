"""Mounts the endpoints in a NinjaAPI, a host's or our own, so that errors there have our shape, and only there."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.constants import NOT_SET
from ninja.errors import HttpError, ValidationError

from . import problems

_MARK = "adbudget.api"


def mount(api: NinjaAPI, prefix: str = "", *, auth: Any = NOT_SET, throttle: Any = NOT_SET) -> None:
    """Add the endpoints to a host's NinjaAPI under a prefix, with its ``auth`` and ``throttle``.

    Without ``auth`` the NinjaAPI's own holds, and if it has none, what ``ADBUDGET["API_AUTH"]`` names: the endpoints
    are never open. Errors below the prefix are answered as problem documents; the host's other endpoints are not
    touched. Whoever is authenticated needs the permissions of this app: ``request.auth`` or ``request.user`` must be
    a Django user.
    """
    from .auth import ConfiguredAuth
    from .routes import missing, router

    if auth is NOT_SET and (api.auth is NOT_SET or not api.auth):
        auth = ConfiguredAuth()
    if auth is None:
        raise ValueError("the endpoints are not open to everybody: leave auth away, or name one")
    api.add_router(prefix, router, auth=auth, throttle=throttle)
    if prefix.strip("/"):
        api.add_router(prefix, missing)
    for kind in (Exception, Http404, HttpError, ValidationError):
        api.add_exception_handler(kind, _handler(api._exception_handlers.get(kind)))


def ours(run: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Mark requests that reach one of our operations, before anything else looks at them."""

    @wraps(run)
    def marked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        request.META[_MARK] = True
        return run(request, *args, **kwargs)

    return marked


def _handler(before: Callable[..., HttpResponse] | None) -> Callable[[HttpRequest, Any], HttpResponse]:
    def handle(request: HttpRequest, error: Any) -> HttpResponse:
        if request.META.get(_MARK):
            return problems.answer(error)
        if before is None:
            raise error
        return before(request, error)

    return handle
