"""Who is asking: the session with its CSRF token, or a bearer token; ``ADBUDGET["API_AUTH"]`` says which."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.module_loading import import_string
from ninja.errors import HttpError
from ninja.security import APIKeyCookie, HttpBearer
from ninja.utils import check_csrf

from ..conf import app_settings
from ..services.access import tokens

Auth = Callable[[HttpRequest], Any]

DEFAULT = ("django_adbudget.api.auth.SessionAuth",)


class SessionAuth(APIKeyCookie):
    """Django's session. Who is not logged in is nobody (401), whatever CSRF token came along."""

    def __init__(self) -> None:
        self.param_name = settings.SESSION_COOKIE_NAME
        super().__init__(csrf=True)

    def __call__(self, request: HttpRequest) -> Any:
        user = self.authenticate(request, None)
        if user is not None and check_csrf(request):
            raise HttpError(403, "The CSRF token is missing or wrong.")
        return user

    def authenticate(self, request: HttpRequest, key: str | None) -> Any:
        user = getattr(request, "user", None)
        return user if user is not None and user.is_authenticated else None


class BearerAuth(HttpBearer):
    """``Authorization: Bearer <token>``, with a token made by ``manage.py adbudget_token``."""

    def __call__(self, request: HttpRequest) -> Any:
        scheme, _, token = request.headers.get(self.header, "").partition(" ")
        return self.authenticate(request, token.strip()) if scheme.lower() == self.openapi_scheme else None

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        user: Any = tokens.user_for(token)
        if user is not None:
            request.user = user
        return user


class ConfiguredAuth:
    """What ``API_AUTH`` names at the moment of asking: the first that knows the user."""

    def __call__(self, request: HttpRequest) -> Any:
        for auth in configured():
            user = auth(request)
            if user:
                return user
        return None


def configured() -> list[Auth]:
    return [_load(path) for path in app_settings.API_AUTH or DEFAULT]


@lru_cache(maxsize=32)
def _load(path: str) -> Auth:
    loaded = import_string(path)
    auth: Auth = loaded() if isinstance(loaded, type) else loaded
    return auth
