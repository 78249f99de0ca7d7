"""What the OpenAPI document says of each endpoint. Views read bodies themselves, so their shapes stand here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..models.history import Cause
from ..models.ledger import DESCRIPTION_LENGTH, KEY_LENGTH, SOURCE_LENGTH, BrandPeriod, Kind
from ..rules import Dayparting, Reason, Status
from ..services.health import State
from . import fields, lists

Shape = dict[str, Any]


def obj(required: Mapping[str, Shape], optional: Mapping[str, Shape] | None = None, *, closed: bool = True) -> Shape:
    shape: Shape = {"type": "object", "properties": {**required, **(optional or {})}, "required": list(required)}
    return {**shape, "additionalProperties": False} if closed else shape


def array(items: Shape, **more: Any) -> Shape:
    return {"type": "array", "items": items, **more}


def nullable(shape: Shape) -> Shape:
    return {"anyOf": [shape, {"type": "null"}]}


def choice(names: Any) -> Shape:
    return {"type": "string", "enum": [str(name) for name in names]}


ID: Shape = {"type": "integer", "minimum": 1, "maximum": fields.LARGEST_ID}
COUNT: Shape = {"type": "integer", "minimum": 0}
TEXT: Shape = {"type": "string"}
FLAG: Shape = {"type": "boolean"}
DATE: Shape = {"type": "string", "format": "date"}
TIME: Shape = {"type": "string", "format": "time"}
INSTANT: Shape = {"type": "string", "format": "date-time"}
MONEY: Shape = {"type": "number", "description": "Exact, at most 6 decimal places, in the brand's currency."}
SENT_MONEY: Shape = {
    "description": "A number, or text of ASCII digits with at most one point. At most 6 decimal places.",
    "anyOf": [
        {"type": "number", "minimum": 0.000001, "maximum": 999999999.999999},
        {"type": "string", "pattern": r"^[0-9]{1,9}(\.[0-9]{1,6})?$"},
    ],
}
SENT_TOTAL: Shape = {
    **SENT_MONEY,
    "anyOf": [{"type": "number", "minimum": 0, "maximum": 999999999.999999}, SENT_MONEY["anyOf"][1]],
}
SENT_INSTANT: Shape = {**INSTANT, "description": "ISO 8601 with its offset from UTC. Left out: now."}
CURRENCY: Shape = {"type": "string", "minLength": 3, "maxLength": 3}
KEY: Shape = {"type": "string", "minLength": 1, "maxLength": KEY_LENGTH, "pattern": "^[ -~]+$"}
SOURCE: Shape = {"type": "string", "maxLength": SOURCE_LENGTH}
DESCRIPTION: Shape = {"type": "string", "maxLength": DESCRIPTION_LENGTH}
STATUS, REASONS = choice(Status), array(choice(Reason))

_MORE = {
    "spend_datetime": nullable(SENT_INSTANT),
    "idempotency_key": nullable(KEY),
    "description": nullable(DESCRIPTION),
    "source": nullable(SOURCE),
    "currency": nullable(CURRENCY),
}
SPEND_SENT = obj({"brand_id": ID, "campaign_id": ID, "amount": SENT_MONEY}, _MORE)
BATCH_SENT = obj({"records": array(SPEND_SENT)})
CORRECTION_SENT = obj({"amount": SENT_MONEY}, {name: _MORE[name] for name in ("idempotency_key", "description")})
TOTAL_SENT = obj({"total": SENT_TOTAL, "source": {**SOURCE, "minLength": 1}}, {"currency": _MORE["currency"]})
TOGGLE_SENT = obj({"action": choice(["activate", "deactivate"])})

_AFTER = {"campaign_status": STATUS, "reasons": REASONS, "paused": array(ID)}
SPEND = obj(
    {
        "id": ID,
        "brand_id": ID,
        "campaign_id": ID,
        "amount": MONEY,
        "currency": TEXT,
        "kind": choice(Kind.values),
        "spend_datetime": INSTANT,
        "spend_date": DATE,
        "idempotency_key": TEXT,
        "source": TEXT,
        "description": TEXT,
        **_AFTER,
    }
)
BATCH = obj({"recorded": COUNT, "replayed": COUNT, "paused": array(ID)})
TOTAL = obj(
    {
        "campaign_id": ID,
        "posted": MONEY,
        "record_id": nullable(ID),
        "currency": TEXT,
        "date": DATE,
        "source": TEXT,
        **_AFTER,
    }
)


def _budgets(*periods: str) -> dict[str, Shape]:
    shapes: dict[str, Shape] = {}
    for period in periods:
        shapes |= {
            f"{period}_spent": MONEY,
            f"{period}_budget": nullable(MONEY),
            f"{period}_remaining": nullable(MONEY),
        }
    return shapes


_HAS: dict[str, Shape] = {"has_budget_remaining": FLAG}
_HOUR: Shape = {"type": "integer", "minimum": 0, "maximum": 24}
_WINDOW = obj(
    {
        "day_of_week": {"type": "integer", "minimum": 0, "maximum": 6},
        "day_name": TEXT,
        "start_time": {"type": "string", "description": "Local wall-clock time."},
        "end_time": {"type": "string", "description": "00:00:00 is midnight at the end of the day."},
        "start_hour": _HOUR,
        "end_hour": _HOUR,
        "is_active": FLAG,
    }
)
_CAMPAIGN_STATUS: dict[str, Shape] = {
    "campaign_id": ID,
    "campaign_name": TEXT,
    "brand_id": ID,
    "brand_name": TEXT,
    "status": STATUS,
    "reasons": REASONS,
    "is_active": FLAG,
    "can_run_now": FLAG,
    "is_within_dayparting": FLAG,
    "next_check_at": nullable(INSTANT),
    "in_sync": FLAG,
    "brand_budget_status": obj({"currency": TEXT, **_HAS, **_budgets("daily", "monthly")}),
    "campaign_budget_status": obj({"currency": TEXT, **_HAS, **_budgets("daily", "monthly", "total")}),
    "dayparting_schedules": array(_WINDOW),
}
CAMPAIGN_STATUS = obj(_CAMPAIGN_STATUS)
TOGGLED = obj({"new_status": STATUS, **_CAMPAIGN_STATUS})
_PERCENT = {f"{period}_utilization_percent": nullable({"type": "number"}) for period in ("daily", "monthly")}
BRAND_STATUS = obj(
    {
        "brand_id": ID,
        "brand_name": TEXT,
        "timezone": TEXT,
        "local_time": INSTANT,
        "local_date": DATE,
        "currency": TEXT,
        "is_active": FLAG,
        "budget_status": obj({**_HAS, **_budgets("daily", "monthly"), **_PERCENT}),
        "campaign_counts": obj(
            dict.fromkeys(["total", "active", "paused_budget", "paused_daypart", "inactive"], COUNT)
        ),
    }
)
_ROW: dict[str, Shape] = {"id": ID, "name": TEXT, "external_id": nullable(TEXT), "is_active": FLAG, "timezone": TEXT}
_BUDGETS = {"daily_budget": nullable(MONEY), "monthly_budget": nullable(MONEY)}
BRAND_ROW = obj({**_ROW, "currency": TEXT, **_BUDGETS})
CAMPAIGN_ROW = obj(
    {
        **_ROW,
        "brand_id": ID,
        "status": STATUS,
        "reasons": REASONS,
        "stored_status": STATUS,
        "next_check_at": nullable(INSTANT),
        **_BUDGETS,
        "total_budget": nullable(MONEY),
        "start_date": nullable(DATE),
        "end_date": nullable(DATE),
        "dayparting": choice(Dayparting),
        "in_sync": FLAG,
    }
)
CHANGE_ROW = obj(
    {
        "id": ID,
        "campaign_id": ID,
        "from_status": STATUS,
        "to_status": STATUS,
        "reasons": REASONS,
        "cause": choice(Cause.values),
        "actor": TEXT,
        "figures": {"type": "object"},
        "at": INSTANT,
    }
)
SUMMARY_ROW = obj(
    {
        "period": choice(BrandPeriod.values),
        "start": DATE,
        "spend": MONEY,
        "budget": nullable(MONEY),
        "remaining": nullable(MONEY),
    }
)
_BEAT = obj({"name": TEXT, "at": INSTANT, "age_seconds": {"type": "integer"}, "is_late": FLAG})
_CHECK = obj(
    {"name": TEXT, "state": choice(State), "detail": TEXT, "since": nullable(INSTANT), "count": COUNT},
)
HEALTH = obj({"status": choice(["ok"])}, {"heartbeats": array(_BEAT), "checks": array(_CHECK)})
PAGING = obj({"count": COUNT, "limit": COUNT, "offset": COUNT})
PROBLEM = obj(
    {
        "type": TEXT,
        "title": TEXT,
        "status": {"type": "integer"},
        "detail": TEXT,
        "success": {"const": False},
        "errors": array(obj({"pointer": TEXT, "code": TEXT, "detail": TEXT})),
    },
    closed=False,
)
_QUERY: dict[str, Shape] = {
    "brand": ID,
    "status": STATUS,
    "reason": choice(Reason),
    "is_active": FLAG,
    "external_id": {"type": "string", "maxLength": 255},
    "cause": choice(Cause.values),
    "period": choice(BrandPeriod.values),
    "from": DATE,
    "to": DATE,
    "limit": {"type": "integer", "minimum": 1, "maximum": lists.LARGEST_PAGE, "default": lists.PAGE},
    "offset": {"type": "integer", "minimum": 0, "maximum": 1_000_000_000, "default": 0},
}
_WORDS = {
    400: "Malformed",
    401: "Nobody is logged in",
    403: "Not allowed",
    404: "Unknown, or somebody else's",
    413: "Too large",
    415: "Not application/json",
    422: "Understood, and refused",
    429: "Too many requests",
    503: "The database is away or busy",
}
_READ, _WRITE = (400, 401, 403, 429, 503), (400, 401, 403, 413, 415, 422, 429, 503)


def reading(data: Shape, *codes: int) -> Shape:
    """Of a GET: what it gives."""
    return _operation({200: ("", data)}, (*_READ, *codes))


def listing(row: Shape, filters: lists.Filters, *codes: int) -> Shape:
    """Of a GET that gives a page."""
    names = [*filters, "limit", "offset"]
    query = [{"in": "query", "name": name, "required": False, "schema": _QUERY[name]} for name in names]
    shape = obj({"success": {"const": True}, "paging": PAGING, "data": array(row)})
    return {**_operation({}, (*_READ, 422, *codes), {200: _json("A page", shape)}), "parameters": query}


def writing(sent: Shape, answers: Mapping[int, tuple[str, Shape]], *codes: int, keyed: bool = False) -> Shape:
    """Of a POST or PUT: what it takes and gives."""
    operation = _operation(answers, (*_WRITE, *codes))
    operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": sent}}}
    if keyed:
        words = "May be given here or in the body; the same key counts once."
        header = {"in": "header", "name": "Idempotency-Key", "required": False, "schema": KEY, "description": words}
        operation["parameters"] = [header]
        if 200 in operation["responses"]:
            replayed = {"schema": {"type": "string", "enum": ["true"]}, "required": True}
            operation["responses"][200]["headers"] = {"Idempotent-Replayed": replayed}
    return operation


def toggled() -> Shape:
    shape = obj({"success": {"const": True}, "message": TEXT, "data": TOGGLED})
    operation = writing(TOGGLE_SENT, {}, 404)
    operation["responses"][200] = _json("The status after it", shape)
    return operation


def healthy() -> Shape:
    return _operation({200: ("At work", HEALTH)}, (429, 503))


def _operation(
    answers: Mapping[int, tuple[str, Shape]], codes: tuple[int, ...], more: Mapping[int, Shape] | None = None
) -> Shape:
    responses = {
        code: _json(words or "OK", obj({"success": {"const": True}, "data": data}))
        for code, (words, data) in answers.items()
    }
    problems = {code: _problem(code) for code in sorted(codes)}
    return {"responses": {**responses, **(more or {}), **problems}}


def _json(words: str, shape: Shape) -> Shape:
    return {"description": words, "content": {"application/json": {"schema": shape}}}


def _problem(code: int) -> Shape:
    answer: Shape = {
        "description": _WORDS[code],
        "content": {"application/problem+json": {"schema": PROBLEM}},
    }
    if code == 503:
        answer["headers"] = {"Retry-After": {"schema": {"type": "string"}, "required": True}}
    return answer
