"""``path("api/", include("django_adbudget.api.urls"))``: the endpoints for a site without a NinjaAPI of its own."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, re_path
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI

from . import docs, problems
from .mounting import mount

app_name = "adbudget_api"

api = NinjaAPI(title=docs.TITLE, version=docs.VERSION, description=docs.DESCRIPTION, openapi_url=None, docs_url=None)
mount(api)

View = Callable[..., HttpResponse]


def _safe(view: View) -> View:
    """A view outside any transaction of the host's (services open their own), that answers errors as problems."""

    @wraps(view)
    def safe(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            reply = view(request, *args, **kwargs)
        except Exception as error:  # noqa: BLE001  each has an answer, and what is unexpected is logged
            return problems.answer(error)
        return _as_problem(reply) if reply.status_code == 405 else reply

    return transaction.non_atomic_requests(csrf_exempt(safe))


def _as_problem(reply: HttpResponse) -> HttpResponse:
    if reply["Content-Type"].startswith("application/problem+json"):
        return reply
    return problems.response(problems.Problem(405, headers={"Allow": reply.get("Allow", "")}))


def _endpoints() -> list[URLPattern]:
    patterns = [found for found in api.urls[0] if isinstance(found, URLPattern) and found.name != "api-root"]
    return [path(str(found.pattern), _safe(found.callback), name=found.name) for found in patterns]


def _nothing_here(_request: HttpRequest) -> HttpResponse:
    return problems.response(problems.not_found())


urlpatterns = [
    *_endpoints(),
    path("openapi.json", _safe(docs.openapi(api)), name="openapi-json"),
    path("docs", _safe(docs.page(api)), name="docs"),
    re_path("", _safe(_nothing_here)),
]
