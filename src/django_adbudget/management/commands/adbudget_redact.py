from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.core.management.base import CommandParser

from ...clock import instant
from ...services.audit.redacting import Which, redact_descriptions
from ..base import AdBudgetCommand, add_actor, add_dry_run, counted, day_of
from ..choosing import brands_named, campaigns_named


class Command(AdBudgetCommand):
    help = (
        "Blanks the description of spend records, for good: of those that meet all that is given. Amounts, instants, "
        "keys and totals stay, so a retry of such a spend is still recognised."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        campaign = "id, external id or name of a campaign; may be repeated"
        parser.add_argument("--campaign", action="append", metavar="CAMPAIGN", help=campaign)
        parser.add_argument("--before", type=day_of, metavar="DATE", help="spend of local dates before this one")
        parser.add_argument("--record", action="extend", nargs="+", type=int, metavar="ID", help="records by their ids")
        add_actor(parser, "adbudget_redact")
        add_dry_run(parser, "say how many would be blanked, and blank none")

    def handle(
        self,
        *,
        brand: list[str] | None,
        format: str,  # noqa: A002  the name of the option
        campaign: list[str] | None,
        before: date | None,
        record: list[int] | None,
        actor: str,
        dry_run: bool,
        **options: Any,
    ) -> None:
        brands = brands_named(brand)
        campaigns = None if campaign is None else campaigns_named(campaign, brands)
        which = Which(brands=brands, campaigns=campaigns, before=before, records=record)
        count = redact_descriptions(which, actor=actor, now=instant(), dry_run=dry_run)
        self.show(format, {"dry_run": dry_run, "redacted": count}, _lines(count, dry_run))


def _lines(count: int, dry_run: bool) -> Iterator[str]:
    records = counted(count, "record")
    if not count:
        yield "No such record has a description."
    elif dry_run:
        yield f"A dry run; it would blank the description of {records}."
    else:
        yield f"Blanked the description of {records}."
