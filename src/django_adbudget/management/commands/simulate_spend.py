from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from django.core.management.base import CommandError, CommandParser

from ...clock import instant
from ...models import Brand, StatusChange
from ...services.gate import ledger_alias
from .. import changes
from ..base import FIRST_YEAR, LAST_YEAR, AdBudgetCommand, add_now, amount_of, check_within, counted
from ..choosing import brands_named, check_play_money
from ..progress import Bar, progress
from ..render import amount as in_currency
from ..simulation import Simulation, Tally

_ROUNDS, _RATE, _EVERY = 60, 10, 1.0
_MOST_ROUNDS, _MOST_RATE = 1_000_000_000, 1_000_000
_A_DAY, _A_YEAR = 24 * 60 * 60, 366 * 24 * 60 * 60


class Command(AdBudgetCommand):
    help = (
        "Records random spend for campaigns that run, a round each second, and shows who pauses and who comes back. "
        "Ctrl-C ends it. The ledger keeps what was recorded; on brands of seed_data, `seed_data --clear` removes it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--rounds", type=int, default=_ROUNDS, metavar="N", help=f"default: {_ROUNDS}")
        rate = f"records in a round (default: {_RATE})"
        parser.add_argument("--rate", type=int, default=_RATE, metavar="N", help=rate)
        every = "between two rounds (default: 1)"
        parser.add_argument("--every", type=float, default=_EVERY, metavar="SECONDS", help=every)
        average = "of one record (default: up to a twentieth of the tightest daily budget)"
        parser.add_argument("--amount", type=amount_of, metavar="X", help=average)
        step = "let the clock jump so far each round instead of waiting; the last round is now"
        parser.add_argument("--step", type=float, metavar="SECONDS", help=step)
        add_now(parser, "with --step: the instant of the first round")
        parser.add_argument("--seed", type=int, metavar="N", help="to draw the same again")
        parser.add_argument("--force", action="store_true", help="also where DEBUG is off")

    def handle(
        self,
        *,
        brand: list[str] | None,
        format: str,  # noqa: A002  the name of the option
        rate: int,
        amount: Decimal | None,
        seed: int | None,
        force: bool,
        **options: Any,
    ) -> None:
        check_play_money(force)
        check_within("--rate", rate, 1, _MOST_RATE)
        instants = _instants(**options)
        simulation = Simulation(_brands(brand), rate, amount, Random(seed))  # noqa: S311  play money
        if not simulation.campaigns().exists():
            raise CommandError("there are no campaigns to spend; `manage.py seed_data` makes some")
        turned: list[StatusChange] = []
        with progress(self.stderr, options["rounds"], "rounds") as bar:
            try:
                for now in instants:
                    turned += self._told(simulation.play(now), bar, format)
                    bar.update()
            except KeyboardInterrupt:
                bar.clear()
        data = {**asdict(simulation.tally), "changes": [changes.as_data(change) for change in turned]}
        self.show(format, data, _lines(simulation.tally))

    def _told(self, turned: list[StatusChange], bar: Bar, output_format: str) -> list[StatusChange]:
        if output_format == "text" and turned:
            bar.clear()
            for change in turned:
                self.stdout.write(changes.with_local_time(change))
            self.stdout.flush()
        return turned


def _brands(names: list[str] | None) -> list[Brand]:
    # Named in any case, so that a clock that is not the real one leaves no heartbeat.
    named = brands_named(names)
    return list(Brand._base_manager.using(ledger_alias()).order_by("pk")) if named is None else named


def _instants(
    *, rounds: int, every: float, step: float | None, now: datetime | None, **options: Any
) -> Iterator[datetime]:
    check_within("--rounds", rounds, 1, _MOST_ROUNDS)
    check_within("--every", every, 0, _A_DAY)
    check_within("--step", step, 0, _A_YEAR)
    if step is None:
        if now is not None:
            raise CommandError("--now goes with --step only: without it the clock is the real one")
        return _real(rounds, every)
    return _jumping(rounds, timedelta(seconds=step), now)


def _jumping(rounds: int, jump: timedelta, now: datetime | None) -> Iterator[datetime]:
    refusal = CommandError(f"--rounds and --step lead out of the years {FIRST_YEAR} to {LAST_YEAR}")
    try:
        way = jump * (rounds - 1)
        first = now or instant() - way
        last = first + way
    except OverflowError as error:
        raise refusal from error
    if first.year < FIRST_YEAR or last.year > LAST_YEAR:
        raise refusal
    return (first + jump * number for number in range(rounds))


def _real(rounds: int, every: float) -> Iterator[datetime]:
    for number in range(rounds):
        if number:
            time.sleep(every)
        yield instant()


def _lines(tally: Tally) -> Iterator[str]:
    spent = ", ".join(f"{in_currency(value, currency)} {currency}" for currency, value in sorted(tally.spent.items()))
    records = counted(tally.records, "record")
    yield f"{counted(tally.rounds, 'round')}, {records}{f': {spent}' if spent else ', since nothing ran'}."
    yield f"Campaigns stopped {counted(tally.paused, 'time')} and started {counted(tally.activated, 'time')}."
