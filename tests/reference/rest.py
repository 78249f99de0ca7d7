from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django_adbudget.rules import Reason
from tests.api.test_access import ENDPOINTS, LISTS

from .words import code, prose, table

DOCUMENT = Path(__file__).parent.parent / "api" / "openapi.json"
_NAMES = {"campaign_id": "campaign", "brand_id": "brand", "record_id": "record", "date": "day"}


def page() -> Iterator[str]:
    document = json.loads(DOCUMENT.read_text())
    yield "# REST"
    yield ""
    yield from prose(
        """
        With the extra `api`, and `path("api/", include("django_adbudget.api.urls"))`. A site serves this as
        `api/docs` and `api/openapi.json`; [REST in the README](../../README.md#rest) shows it at work. Money is a
        JSON number on the way out, a number or a string on the way in, and exact both ways. Every answer bears
        `success`. Errors are problem documents (RFC 9457) with `errors: [{pointer, code, detail}]`.
        """
    )
    operations = list(_operations(document))
    rows = [
        [f"[{code(f'{method} {_short(path)}')}](#{_anchor(what)})", what["summary"], code(permission_of(method, path))]
        for method, path, what in operations
    ]
    yield from table(["call", "", "permission"], rows)
    yield from prose(
        """
        Permissions are those of Django, `django_adbudget.` before the name; [permissions](permissions.md) has
        them all. Whatever one may not see answers 404, like what does not exist.
        """
    )
    for method, path, what in operations:
        yield from _operation(method, path, what)


def permission_of(method: str, path: str) -> str:
    """As tests/api/test_access.py proves it."""
    short = _short(path)
    for theirs, ours in _NAMES.items():
        short = short.replace(f"{{{theirs}}}", f"{{{ours}}}")
    needs = {(each[0], each[1]): each[3] for each in ENDPOINTS.values()}
    needs |= {("GET", address): permission for address, permission in LISTS.values()}
    return needs.get((method, short), "none")


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, what in methods.items():
            yield method.upper(), path, what


def _short(path: str) -> str:
    return path.removeprefix("/api/")


def _anchor(what: dict[str, Any]) -> str:
    kept = (c for c in what["summary"].lower() if c.isalnum() or c in " -")
    return "".join(kept).replace(" ", "-")


def _operation(method: str, path: str, what: dict[str, Any]) -> Iterator[str]:
    yield f"## {what['summary']}"
    yield ""
    yield code(f"{method} {_short(path)}")
    yield ""
    given = [
        [code(each["name"]), each["in"], _type(each["schema"]), each.get("description", "")]
        for each in what.get("parameters", [])
    ]
    yield from table(["parameter", "in", "type", ""], given) if given else ()
    sent = _shape(what.get("requestBody", {}))
    if sent:
        yield "Body:"
        yield ""
        yield from table(["field", "type", ""], _fields(sent))
    yield from _answers(what["responses"])
    others = [f"{status} {answer['description'].lower()}" for status, answer in what["responses"].items()]
    yield f"Statuses: {', '.join(others)}."
    yield ""


def _answers(responses: dict[str, dict[str, Any]]) -> Iterator[str]:
    """The shapes of what succeeds, each once."""
    shapes: dict[str, list[str]] = {}
    for status, answer in responses.items():
        if status.startswith("2") and _shape(answer):
            shapes.setdefault(json.dumps(_shape(answer)), []).append(f"{status} ({answer['description'].lower()})")
    for shape, statuses in shapes.items():
        yield f"Answers {' and '.join(statuses)}:"
        yield ""
        yield from table(["field", "type", ""], _fields(json.loads(shape)))


def _shape(of: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = of.get("content", {}).get("application/json", {}).get("schema", {})
    return found


def _fields(shape: dict[str, Any], before: str = "") -> Iterator[list[str]]:
    required = shape.get("required", [])
    for name, of in shape.get("properties", {}).items():
        if before + name == "success":
            continue
        optional = "" if name in required else "optional. "
        yield [code(before + name), _type(of), optional + of.get("description", "")]
        inner = of.get("items", of)
        yield from _fields(inner, f"{before}{name}{'[]' if 'items' in of else ''}.")


def _type(of: dict[str, Any]) -> str:
    if "anyOf" in of:
        return " or ".join(dict.fromkeys(_type(each) for each in of["anyOf"]))
    if of.get("enum") == [each.value for each in Reason]:
        return "[reason](rules.md#reason)"
    if "enum" in of:
        return ", ".join(code(each) for each in of["enum"])
    if "const" in of:
        return code(json.dumps(of["const"]))
    if of.get("type") == "array":
        return f"array of {_type(of['items'])}"
    kind = of.get("type", "any")
    return str(of.get("format", kind) if isinstance(kind, str) else " or ".join(kind))
