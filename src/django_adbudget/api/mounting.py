"""Mounts the endpoints in a NinjaAPI, a host's or our own, so that errors there have our shape, and only there."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.constants import NOT_SET

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
    api.on_exception = _answering(api.on_exception)  # type: ignore[method-assign]


def ours(run: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Mark requests that reach one of our operations, before anything else looks at them."""

    @wraps(run)
    def marked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        request.META[_MARK] = True
        return run(request, *args, **kwargs)

    return marked


def _answering(before: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Ahead of the host's handlers, whose narrower exceptions would go before ours."""

    @wraps(before)
    def answer(request: HttpRequest, exc: Any) -> HttpResponse:
        return problems.answer(exc) if request.META.get(_MARK) else before(request, exc)

    return answer
