"""Settings of the package for the length of a test, with objects where a settings file has dotted paths."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from itertools import count
from typing import Any

from django.conf import settings
from django.test.utils import override_settings

from .. import conf
from ..platforms import PlatformBackend
from . import named

_numbers = count(1)


class override_adbudget(override_settings):  # noqa: N801  as Django's, beside which it stands
    """Like ``override_settings``, for single keys of ``ADBUDGET``: a context manager, or a decorator.

    ``PLATFORM_BACKEND``, the entries of ``ALERT_CHANNELS`` and ``API_AUTH``, and ``API_BRANDS_FOR`` take the object
    itself too, a class or an instance. Raises ``TypeError`` for a key that is none of ours.
    """

    def __init__(self, **changes: Any) -> None:
        for key in changes.keys() - set(conf.names()):
            near = get_close_matches(key.upper(), conf.names(), n=1)
            raise TypeError(f"ADBUDGET has no {key!r}{f'; did you mean {near[0]!r}?' if near else ''}")
        self.changes = {key: _written(key, value) for key, value in changes.items()}
        super().__init__(ADBUDGET=self._merged())

    def enable(self) -> None:
        self.options = {"ADBUDGET": self._merged()}
        super().enable()

    def _merged(self) -> dict[str, Any]:
        return {**getattr(settings, "ADBUDGET", {}), **self.changes}


def _written(key: str, value: Any) -> Any:
    """The value as a settings file would have it."""
    if key == "PLATFORM_BACKEND" and not isinstance(value, Mapping):
        return {"BACKEND": _path(value, PlatformBackend), "OPTIONS": {}}
    if key == "ALERT_CHANNELS":
        # Channels know models, which may not be there yet when this module is imported.
        from ..channels import AlertChannel

        return [entry if isinstance(entry, Mapping) else _path(entry, AlertChannel) for entry in value]
    if key == "API_AUTH":
        return [_path(entry) for entry in value]
    return _path(value) if key == "API_BRANDS_FOR" and value is not None else value


def _path(value: Any, made_by: type | None = None) -> str:
    """A dotted path that loads ``value``, or makes it where the setting names what instances are ``made_by``."""
    if isinstance(value, str):
        return value
    loaded = (lambda: value) if made_by is not None and isinstance(value, made_by) else value
    name = f"{getattr(value, '__name__', type(value).__name__).strip('<>')}_{next(_numbers)}"
    setattr(named, name, loaded)
    return f"{named.__name__}.{name}"
