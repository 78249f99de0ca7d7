"""Brands and campaigns as people name them, by id, external id or name; and whose money it is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from django.conf import settings
from django.core import mail
from django.core.management.base import CommandError
from django.db.models import Q, QuerySet

from ..models import Brand, Campaign
from ..services.gate import ledger_alias
from .base import text_of

Named = TypeVar("Named", Brand, Campaign)
_LONGEST_ID = 18


def check_play_money(force: bool) -> None:
    """Raise ``CommandError`` where the ledger may be a real one: DEBUG is off, and it is no test."""
    # Django's test runner turns DEBUG off, too; only then is there an outbox.
    if not (settings.DEBUG or force or hasattr(mail, "outbox")):
        raise CommandError("DEBUG is off, so this may be a real ledger; add --force if it is yours to play with")


def brands_named(names: Sequence[str] | None) -> list[Brand] | None:
    """The brands of ``--brand``, None for all of them. Raises ``CommandError``."""
    if names is None:
        return None
    return list({brand.pk: brand for brand in (brand_named(name) for name in names)}.values())


def brand_named(name: str) -> Brand:
    """One brand. Raises ``CommandError`` if there is none, or more than one."""
    found = _named(Brand._base_manager.using(ledger_alias()), name)
    if len(found) != 1:
        raise CommandError(f"{len(found) or 'no'} brands have {name!r} as their id, external id or name")
    return found[0]


def campaigns_named(names: Iterable[str], brands: Sequence[Brand] | None) -> list[Campaign]:
    """The campaigns of ``--campaign``, among those of the brands. Raises ``CommandError``."""
    among = Campaign._base_manager.using(ledger_alias()).select_related("brand")
    if brands is not None:
        among = among.filter(brand__in=brands)
    return [_campaign_named(name, among) for name in names]


def _campaign_named(name: str, among: QuerySet[Campaign]) -> Campaign:
    found = _named(among, name)
    if not found:
        raise CommandError(f"no campaign has {name!r} as its id, external id or name")
    if len(found) > 1:
        owners = ", ".join(f"{campaign.pk} of {campaign.brand}" for campaign in found)
        raise CommandError(
            f"{name!r} means several campaigns ({owners}); say which by --brand or by another of its names"
        )
    return found[0]


def _named(rows: QuerySet[Named], name: str) -> list[Named]:
    text_of(name)
    query = Q(external_id=name) | Q(name=name)
    if name.isascii() and name.isdigit() and len(name) <= _LONGEST_ID:
        query |= Q(pk=int(name))
    # Compared again here, byte for byte: some databases take "Spring" for "spring".
    return [row for row in rows.filter(query).order_by("pk") if name in _names(row)]


def _names(row: Any) -> set[str | None]:
    return {str(row.pk), row.external_id, row.name}
