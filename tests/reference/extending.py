from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from typing import Any

from django_adbudget import channels, platforms

from .words import code, dataclass, docstring, function, prose, table


def page() -> Iterator[str]:
    yield "# Backends and channels"
    yield ""
    yield from prose(
        """
        What a site can put in its own place: how orders reach an ad platform ([written step by step](../backends.md)),
        and how alerts reach people ([with an example](../alerts.md#by-a-channel-of-your-own)).
        """
    )
    yield "## Platform backends"
    yield ""
    yield "In `django_adbudget.platforms`."
    yield ""
    yield from _base(platforms.PlatformBackend)
    for of in (platforms.Order, platforms.OrderResult, platforms.Observation):
        yield from dataclass(of.__name__, of)
    yield "## Alert channels"
    yield ""
    yield "In `django_adbudget.channels`."
    yield ""
    yield from _base(channels.AlertChannel)
    yield from dataclass("Digest", channels.Digest)


def _base(of: type[Any]) -> Iterator[str]:
    """A class to be inherited from: what to set, and what to write."""
    yield f"### `{of.__name__}`"
    yield ""
    yield docstring(of)
    yield ""
    rows = list(_attributes(of))
    yield from table(["attribute", "default", ""], rows) if rows else ()
    for name, method in vars(of).items():
        if inspect.isfunction(method) and not name.startswith("_") and docstring(method):
            yield from function(f"{of.__name__}.{name}", method, level=4)


def _attributes(of: type[Any]) -> Iterator[list[str]]:
    """Those that a comment with a colon explains."""
    source = inspect.getsource(of).splitlines()
    (tree,) = ast.parse("\n".join(source)).body
    assert isinstance(tree, ast.ClassDef)
    for node in tree.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
            said: list[str] = []
            for line in reversed(source[: node.lineno - 1]):
                if not line.strip().startswith("#:"):
                    break
                said.insert(0, line.strip().removeprefix("#:").strip())
            if said:
                yield [code(node.target.id), code(ast.unparse(node.value)), " ".join(said).replace("``", "`")]
