from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandError, CommandParser

from ... import services
from ...models import Brand
from ...services.chunks import chunks
from ...services.gate import ledger_alias
from ...services.results import Difference
from ..base import AdBudgetCommand, counted
from ..choosing import brands_named
from ..progress import progress
from ..render import amount, table

_BRANDS_A_STEP = 100
_SHOWN = 20


class Command(AdBudgetCommand):
    help = (
        "Compares every total with the ledger, to the micro-unit. Fails if one differs; --rebuild sets it to what "
        "the ledger says."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--rebuild", action="store_true", help="set what differs to what the ledger says")

    def handle(
        self,
        *,
        brand: list[str] | None,
        format: str,  # noqa: A002  the name of the option
        rebuild: bool,
        **options: Any,
    ) -> None:
        ids = _ids(brands_named(brand))
        found: list[Difference] = []
        mended = 0
        with progress(self.stderr, len(ids), "brands") as bar:
            for part in chunks(ids, _BRANDS_A_STEP):
                differing = services.verify_summaries(brands=part)
                found += differing
                if rebuild and differing:
                    mended += services.rebuild_summaries(brands=part)
                bar.update(len(part))
        data = {"brands": len(ids), "rebuilt": mended, "differences": [asdict(difference) for difference in found]}
        self.show(format, data, _lines(found, len(ids), mended))
        if found and not rebuild:
            text = f"{counted(len(found), 'total')} differ{'s' if len(found) == 1 else ''} from the ledger"
            raise CommandError(f"{text}; `manage.py verify_summaries --rebuild` sets what differs")


def _ids(brands: list[Brand] | None) -> list[int]:
    if brands is not None:
        return sorted(brand.pk for brand in brands)
    return list(Brand._base_manager.using(ledger_alias()).order_by("pk").values_list("pk", flat=True))


def _lines(found: Sequence[Difference], brands: int, mended: int) -> Iterator[str]:
    if not found:
        yield f"All totals of {counted(brands, 'brand')} are what the ledger says."
        return
    shown = found[:_SHOWN]
    names = dict(Brand._base_manager.filter(pk__in={row.brand_id for row in shown}).values_list("pk", "name"))
    currencies = dict(Brand._base_manager.filter(pk__in=names).values_list("pk", "currency"))
    header = ["Brand", "Campaign", "Period", "From", "Ledger", "Total", "Off by", ""]
    rows = [_row(row, names[row.brand_id], currencies[row.brand_id]) for row in shown]
    yield from table(header, rows, right=frozenset({4, 5, 6}))
    if len(found) > _SHOWN:
        yield f"... and {len(found) - _SHOWN:,} more"
    if mended:
        yield f"{counted(mended, 'total')} set to what the ledger says."


def _row(found: Difference, brand: str, currency: str) -> list[str]:
    campaign = "-" if found.campaign_id is None else str(found.campaign_id)
    start = "-" if found.period == "TOTAL" else found.start.isoformat()
    figures = (found.ledger, found.summary, found.summary - found.ledger)
    return [brand, campaign, found.period.lower(), start, *(amount(figure, currency) for figure in figures), currency]
