"""The REST API (extra ``api``). ``mount()`` puts it into a host's NinjaAPI, ``api.urls`` is for those who have none.

django-ninja needs configured settings to be imported, so it is imported when it is first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .mounting import mount
    from .routes import router

__all__ = ["mount", "router"]

_HOMES = {"mount": ".mounting", "router": ".routes"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name], __name__), name)
