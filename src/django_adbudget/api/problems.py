"""What goes wrong, as problem documents (RFC 9457): one shape for everything, and a status for each exception."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.core.exceptions import (
    ObjectDoesNotExist,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
)
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError

from .. import exceptions
from . import exact_json

logger = logging.getLogger("django_adbudget.api")

RETRY_AFTER = 5
_DETAILS: Mapping[int, str] = {
    401: "Log in, or send a bearer token.",
    403: "You are not allowed to do this.",
    404: "There is nothing here that you can see.",
    405: "This method is not for this address.",
    413: "The body is too large.",
    415: "Send the body as application/json in UTF-8.",
    422: "Understood, and refused.",
    429: "Too many requests.",
    500: "The fault is ours; it has been logged.",
    503: "The database is away or busy. Send the same request again, with the same idempotency key.",
}

#: RFC 9110's words, which Python has from 3.13 on.
_TITLES: Mapping[int, str] = {413: "Content Too Large", 422: "Unprocessable Content"}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong. ``pointer`` is a JSON pointer into the body; "" is all of it."""

    pointer: str
    code: str
    detail: str


class Problem(Exception):
    """Raised anywhere below a view, answered as it says."""

    def __init__(
        self,
        status: int,
        faults: Iterable[Fault] = (),
        detail: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.status = status
        self.faults = tuple(faults)
        self.detail = detail
        self.headers = dict(headers or {})
        super().__init__(status, self.faults)


def refused(pointer: str, code: str, detail: str) -> Problem:
    return Problem(422, [Fault(pointer, code, detail)])


def not_found() -> Problem:
    """The one answer for what is not there and for what is somebody else's."""
    return Problem(404)


def answer(error: Exception) -> HttpResponse:
    """The answer to any exception. What nobody expected is logged and answered without its words."""
    problem = error if isinstance(error, Problem) else _problem_of(error)
    return response(problem)


def response(problem: Problem) -> HttpResponse:
    title = _TITLES.get(problem.status) or HTTPStatus(problem.status).phrase
    faults = [{"pointer": f.pointer, "code": f.code, "detail": f.detail} for f in problem.faults]
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": title,
        "status": problem.status,
        "detail": problem.detail or _DETAILS.get(problem.status, title),
        "success": False,
        "errors": faults,
    }
    reply = HttpResponse(exact_json.dumps(body), status=problem.status, content_type="application/problem+json")
    for name, value in {**_headers(problem.status), **problem.headers}.items():
        reply[name] = value
    return reply


def fault_of(error: Exception, prefix: str = "", pointers: Mapping[str, str] | None = None) -> Fault:
    """What a service refused, with the field it is about."""
    for kind, (code, pointer) in _REFUSALS.items():
        if isinstance(error, kind):
            return Fault(prefix + (pointers or {}).get(pointer, pointer), code, str(error))
    raise error


_REFUSALS: Mapping[type[Exception], tuple[str, str]] = {
    exceptions.InvalidAmount: ("invalid_amount", "/amount"),
    exceptions.InvalidSpendTime: ("invalid_time", "/spend_datetime"),
    exceptions.InvalidKey: ("invalid_key", "/idempotency_key"),
    exceptions.IdempotencyMismatch: ("idempotency_mismatch", "/idempotency_key"),
    exceptions.CurrencyMismatch: ("currency_mismatch", "/currency"),
    exceptions.Archived: ("archived", "/idempotency_key"),
    exceptions.CorrectionTooLarge: ("correction_too_large", "/amount"),
    exceptions.InvalidEntry: ("invalid_entry", ""),
}


def _headers(status: int) -> dict[str, str]:
    kept = {"Cache-Control": "no-store"}
    if status == 401:
        kept["WWW-Authenticate"] = 'Bearer realm="adbudget"'
    if status == 503:
        kept["Retry-After"] = str(RETRY_AFTER)
    return kept


def _problem_of(error: Exception) -> Problem:
    if isinstance(error, exceptions.UnknownTimezone):
        return Problem(503, [Fault("", "unknown_timezone", str(error))], "A time zone is not known on this server.")
    if isinstance(error, tuple(_REFUSALS)):
        return Problem(422, [fault_of(error)])
    for kinds, status in _STATUSES:
        if isinstance(error, kinds):
            return Problem(status)
    code: object = getattr(error, "status_code", None)  # ninja's HttpError
    if isinstance(code, int) and 400 <= code < 500:
        return Problem(code, detail=None if code in {401, 404} else str(error))
    if isinstance(error, OperationalError | InterfaceError):
        logger.warning("the database did not answer: %s", error)
        return Problem(503)
    logger.error("unexpected: %s", type(error).__name__, exc_info=error)
    return Problem(500)


_STATUSES: tuple[tuple[tuple[type[Exception], ...], int], ...] = (
    ((RequestDataTooBig,), 413),
    ((Http404, ObjectDoesNotExist), 404),
    ((PermissionDenied,), 403),
    ((SuspiciousOperation, UnreadablePostError, MultiPartParserError), 400),
)
