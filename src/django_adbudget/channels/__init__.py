"""How alerts reach people and programs (rule D4). A host may write an ``AlertChannel`` of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from typing import Any, ClassVar

from django.core.checks import CheckMessage
from django.utils.module_loading import import_string

from ..conf import app_settings
from ..models import Brand, BudgetAlert

NAME_LENGTH = 200
_KEYS = ("CHANNEL", "OPTIONS", "NAME")


@dataclass(frozen=True, slots=True)
class Digest:
    """What a channel is to tell of one brand: alerts by their instant, each with its ``campaign`` read."""

    brand: Brand
    alerts: tuple[BudgetAlert, ...]
    at: datetime
    done: frozenset[str] = frozenset()
    """Parts that ``PartlySent`` named before, not to be sent again."""


class PartlySent(Exception):
    """Raised by a channel that sends a digest in parts, of which some went out: the others come again, alone.

    ``done``: names of all parts that are out, without commas; ``__cause__``: why the others are not.
    """

    def __init__(self, done: Iterable[str]) -> None:
        self.done = frozenset(done)
        super().__init__(f"only a part was sent: {', '.join(sorted(self.done))}")


class AlertChannel:
    """Base of channels. ``OPTIONS`` of an entry of ``ALERT_CHANNELS`` arrive as keyword arguments."""

    #: Seconds within which ``send`` returns; nobody else sends these alerts until some time after.
    timeout: float = 60.0
    #: Names of options whose values are never logged or stored. Those named like a secret need no mention.
    secret_options: ClassVar[Sequence[str]] = ()

    def send(self, digest: Digest) -> None:
        """Tell of a brand's alerts. Called outside any transaction; what raises is tried again later, for ever.

        It may come twice: a process that dies after sending has not said so. A channel that sends in parts raises
        ``PartlySent`` if some of them fail.
        """
        raise NotImplementedError

    def check(self) -> Iterable[CheckMessage]:
        """Faults of this channel's configuration, for Django's system checks."""
        return ()


@dataclass(frozen=True, slots=True)
class ChannelConfig:
    """An entry of ``ALERT_CHANNELS``. ``name`` is under what its deliveries are kept."""

    name: str
    path: str
    options: Mapping[str, Any]

    def load(self) -> AlertChannel:
        """The channel. Raises ``ImportError`` if there is none, ``TypeError`` if it does not take the options."""
        channel = import_string(self.path)(**self.options)
        if not isinstance(channel, AlertChannel):
            raise TypeError(f"{self.path} is no AlertChannel")
        return channel


def configured() -> list[ChannelConfig]:
    """The entries of ``ALERT_CHANNELS``: dotted paths, or ``{"CHANNEL": path, "OPTIONS": {}, "NAME": "..."}``.

    Raises ``ValueError`` for what is neither, and for two of one name.
    """
    entries: object = app_settings.ALERT_CHANNELS
    if not isinstance(entries, list | tuple):
        raise ValueError(f"it must be a list, not of type {type(entries).__name__}")  # noqa: TRY004  secrets are in it
    found = [_config(entry) for entry in entries]
    names = [config.name for config in found]
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        raise ValueError(f"two channels go by {doubled[0]!r}; give one of them a NAME")
    return found


def _config(entry: Any) -> ChannelConfig:
    given: Any = {"CHANNEL": entry} if isinstance(entry, str) else entry
    if not isinstance(given, Mapping):
        raise ValueError(  # noqa: TRY004
            f"an entry of type {type(entry).__name__} is neither a dotted path nor a dict with the key CHANNEL"
        )
    for key in given.keys() - set(_KEYS):
        near = get_close_matches(str(key).upper(), _KEYS, n=1, cutoff=0.5)
        raise ValueError(f"a channel has no {key!r}; {f'did you mean {near[0]!r}?' if near else f'it has {_KEYS}'}")
    if not isinstance(given.get("CHANNEL"), str):
        raise ValueError("a channel needs the dotted path of its class under CHANNEL")  # noqa: TRY004
    name = str(given.get("NAME", given["CHANNEL"]))
    if not 0 < len(name) <= NAME_LENGTH:
        raise ValueError(f"the name of a channel has 1 to {NAME_LENGTH} characters, not {len(name)}")
    options = {} if given.get("OPTIONS") is None else given["OPTIONS"]
    if not isinstance(options, Mapping) or not all(isinstance(option, str) for option in options):
        raise ValueError("the OPTIONS of a channel must be a dict whose keys are strings")
    return ChannelConfig(name, given["CHANNEL"], options)
