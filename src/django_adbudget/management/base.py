"""What the commands share: --brand, --format, and errors in a sentence."""

from __future__ import annotations

import json
import os
import sys
from argparse import ArgumentTypeError
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from ..exceptions import AdBudgetError, InvalidAmount, InvalidEntry
from ..models.history import ACTOR_LENGTH
from ..rules import from_micros
from ..rules.money import record_micros, shown
from ..services.spending.postings import checked_text
from .given import as_typed

BRAND_HELP = "id, external id or name of a brand; may be repeated (default: all brands)"
#: Of instants that commands take: far enough from the calendar's ends to count days and months from them.
FIRST_YEAR, LAST_YEAR = 1970, 9000
#: How a shell tells of what SIGPIPE has ended.
_PIPE_CLOSED = 141


class AdBudgetCommand(BaseCommand):
    """A command that parses, calls one service, and shows what came of it."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--brand", action="append", metavar="BRAND", help=BRAND_HELP)
        add_format(parser)

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Errors that a person can act on become a sentence and an exit code; the rest keep their traceback."""
        try:
            return super().execute(*args, **as_typed(self.create_parser("", ""), options))
        except (AdBudgetError, ArgumentTypeError) as error:
            raise CommandError(str(error)) from error
        except DatabaseError as error:
            raise CommandError(f"the database refused: {first_line(error)}") from error

    def run_from_argv(self, argv: list[str]) -> None:
        """A reader that has seen enough, such as ``head``, ends the command in silence, as it ends Unix tools."""
        try:
            try:
                super().run_from_argv(argv)
            finally:
                sys.stdout.flush()
        except BrokenPipeError:
            # As it exits, Python tries to write the rest.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(_PIPE_CLOSED)

    def show(self, output_format: str, data: object, lines: Iterable[str]) -> None:
        """Write ``data`` as JSON, or the lines for people."""
        if output_format == "json":
            self.stdout.write(json.dumps(data, indent=2, ensure_ascii=False, default=str))
            return
        for line in lines:
            self.stdout.write(line)


def add_format(parser: CommandParser) -> None:
    parser.add_argument("--format", choices=["text", "json"], default="text", help="json is for scripts")


def add_dry_run(parser: CommandParser, help_text: str = "say what would change, and change nothing") -> None:
    parser.add_argument("--dry-run", action="store_true", help=help_text)


def add_now(parser: CommandParser, help_text: str) -> None:
    parser.add_argument("--now", type=_instant, metavar="INSTANT", help=f"{help_text}, like 2026-03-31T14:00:00+02:00")


def _instant(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is not an instant like 2026-03-31T14:00:00+02:00") from None
    if instant.utcoffset() is None:
        raise ArgumentTypeError(f"{text!r} has no UTC offset; write one, as in 2026-03-31T14:00:00+02:00")
    if not FIRST_YEAR <= instant.year <= LAST_YEAR:
        raise ArgumentTypeError(f"{text!r} lies outside of the years {FIRST_YEAR} to {LAST_YEAR}")
    return instant


def add_actor(parser: CommandParser, default: str) -> None:
    parser.add_argument("--actor", type=_actor, default=default, help="who is to be named as having done it")


def _actor(text: str) -> str:
    if not text.strip():
        raise ArgumentTypeError("say who does it")
    return text_of(text, ACTOR_LENGTH)


def text_of(text: str, longest: int | None = None) -> str:
    """The value of an option: text that a database can store. A shell hands over any bytes."""
    try:
        return checked_text(repr(shown(text)), text, len(text) if longest is None else longest)
    except InvalidEntry as error:
        raise ArgumentTypeError(str(error)) from error


def check_within(name: str, number: float | None, least: int, most: int) -> None:
    """Raise ``CommandError`` for the number of an option that is too small or too great, or no number at all."""
    if number is None or least <= number <= most:
        return
    text = shown(number) if isinstance(number, int) else f"{number:g}"
    raise CommandError(
        f"{name} {text} is less than {least}" if number < least else f"{name} {text} is not up to {most:,}"
    )


def amount_of(text: str) -> Decimal:
    """The value of an option: an amount above 0, of whole hundredths."""
    try:
        value = from_micros(record_micros(text))
    except InvalidAmount as error:
        raise ArgumentTypeError(str(error)) from error
    if value != round(value, 2):
        raise ArgumentTypeError(f"amount {text!r} has more than two decimal places")
    return value


def day_of(text: str) -> date:
    """The value of an option: a local date."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is not a date like 2026-03-31") from None


def first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__


def counted(count: int, singular: str, plural: str = "") -> str:
    """``3 brands``, ``1 brand``, ``12,000 records``."""
    return f"{count:,} {singular if count == 1 else plural or singular + 's'}"
