"""What every endpoint shares: permission, the body read strictly, patience with locks, and answers of one shape."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, TypeVar

from django.http import HttpRequest, HttpResponse

from ..services.patience import patience
from . import access, exact_json, strict_json
from .problems import Fault, Problem, answer

View = TypeVar("View", bound=Callable[..., HttpResponse])

_LENGTH = re.compile(r"[0-9]{1,18}", re.ASCII)
#: Seconds that a request waits for a lock before it answers 503.
LOCK_WAIT = 5.0
#: Bytes of a body that holds one thing.
SMALL_BODY = 1024 * 1024


def door(permission: str | None) -> Callable[[View], View]:
    """Make a view an endpoint: whatever it raises is answered as a problem. None: open to everybody."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            try:
                if permission is not None:
                    access.require(request, permission)
                with patience(LOCK_WAIT):
                    return view(request, *args, **kwargs)
            except Exception as error:  # noqa: BLE001  each has an answer, and what is unexpected is logged
                return answer(error)

        return guarded  # type: ignore[return-value]

    return decorate


def body_of(request: HttpRequest, longest: int = SMALL_BODY) -> Any:
    """The JSON document of a request. Raises 400, 413, 415."""
    if request.content_type != "application/json" or _charset(request) not in {"utf-8", "utf8", ""}:
        raise Problem(415)
    declared = request.META.get("CONTENT_LENGTH") or "0"
    if not _LENGTH.fullmatch(declared):
        raise Problem(400, [Fault("", "bad_length", "Content-Length is not a number")])
    if int(declared) > longest:
        raise Problem(413)
    body = request.body
    if len(body) > longest:
        raise Problem(413)
    try:
        return strict_json.parse(body)
    except strict_json.NotJson as error:
        raise Problem(400, [Fault("", error.code, str(error))], "The body is not a JSON document.") from None


def _charset(request: HttpRequest) -> str:
    return (request.content_params or {}).get("charset", "").strip('"').lower()


def success(data: Any, status: int = 200, headers: Mapping[str, str] | None = None, **more: Any) -> HttpResponse:
    document = {"success": True, **more, "data": data}
    reply = HttpResponse(exact_json.dumps(document), status=status, content_type="application/json")
    for name, value in {"Cache-Control": "no-store", **(headers or {})}.items():
        reply[name] = value
    return reply
