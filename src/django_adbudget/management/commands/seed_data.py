from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.core.management.base import CommandError, CommandParser

from ...clock import instant
from ...conf import app_settings
from ...models import Brand
from ...services.edits.clearing import Cleared, clear_made
from ..base import AdBudgetCommand, add_dry_run, add_format, add_now, amount_of, check_within, counted
from ..choosing import brands_named, check_play_money
from ..progress import progress
from ..seeding.plan import PREFIX, SOURCE, Wish
from ..seeding.planter import Planted, Planter, is_planted

#: Play money too: what simulate_spend spends on seeded campaigns goes with them.
_SOURCES = (SOURCE, "simulate_spend")
_BRANDS, _CAMPAIGNS_EACH, _DAYS, _SEED = 5, 4, 30, 1
#: More would not end within a day.
_MOST_BRANDS, _MOST_CAMPAIGNS, _MOST_DAYS = 10_000, 1_000_000, 3_660


class Command(AdBudgetCommand):
    help = (
        "Makes believable brands around the world, with campaigns, hours and days of spend, the same for the same "
        "--seed. --clear takes away what it made, and what simulate_spend spent on that."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        clearing = "with --clear: id, external id or name of a brand; may be repeated (default: all that were made)"
        parser.add_argument("--brand", action="append", metavar="BRAND", help=clearing)
        add_format(parser)
        parser.add_argument("--brands", type=int, default=_BRANDS, metavar="N", help=f"default: {_BRANDS}")
        many = parser.add_mutually_exclusive_group()
        many.add_argument("--campaigns", type=int, metavar="N", help="how many in all")
        many.add_argument("--campaigns-per-brand", type=int, metavar="N", help=f"default: {_CAMPAIGNS_EACH}")
        days = f"local days of spend, today the last (default: {_DAYS})"
        parser.add_argument("--spend-days", type=int, default=_DAYS, metavar="N", help=days)
        for name in ("daily", "monthly"):
            parser.add_argument(f"--{name}-budget", type=amount_of, metavar="X", help="of each brand, in its currency")
        parser.add_argument("--seed", type=int, metavar="N", help=f"default: {_SEED}; with --clear: of all seeds")
        parser.add_argument("--clear", action="store_true", help="take away what was made")
        parser.add_argument("--force", action="store_true", help="also where DEBUG is off")
        add_dry_run(parser)
        add_now(parser, "as if it were another instant")

    def handle(
        self,
        *,
        brand: list[str] | None,
        format: str,  # noqa: A002  the name of the option
        seed: int | None,
        clear: bool,
        force: bool,
        dry_run: bool,
        now: datetime | None,
        **options: Any,
    ) -> None:
        if not dry_run:
            check_play_money(force)
        at = instant(now)
        if clear:
            prefix = PREFIX if seed is None else f"{PREFIX}{seed}:"
            cleared = clear_made(
                prefix, _SOURCES, brands=brands_named(brand), actor="seed_data --clear", now=at, dry_run=dry_run
            )
            self.show(format, {"dry_run": dry_run, **asdict(cleared)}, _cleared_lines(cleared, dry_run))
            return
        if brand is not None:
            raise CommandError("--brand goes with --clear only: seed_data makes brands of its own")
        planted, seconds = self._plant(_wish(seed=_SEED if seed is None else seed, now=at, **options), dry_run)
        data = {"dry_run": dry_run, **asdict(planted), "seconds": round(seconds, 2)}
        self.show(format, data, _planted_lines(planted, seconds, dry_run))

    def _plant(self, wish: Wish, dry_run: bool) -> tuple[Planted, float]:
        if is_planted(wish):
            begin = f"seed {wish.seed} is planted already"
            raise CommandError(f"{begin}: give another --seed, or first run `manage.py seed_data --clear`")
        began = time.monotonic()
        with progress(self.stderr, len(wish.campaigns) * wish.spend_days, "days") as bar:
            planted = Planter(wish, bar.update, dry_run=dry_run).run()
        return planted, time.monotonic() - began


def _wish(
    *,
    seed: int,
    now: datetime,
    brands: int,
    campaigns: int | None,
    campaigns_per_brand: int | None,
    spend_days: int,
    daily_budget: Decimal | None,
    monthly_budget: Decimal | None,
    **options: Any,
) -> Wish:
    check_within("--brands", brands, 1, _MOST_BRANDS)
    check_within("--campaigns", campaigns, 0, _MOST_CAMPAIGNS)
    check_within("--campaigns-per-brand", campaigns_per_brand, 0, _MOST_CAMPAIGNS // brands)
    check_within("--spend-days", spend_days, 0, _MOST_DAYS)
    oldest = app_settings.SPEND_MAX_AGE_DAYS
    if oldest is not None and spend_days > oldest:
        raise CommandError(f"--spend-days {spend_days} goes back further than SPEND_MAX_AGE_DAYS allows ({oldest})")
    each = _CAMPAIGNS_EACH if campaigns_per_brand is None else campaigns_per_brand
    total = brands * each if campaigns is None else campaigns
    spread = tuple(total // brands + (number < total % brands) for number in range(brands))
    return Wish(spread, spend_days, daily_budget, monthly_budget, seed, now)


def _planted_lines(planted: Planted, seconds: float, dry_run: bool) -> Iterator[str]:
    facts = f"{counted(planted.brands, 'brand')}, {counted(planted.campaigns, 'campaign')}"
    facts = f"{facts}, {counted(planted.windows, 'window')}, {counted(planted.records, 'record')} of spend"
    if dry_run:
        yield f"A dry run; it would make {facts} (seed {planted.seed})."
        return
    yield f"Made {facts} in {seconds:.1f} s (seed {planted.seed})."
    counts = {"running": "ACTIVE", "spent out": "PAUSED_BUDGET", "off hours": "PAUSED_DAYPART", "off": "INACTIVE"}
    yield "Now " + ", ".join(f"{planted.statuses.get(name, 0):,} {word}" for word, name in counts.items()) + "."
    yield f"`manage.py seed_data --clear --seed {planted.seed}` takes it away again."


def _cleared_lines(cleared: Cleared, dry_run: bool) -> Iterator[str]:
    rows = f"{counted(cleared.brands, 'brand')}, {counted(cleared.campaigns, 'campaign')}"
    rows = f"{rows} and {counted(cleared.records, 'record')} of spend"
    yield f"A dry run; it would remove {rows}." if dry_run else f"Removed {rows}."
    if cleared.kept_brands:
        names = Brand.objects.filter(pk__in=cleared.kept_brands).order_by("name").values_list("name", flat=True)
        campaigns = counted(len(cleared.kept_campaigns), "campaign")
        yield f"Kept {campaigns} of {', '.join(names)}: they bear what somebody else made."
