"""Zones that are not known here (rule T7)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from ...conf import default_timezone
from ...models import Brand, Campaign
from ...rules import known_zones
from .findings import Finding, Mend, Patient, Severity, by_hand, first_few, title

_NEW_ZONE = Mend("pip install -U tzdata", "if the zone is a new one; then start all processes again")


def unknown_zones(patient: Patient) -> Iterator[Finding]:
    brands, campaigns = patient.brands(), patient.campaigns().exclude(timezone="").select_related("brand")
    yield from first_few(_findings("Brand", brands.filter(timezone__in=_unknown(brands.values_list("timezone")))))
    yield from first_few(
        _findings("Campaign", campaigns.filter(timezone__in=_unknown(campaigns.values_list("timezone"))))
    )


def _unknown(zones: Iterable[tuple[str]]) -> list[str]:
    return sorted({zone for (zone,) in zones} - known_zones())


def _findings(model: str, rows: Iterable[Brand | Campaign]) -> Iterator[Finding]:
    for row in rows:
        near = get_close_matches(row.timezone, known_zones(), n=1)
        # A campaign without a zone of its own has its brand's.
        zone = near[0] if near else default_timezone() if model == "Brand" else ""
        yield Finding(
            "zone-unknown",
            Severity.ERROR,
            f"The zone {row.timezone!r} of {title(row)} is not known here, so its statuses stand still.",
            (by_hand(model, row.pk, f"x.timezone = {zone!r}", "x.save()"), _NEW_ZONE),
        )
