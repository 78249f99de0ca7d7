"""A middleware that sends the policy under which the admin must work. Django itself has one from 6.0 on only."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

_OWN = ("script-src", "style-src", "img-src", "font-src", "connect-src", "form-action")
POLICY = "; ".join(["default-src 'none'", *(f"{kind} 'self'" for kind in _OWN), "base-uri 'none'"])


def enforce(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    def respond(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers["Content-Security-Policy"] = POLICY
        return response

    return respond
