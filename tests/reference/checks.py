from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import django_adbudget

from .words import code, prose, table

_ID = re.compile(r"adbudget\.[EW]\d{3}")
_CLASSES = {"Error": "error", "CheckWarning": "warning"}
SOURCE = Path(django_adbudget.__file__).parent


@dataclass(frozen=True, order=True)
class Check:
    id: str
    kind: str
    message: str
    hint: str


def page() -> Iterator[str]:
    yield "# System checks"
    yield ""
    yield from prose(
        """
        What `manage.py check` says; with `--database default` also what only the database knows (W007 to W011).
        Most have a hint with the line to write. `SILENCED_SYSTEM_CHECKS` silences one by its id. A [platform
        backend](../backends.md) and an [alert channel](../alerts.md) can add checks of their own.
        """
    )
    rows = ([code(each.id), each.kind, each.message, _hint(each.hint)] for each in sorted(found()))
    yield from table(["id", "", "says", "hint"], rows)


def _hint(text: str) -> str:
    """A line to write is code; a sentence is not."""
    return code(text) if ", or " not in text and re.match(r'["{]|[A-Z_]+ = |manage\.py|python', text) else text


def found() -> Iterator[Check]:
    """Every message in the source that bears an id; what is filled in at run time is in braces."""
    for path in sorted(SOURCE.rglob("*.py")):
        tree = ast.parse(path.read_text())
        for function in ast.walk(tree):
            if isinstance(function, ast.FunctionDef):
                yield from _of(function, _constants(tree.body) | _constants(list(ast.walk(function))))
        yield from _given(tree)


def _of(function: ast.FunctionDef, constants: dict[str, ast.expr]) -> Iterator[Check]:
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _CLASSES:
            named = {each.arg: each.value for each in node.keywords}
            hint = _text(named["hint"], constants) if "hint" in named else ""
            if isinstance(named.get("id"), ast.Constant):
                kind, message = _CLASSES[node.func.id], _text(node.args[0], constants)
                yield Check(_text(named["id"], {}), kind, message, "" if hint in {"{hint}", "..."} else hint)


def _given(tree: ast.Module) -> Iterator[Check]:
    """Ids that one part of the package gives to the checks of webhooks."""
    said = {
        "url_id": ("error", "A webhook cannot be sent: {error}.", "an address with https"),
        "secret_id": ("error", "A webhook has no secret.", ""),
        "short_id": (
            "warning",
            "A secret of a webhook is too short.",
            'python -c "import secrets; print(secrets.token_urlsafe(32))"',
        ),
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and key.value in said and isinstance(value, ast.Constant):
                    yield Check(str(value.value), *said[str(key.value)])


def _constants(nodes: Iterable[ast.AST]) -> dict[str, ast.expr]:
    """Names that are given a value."""
    return {
        node.targets[0].id: node.value
        for node in nodes
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }


def _text(node: ast.expr, constants: dict[str, ast.expr]) -> str:
    match node:
        case ast.Constant():
            return str(node.value)
        case ast.JoinedStr():
            return "".join(_text(part, constants) for part in node.values)
        case ast.FormattedValue(value=ast.Call(args=[ast.Name(id=name), *_])):
            return "{" + name + "}"
        case ast.FormattedValue(value=ast.Subscript()):
            return "..."
        case ast.FormattedValue():
            return "{" + ast.unparse(node.value).rpartition(".")[2] + "}"
        case ast.Name() if node.id in constants and isinstance(constants[node.id], ast.Constant | ast.JoinedStr):
            return _text(constants[node.id], {})
        case _:
            return "..."


def ids_in_source() -> set[str]:
    return {found for path in SOURCE.rglob("*.py") for found in _ID.findall(path.read_text())}
