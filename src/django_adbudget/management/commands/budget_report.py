from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.core.management.base import CommandError, CommandParser

from ...models import Brand
from ...services.reports.overview import BrandReport, Span, Unreported, budget_report
from ..base import AdBudgetCommand, add_now, counted
from ..choosing import brands_named
from ..progress import progress
from ..render import amount, share, table

_HEADER = ["Brand", "Zone", "Local dates", "", "Spent", "Budget", "Left", "Used"]
_COUNTS = {"Running": "active", "Spent out": "paused_budget", "Off hours": "paused_daypart", "Off": "inactive"}
_NUMBERS = frozenset(range(4, 12))


class Command(AdBudgetCommand):
    help = (
        "What each brand has spent in its own local day, week (from Monday) or month, against its present budget (a "
        "week's is seven times a day's), and how many of its campaigns run now, have spent a budget out, are outside "
        "their hours, or are off."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--period", choices=[span.value for span in Span], default="today", help="default: today")
        add_now(parser, "report as of another instant")

    def handle(
        self,
        *,
        brand: list[str] | None,
        format: str,  # noqa: A002  the name of the option
        period: str,
        now: datetime | None,
        **options: Any,
    ) -> None:
        brands = brands_named(brand)
        rows: list[BrandReport] = []
        unknown: list[Unreported] = []
        with progress(self.stderr, Brand.objects.count() if brands is None else len(brands), "brands") as bar:
            for row in budget_report(Span(period), brands=brands, now=now):
                if isinstance(row, BrandReport):
                    rows.append(row)
                else:
                    unknown.append(row)
                bar.update()
        data = {"period": period, "brands": [_as_data(row) for row in rows], "unreported": [asdict(u) for u in unknown]}
        self.show(format, data, _lines(rows, period))
        if unknown:
            names = ", ".join(f"{row.brand_name} ({row.timezone})" for row in unknown)
            raise CommandError(f"not reported, since their time zones are not known here: {names}")


def _as_data(row: BrandReport) -> dict[str, Any]:
    return {**asdict(row), "share": None if row.share is None else f"{row.share:.2f}"}


def _lines(rows: Sequence[BrandReport], period: str) -> Iterator[str]:
    if not rows:
        yield "There are no brands."
        return
    yield f"Spend of {period.replace('_', ' ')}, in each brand's own zone and currency"
    yield ""
    yield from table([*_HEADER, *_COUNTS], [_cells(row) for row in rows], right=_NUMBERS)
    yield ""
    totals: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        totals[row.currency] += row.spent
    sums = ", ".join(f"{amount(spent, currency)} {currency}" for currency, spent in sorted(totals.items()))
    yield f"{counted(len(rows), 'brand')}, {sums}"


def _cells(row: BrandReport) -> list[str]:
    dates = str(row.first) if row.first == row.last else f"{row.first} to {row.last}"
    money = [amount(value, row.currency) for value in (row.spent, row.budget, row.remaining)]
    counts = [str(row.campaign_counts[name]) for name in _COUNTS.values()]
    return [row.brand_name, row.timezone, dates, row.currency, *money, share(row.share), *counts]
