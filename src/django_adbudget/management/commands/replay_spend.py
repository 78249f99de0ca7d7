from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from django_adbudget.exceptions import UnknownTimezone
from django_adbudget.models import Brand
from django_adbudget.rules import as_zone

from ..base import AdBudgetCommand, add_format, counted
from ..choosing import brand_named
from ..progress import Bar, progress
from ..render import amount
from ..replay import Replay, RowRefused, Tally, Turn
from ..replay_file import FileErrors, Reading, Row, read_rows

_ERRORS_SHOWN = 20


class Command(AdBudgetCommand):
    help = (
        "Records a CSV of spend (campaign,instant,amount[,idempotency_key]) in order of time, on the clock "
        "of its instants, with the ticks that would have come between, and says who paused and who came "
        "back. Afterwards statuses are those of the last instant, until the next tick."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "file",
            help="CSV in UTF-8; a campaign is named by id, external id or name; rows without a key count each time",
        )
        parser.add_argument("--brand", help="id, external id or name; campaigns of other brands do not count")
        parser.add_argument("--timezone", metavar="ZONE", help="zone of instants that carry no UTC offset")
        parser.add_argument("--micros", action="store_true", help="amounts are whole micro-units")
        parser.add_argument("--tick", type=int, default=15, metavar="MINUTES", help="replayed time between ticks")
        parser.add_argument(
            "--only-running",
            action="store_true",
            help="leave out spend of campaigns that are stopped then",
        )
        add_format(parser)

    def handle(
        self,
        *,
        file: str,
        brand: str | None,
        timezone: str | None,
        micros: bool,
        tick: int,
        only_running: bool,
        format: str,  # noqa: A002  the name of the option
        **options: Any,
    ) -> None:
        rows = _read(file, _reading(brand, timezone, micros))
        turns: list[Turn] = []
        with progress(self.stderr, len(rows), "rows") as bar:
            replay = Replay(rows, _tick(tick), turns.append, only_running=only_running)
            if format == "text":
                replay.on_turn = lambda turn: self._tell(turn, bar)
            try:
                replay.run(bar.update)
            except RowRefused as error:
                raise CommandError(str(error)) from error
        report = [json.dumps(_as_json(replay, turns), indent=2)] if format == "json" else _as_text(replay)
        for line in report:
            self.stdout.write(line)

    def _tell(self, turn: Turn, bar: Bar) -> None:
        bar.clear()
        self.stdout.write(_turn_text(turn))


def _reading(brand: str | None, timezone: str | None, micros: bool) -> Reading:
    try:
        zone = as_zone(timezone) if timezone else None
    except UnknownTimezone as error:
        raise CommandError(str(error)) from error
    return Reading(zone, micros, brand_named(brand) if brand else None)


def _tick(minutes: int) -> timedelta:
    if not 1 <= minutes <= 24 * 60:
        raise CommandError(f"--tick {minutes} is not a number of minutes from 1 to 1440")
    return timedelta(minutes=minutes)


def _read(path: str, reading: Reading) -> list[Row]:
    try:
        with Path(path).open(encoding="utf-8-sig", newline="") as file:
            return read_rows(file, reading)
    except OSError as error:
        raise CommandError(f"cannot read {path}: {error.strerror}") from error
    except FileErrors as error:
        lines = str(error).splitlines()
        more = [f"... and {len(lines) - _ERRORS_SHOWN} more"] if len(lines) > _ERRORS_SHOWN else []
        shown = "\n  ".join([*lines[:_ERRORS_SHOWN], *more])
        raise CommandError(f"{path}: nothing was recorded\n  {shown}") from error


def _turn_text(turn: Turn) -> str:
    change, campaign = turn.change, turn.change.campaign
    zone = campaign.brand.timezone
    local = f"{change.at.astimezone(as_zone(zone)):%Y-%m-%d %H:%M} {zone}"
    reasons = ", ".join(change.reasons)
    over = f", over by {_money(turn.overspent, campaign.brand)}" if turn.overspent else ""
    status = f"{change.to_status} ({reasons}{over})" if reasons else change.to_status
    return f"{local}  {campaign.brand} / {campaign}: {status} by {change.cause}"


def _as_text(replay: Replay) -> Iterator[str]:
    if not replay.rows:
        yield "There are no rows."
    for tally in replay.tallies.values():
        campaign = tally.campaign
        spent = f"{_money(tally.amount, campaign.brand)} in {counted(tally.records, 'record')}"
        yield f"{campaign.brand} / {campaign}: {spent}{_others(tally, replay.only_running)}"
    for brand in replay.brands:
        most = _money(replay.overspent[brand.pk], brand)
        yield f"{brand}: {_money(_spent(replay, brand), brand)}, overspent at a pause by at most {most}"


def _money(value: Decimal, brand: Brand) -> str:
    return f"{amount(value, brand.currency)} {brand.currency}"


def _others(tally: Tally, left_out: bool) -> str:
    text = f", {tally.known} known before" if tally.known else ""
    if not tally.stopped:
        return text
    verb = "left out" if left_out else "of which"
    spent = _money(tally.amount_stopped, tally.campaign.brand)
    return f"{text}, {verb} {spent} in {counted(tally.stopped, 'row')} while it was stopped"


def _spent(replay: Replay, brand: Brand) -> Decimal:
    amounts = (tally.amount for tally in replay.tallies.values() if tally.campaign.brand_id == brand.pk)
    return sum(amounts, Decimal(0))


def _as_json(replay: Replay, turns: Sequence[Turn]) -> dict[str, Any]:
    return {
        "rows": len(replay.rows),
        "only_running": replay.only_running,
        "brands": [_brand_as_json(replay, brand) for brand in replay.brands],
        "campaigns": [_tally_as_json(tally) for tally in replay.tallies.values()],
        "changes": [_turn_as_json(turn) for turn in turns],
    }


def _brand_as_json(replay: Replay, brand: Brand) -> dict[str, Any]:
    return {
        "brand_id": brand.pk,
        "brand": brand.name,
        "currency": brand.currency,
        "amount": str(_spent(replay, brand)),
        "overspent_at_a_pause": str(replay.overspent[brand.pk]),
    }


def _tally_as_json(tally: Tally) -> dict[str, Any]:
    return {
        "campaign_id": tally.campaign.pk,
        "campaign": tally.campaign.name,
        "brand_id": tally.campaign.brand_id,
        "records": tally.records,
        "amount": str(tally.amount),
        "known_before": tally.known,
        "rows_while_stopped": tally.stopped,
        "amount_while_stopped": str(tally.amount_stopped),
    }


def _turn_as_json(turn: Turn) -> dict[str, Any]:
    change = turn.change
    return {
        "at": change.at.isoformat(),
        "campaign_id": change.campaign_id,
        "from_status": change.from_status,
        "to_status": change.to_status,
        "reasons": list(change.reasons),
        "cause": change.cause,
        "overspent": str(turn.overspent),
    }
