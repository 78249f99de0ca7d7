"""The OpenAPI document, and a page of it that needs no script and loads nothing from elsewhere."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from ninja import NinjaAPI

from .. import __version__
from .auth import configured
from .problems import Problem

TITLE, VERSION = "Ad budgets", __version__
DESCRIPTION = "Spend exactly once, budgets, and whether campaigns run. Money is exact; times carry their offset."


def openapi(api: NinjaAPI) -> Callable[[HttpRequest], HttpResponse]:
    def view(request: HttpRequest) -> HttpResponse:
        _only_get(request)
        return HttpResponse(json.dumps(_document(api, request, "openapi.json")), content_type="application/json")

    return view


def page(api: NinjaAPI) -> Callable[[HttpRequest], HttpResponse]:
    def view(request: HttpRequest) -> HttpResponse:
        _only_get(request)
        document = _document(api, request, "docs")
        context = {"document": document, "operations": list(_operations(document))}
        return render(request, "django_adbudget/api_docs.html", context)

    return view


def _document(api: NinjaAPI, request: HttpRequest, name: str) -> dict[str, Any]:
    document = dict(api.get_openapi_schema(path_prefix=request.path.removesuffix(name)))
    schemes = {type(auth).__name__: _scheme(auth) for auth in configured()}
    document["components"] = {**document["components"], "securitySchemes": schemes}
    for methods in document["paths"].values():
        for operation in methods.values():
            if 401 in operation["responses"]:
                operation["security"] = [{name: []} for name in schemes]
    return document


def _scheme(auth: object) -> dict[str, Any]:
    found = getattr(auth, "openapi_security_schema", None)
    return dict(found) if found else {"type": "http", "scheme": "bearer"}


def _only_get(request: HttpRequest) -> None:
    if request.method not in {"GET", "HEAD"}:
        raise Problem(405, headers={"Allow": "GET, HEAD"})


def _operations(document: dict[str, Any]) -> Any:
    for address, methods in document["paths"].items():
        for method, operation in methods.items():
            sent = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
            yield {
                "method": method.upper(),
                "address": address,
                "summary": operation["summary"],
                "parameters": operation["parameters"],
                "sent": json.dumps(sent, indent=2) if sent else "",
                "answers": [_answer(code, answer) for code, answer in operation["responses"].items()],
            }


def _answer(code: int, answer: dict[str, Any]) -> dict[str, Any]:
    shape = answer.get("content", {}).get("application/json", {}).get("schema")
    return {"code": code, "words": answer["description"], "shape": json.dumps(shape, indent=2) if shape else ""}
