from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

from django.core.management.base import CommandError, CommandParser, OutputWrapper

from ...clock import instant
from ...currencies import is_currency
from ...exceptions import UnknownTimezone
from ...importers import LAYOUTS, MAPPED, Layout, Order, Outcome, Reading, ReportRefused, import_report
from ...importers.dates import EXAMPLE, reader
from ...importers.settling import PARTIAL_DAYS
from ...models import Campaign
from ...models.ledger import SOURCE_LENGTH
from ...rules import as_zone, from_micros
from ...services.gate import ledger_alias
from ...services.spending.postings import checked_text
from .. import changes
from ..base import AdBudgetCommand, add_dry_run, add_format, add_now, counted
from ..choosing import brand_named
from ..progress import progress
from ..render import amount

_FAULTS_SHOWN = 20
_STDIN = "-"


class Command(AdBudgetCommand):
    help = (
        "Imports a cost report of an ad platform (CSV or TSV, also packed with gzip): what each campaign has cost on "
        "each day, set as the total of its source. All of the file is checked first, and a file with a fault is not "
        "imported; importing one again adds nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="path of the report, or - for standard input")
        parser.add_argument("--layout", required=True, choices=sorted(LAYOUTS), help="whose report it is")
        parser.add_argument("--brand", metavar="BRAND", help="id, external id or name; only its campaigns are meant")
        parser.add_argument("--create", action="store_true", help="make campaigns that --brand does not have yet, off")
        parser.add_argument("--activate", action="store_true", help="switch on the campaigns that --create makes")
        parser.add_argument(
            "--map",
            action="append",
            default=[],
            metavar="FIELD=HEADER",
            help=f"a header of your own; fields: {', '.join(MAPPED)}",
        )
        decimal = parser.add_mutually_exclusive_group()
        decimal.add_argument("--decimal-comma", action="store_true", help="amounts are written like 1.234,56")
        point = "amounts are written like 1,234.56 (a file parted by semicolons leaves that open)"
        decimal.add_argument("--decimal-point", action="store_true", help=point)
        parser.add_argument("--date-format", default="", metavar="ORDER", help=EXAMPLE.replace("%", "%%"))
        parser.add_argument("--timezone", metavar="ZONE", help="zone of the report's hours (default: the layout's)")
        parser.add_argument("--source", help="in whose name totals are set (default: the layout's name)")
        parser.add_argument("--currency", metavar="CODE", help="currency of the report, where it names none")
        parser.add_argument("--as-events", action="store_true", help="record hours one by one, not as totals of days")
        parser.add_argument(
            "--partial-days",
            choices=PARTIAL_DAYS,
            default="refuse",
            help="days that hours cover in part, and that were imported with another amount before",
        )
        add_dry_run(parser)
        add_now(parser, "import as of another instant")
        add_format(parser)

    def handle(self, *, file: str, format: str, now: datetime | None, **options: Any) -> None:  # noqa: A002
        order = _order(**options)
        try:
            with _opened(file) as (stream, size):
                bars = _Bars(self.stderr, size)
                outcome = import_report(stream, order, instant(now), bars)
        except OSError as error:
            raise CommandError(f"cannot read {file}: {error.strerror or error}") from error
        except ReportRefused as refused:
            raise self._told(refused, file, format) from refused
        self.show(format, _as_data(file, order, outcome), _lines(file, order, outcome))

    def _told(self, refused: ReportRefused, file: str, output_format: str) -> CommandError:
        if output_format == "json":
            faults = [{"line": fault.line or None, "error": fault.message} for fault in refused.faults]
            self.show("json", {"file": file, "imported": False, "errors": refused.count, "faults": faults}, ())
        shown = [str(fault) for fault in refused.faults[:_FAULTS_SHOWN]]
        if refused.count > len(shown):
            shown.append(f"... and {refused.count - len(shown):,} more")
        lines = "\n  ".join(shown)
        return CommandError(f"{file}: nothing was imported\n  {lines}")


class _Bars:
    def __init__(self, stream: OutputWrapper, size: int) -> None:
        self._stream, self._size = stream, size

    @contextmanager
    def reading(self) -> Iterator[Callable[[int], object]]:
        with progress(self._stream, self._size, "bytes") as bar:
            yield bar.update

    @contextmanager
    def posting(self, total: int) -> Iterator[Callable[[int], object]]:
        with progress(self._stream, total, "totals") as bar:
            yield bar.update


@contextmanager
def _opened(path: str) -> Iterator[tuple[BinaryIO, int]]:
    """The stream and its length, 0 where that is not known."""
    if path == _STDIN:
        yield sys.stdin.buffer, 0
        return
    with Path(path).open("rb") as stream:
        yield stream, Path(path).stat().st_size


def _order(
    *,
    layout: str,
    brand: str | None,
    create: bool,
    activate: bool,
    map: Sequence[str],  # noqa: A002  the name of the option
    decimal_comma: bool,
    decimal_point: bool,
    date_format: str,
    timezone: str | None,
    source: str | None,
    currency: str | None,
    as_events: bool,
    partial_days: str,
    dry_run: bool,
    **options: Any,
) -> Order:
    if create and not brand:
        raise CommandError("--create needs --brand, to which new campaigns belong")
    if activate and not create:
        raise CommandError("--activate is for campaigns that --create makes")
    return Order(
        reading=Reading(
            layout=_layout(layout, map),
            decimal_comma=decimal_comma,
            decimal_point=decimal_point,
            date_format=_date_format(date_format),
            zone=_zone(timezone),
            currency=_currency(currency),
        ),
        source=_source(source or layout),
        brand=brand_named(brand) if brand else None,
        create=create,
        activate=activate,
        as_events=as_events,
        partial_days=partial_days,
        dry_run=dry_run,
    )


def _layout(name: str, mapped: Sequence[str]) -> Layout:
    pairs = [text.partition("=") for text in mapped]
    wrong = [field for field, equals, header in pairs if not (equals and header.strip())]
    if wrong:
        raise CommandError(f"--map {wrong[0]} is not like FIELD=HEADER, say --map spend=Betrag")
    headers: dict[str, str] = {}
    for field, _, header in pairs:
        if headers.setdefault(field.strip(), header.strip()) != header.strip():
            raise CommandError(f"--map {field.strip()} is given twice, with different headers")
    try:
        return LAYOUTS[name].mapped(headers)
    except ValueError as error:
        raise CommandError(f"--map: {error}") from error


def _date_format(given: str) -> str:
    try:
        reader(given)
    except ValueError as error:
        raise CommandError(f"--date-format: {error}") from error
    return given


def _zone(name: str | None) -> ZoneInfo | None:
    try:
        return as_zone(name) if name else None
    except UnknownTimezone as error:
        raise CommandError(f"--timezone: {error}") from error


def _currency(code: str | None) -> str:
    given = (code or "").upper()
    if given and not is_currency(given):
        raise CommandError(f"--currency {code} is not an ISO 4217 currency")
    return given


def _source(name: str) -> str:
    try:
        return checked_text("--source", name, SOURCE_LENGTH)
    except ValueError as error:
        raise CommandError(str(error)) from error


def _as_data(file: str, order: Order, outcome: Outcome) -> dict[str, Any]:
    read, posted = outcome.read, outcome.posted
    return {
        "file": file,
        "layout": order.reading.layout.name,
        "source": order.source,
        "dry_run": order.dry_run,
        "imported": not order.dry_run,
        "rows": read.rows,
        "rows_left_out": read.left_out,
        "rows_without_amount": read.no_amount,
        "campaigns": outcome.campaigns,
        "created": outcome.created,
        "days": outcome.days,
        "first_day": outcome.first,
        "last_day": outcome.last,
        "amounts": {currency: str(total) for currency, total in outcome.amounts.items()},
        "totals": outcome.totals,
        "recorded": posted.recorded,
        "unchanged": posted.unchanged,
        "would_change": [
            {
                "campaign_id": total.campaign_id,
                "date": total.day,
                "before": str(from_micros(total.before)),
                "after": str(from_micros(total.after)),
            }
            for total in posted.restated
        ],
        "status_changes": [changes.as_data(change) for change in posted.status_changes],
        "notes": outcome.notes,
    }


def _lines(file: str, order: Order, outcome: Outcome) -> Iterator[str]:
    read, posted = outcome.read, outcome.posted
    others = [
        text
        for count, text in (
            (read.left_out, f"{read.left_out:,} of totals and footers left out"),
            (read.no_amount, f"{read.no_amount:,} without an amount"),
        )
        if count
    ]
    yield f"{file}: {order.reading.layout.title}, {', '.join([counted(read.rows, 'row'), *others])}"
    sums = ", ".join(f"{amount(total, currency)} {currency}" for currency, total in sorted(outcome.amounts.items()))
    yield f"{counted(outcome.campaigns, 'campaign')}, {_days(outcome)}, {sums or 'no spend'}"
    would = "would be " if order.dry_run else ""
    if outcome.created:
        yield f"{counted(len(outcome.created), 'campaign')} {would}made, {'on' if order.activate else 'switched off'}"
    unit = "hour" if order.as_events else "total"
    yield f"{counted(posted.recorded, unit)} {would}recorded, {posted.unchanged:,} unchanged"
    yield from _restated(outcome)
    if posted.status_changes:
        yield f"{counted(len(posted.status_changes), 'change')} of status{' would come of it' if would else ''}:"
        yield from changes.some_in_words(posted.status_changes)
    yield from (f"Note: {note}" for note in outcome.notes)


def _days(outcome: Outcome) -> str:
    if outcome.first is None:
        return "no days"
    if outcome.first == outcome.last:
        return f"1 day ({outcome.first})"
    return f"{counted(outcome.days, 'day')} from {outcome.first} to {outcome.last}"


def _restated(outcome: Outcome) -> Iterator[str]:
    totals = [total for total in outcome.posted.restated if total.before]
    shown = totals[:_FAULTS_SHOWN]
    rows = Campaign._base_manager.using(ledger_alias()).select_related("brand")
    campaigns = rows.in_bulk({total.campaign_id for total in shown})
    for total in shown:
        campaign = campaigns[total.campaign_id]
        currency = campaign.brand.currency
        before, after = (amount(from_micros(value), currency) for value in (total.before, total.after))
        yield f"  {campaign.brand} / {campaign}, {total.day}: {before} -> {after} {currency}"
    if len(totals) > _FAULTS_SHOWN:
        yield f"  ... and {counted(len(totals) - _FAULTS_SHOWN, 'more total')} restated"
