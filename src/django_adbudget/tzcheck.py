"""Whether the machine and the tzdata package agree about a zone (rule T7)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from importlib import resources
from zoneinfo import ZoneInfo

from .clock import instant
from .rules import as_zone, known_zones

_HORIZON = timedelta(days=400)
_STEP = timedelta(hours=6)


def differing(zones: Iterable[str], now: datetime | None = None) -> list[str]:
    """The zones, of those known here, that the package sees otherwise within the next 400 days."""
    at = instant(now).astimezone(UTC)
    return sorted({zone for zone in zones if zone in known_zones() and _differs(zone, at)})


def _differs(zone: str, start: datetime) -> bool:
    packaged = _packaged(zone)
    if packaged is None:
        return True
    here = as_zone(zone)
    probes = (start + step * _STEP for step in range(_HORIZON // _STEP))
    return any(at.astimezone(here).utcoffset() != at.astimezone(packaged).utcoffset() for at in probes)


def _packaged(zone: str) -> ZoneInfo | None:
    *folders, name = zone.split("/")
    try:
        file = resources.files(".".join(["tzdata", "zoneinfo", *folders])).joinpath(name)
        with file.open("rb") as data:
            return ZoneInfo.from_file(data, key=zone)
    except (ModuleNotFoundError, FileNotFoundError):
        return None
