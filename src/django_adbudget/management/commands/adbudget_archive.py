from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from ...clock import instant
from ...models import Brand
from ...services.audit.archiving import Archived, archive
from ...services.gate import ledger_alias
from ..base import AdBudgetCommand, add_actor, add_dry_run, counted, day_of
from ..choosing import brands_named
from ..progress import progress
from ..render import amount


class Command(AdBudgetCommand):
    help = (
        "Moves spend records of local dates before --before to a gzipped CSV file a brand, reads it back against the "
        "ledger, and only then removes them. Totals stay, and keys as digests, so that a key sent again is refused. "
        "What was cut off is finished by the next run."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--before", type=day_of, metavar="DATE", required=True, help="the first local date that stays"
        )
        parser.add_argument("--to", type=Path, default=Path(), metavar="DIR", help="where the files go (default: here)")
        add_actor(parser, "adbudget_archive")
        add_dry_run(parser, "say how many would be moved, and move none")

    def handle(
        self,
        *,
        brand: list[str] | None,
        format: str,  # noqa: A002  the name of the option
        before: date,
        to: Path,
        actor: str,
        dry_run: bool,
        **options: Any,
    ) -> None:
        now = instant()
        brands = brands_named(brand) or list(Brand._base_manager.using(ledger_alias()).order_by("name", "pk"))
        planned = [archive(row, before, to, now=now, dry_run=True) for row in brands]
        done = planned
        if not dry_run:
            with progress(self.stderr, sum(plan.records + plan.finished for plan in planned), "records") as bar:
                try:
                    done = [archive(row, before, to, actor=actor, now=now, moved=bar.update) for row in brands]
                except OSError as error:
                    raise CommandError(
                        f"cannot write to {to}: {error}; what is not in a file was not removed"
                    ) from error
        moved = [one for one in done if one.records or one.finished]
        data = {"dry_run": dry_run, "before": before, "archives": [asdict(one) for one in moved]}
        self.show(format, data, _lines(moved, before, dry_run))


def _lines(moved: Sequence[Archived], before: date, dry_run: bool) -> Iterator[str]:
    if not moved:
        yield f"There are no records from before {before}."
    for one in moved:
        if one.finished:
            what = f"{counted(one.finished, 'record')} of {one.brand_name}, written to {one.finished_file} before"
            yield f"Would remove {what}." if dry_run else f"Removed {what}."
        if not one.records:
            continue
        what = f"{counted(one.records, 'record')} of {one.brand_name}, {amount(one.spend, one.currency)} {one.currency}"
        yield f"Would move {what}." if dry_run else f"Moved {what}, to {one.file}."
