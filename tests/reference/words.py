"""Markdown of what code says of itself."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import MISSING, Field, fields
from enum import Enum
from typing import Any


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{' --- |' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(_cell(text) for text in row)} |"
    yield ""


def _cell(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip().replace("|", "\\|")


def prose(text: str) -> Iterator[str]:
    yield inspect.cleandoc(text)
    yield ""


def code(value: object) -> str:
    return f"`{value}`"


def docstring(of: object) -> str:
    """As Markdown, which knows double backticks too. Nothing for what only inherits or was generated."""
    text = vars(of).get("__doc__") if isinstance(of, type) else getattr(of, "__doc__", None)
    if not text or (isinstance(of, type) and text.startswith(f"{of.__name__}(")):
        return ""
    return inspect.cleandoc(text).replace("``", "`")


def first_line(of: object) -> str:
    return re.sub(r"\s+", " ", docstring(of).split("\n\n")[0])


def function(name: str, of: Callable[..., Any], *, level: int = 3) -> Iterator[str]:
    """A heading, the signature, one argument a line if it is long, and what the docstring says."""
    yield f"{'#' * level} `{name.rpartition('.')[2]}`"
    yield ""
    yield "```text"
    yield signature(name, of)
    yield "```"
    yield ""
    if docstring(of):
        yield docstring(of)
        yield ""


def signature(name: str, of: Callable[..., Any]) -> str:
    called = inspect.signature(of)
    kept = [each for each in called.parameters.values() if each.name not in {"self", "cls"}]
    called = called.replace(parameters=kept)
    line = _plain(f"{name}{called}")
    if len(line) <= 100:
        return line
    back = f" -> {called.return_annotation}" if called.return_annotation is not called.empty else ""
    return _plain("\n".join([f"{name}(", *(f"    {each}," for each in _arguments(called)), f"){back}"]))


def _plain(text: str) -> str:
    """Annotations without the quotes that they have as text; a default that is a text keeps its own."""
    return re.sub(r"(?<=: )'([^']+)'|(?<=-> )'([^']+)'", lambda found: found[1] or found[2], text).replace("''", '""')


def _arguments(called: inspect.Signature) -> Iterator[str]:
    starred = False
    for each in called.parameters.values():
        if each.kind is each.KEYWORD_ONLY and not starred:
            yield "*"
            starred = True
        yield str(each)


def dataclass(name: str, of: type[Any], *, level: int = 3) -> Iterator[str]:
    yield f"{'#' * level} `{name}`"
    yield ""
    if docstring(of):
        yield docstring(of)
        yield ""
    yield from table(["field", "type", "default"], ([code(f.name), code(f.type), _default(f)] for f in fields(of)))
    for member, what in vars(of).items():
        if isinstance(what, property) and docstring(what):
            yield f"- `.{member}`: {first_line(what)}"
            yield ""


def _default(of: Field[Any]) -> str:
    if of.default_factory is not MISSING:
        return code(of.default_factory())
    return "" if of.default is MISSING else code(repr(of.default))


def choices(name: str, of: type[Enum]) -> Iterator[str]:
    yield f"### `{name}`"
    yield ""
    if docstring(of):
        yield docstring(of)
        yield ""
    yield ", ".join(code(each.value) for each in of)
    yield ""


def methods(of: type[Any], *, without: Iterable[str] = ()) -> Iterator[str]:
    """A class's own public methods and properties that say something of themselves."""
    for name, what in vars(of).items():
        if name.startswith("_") or name in without:
            continue
        if isinstance(what, property) and docstring(what):
            yield f"- `.{name}`: {first_line(what)}"
        elif inspect.isfunction(what) and docstring(what):
            yield f"- `.{signature(name, what).replace(chr(10), ' ')}`: {first_line(what)}"


def listed(lines: Iterable[str]) -> Iterator[str]:
    found = list(lines)
    if found:
        yield from found
        yield ""
