"""The stage on a terminal: what happens scrolls by above a table of the brands and a progress bar."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from types import TracebackType

from rich import box
from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table as RichTable
from rich.text import Text

from agency.demo.stage import Stage, Table, _predicate, _share, _subject
from agency.demo.story import Note, Story, Turn
from agency.demo.words import when
from agency.words import local, money
from django_adbudget.models import Brand, Campaign
from django_adbudget.rules import Status
from django_adbudget.services import Limit, brand_status

STYLES = {
    Status.ACTIVE: "green",
    Status.PAUSED_BUDGET: "bold red",
    Status.PAUSED_DAYPART: "dim",
    Status.INACTIVE: "yellow",
}
_MARKS = {True: ("●", "green"), False: ("○", "dim")}
_BAR = 10
_NO_BREAK = "\N{NO-BREAK SPACE}"


class LiveStage(Stage):
    def __init__(self) -> None:
        self._console = Console()
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(None),
            TextColumn("{task.percentage:3.0f} %"),
            expand=True,
        )
        self._task = self._progress.add_task("", total=1.0)
        self._live = Live(console=self._console, refresh_per_second=10, transient=True)
        self._drawn: datetime | None = None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def heading(self, text: str) -> None:
        self._live.stop()
        self._console.rule(f"[bold]{text}", align="left")

    def say(self, text: str) -> None:
        self._console.print(text, markup=False)

    def tell(self, said: Note | Turn) -> None:
        line = Text.assemble((f"{when(said):<36} ", "dim"), (f"{_subject(said):<32} ", "bold"), _styled(said))
        self._console.print(line)

    def clock(self, now: datetime, story: Story) -> None:
        self._live.start()
        self._progress.update(self._task, completed=_share(now), description=f"{now:%a %d %b %H:%M} UTC")
        if now.minute == 0:
            self._live.update(Group(_brands(now, story), self._progress))

    def table(self, table: Table) -> None:
        self._live.stop()
        headings, rows = table
        drawn = RichTable(*headings, box=None, padding=(0, 2))
        for row in rows:
            drawn.add_row(*row)
        self._console.print(drawn)


def _styled(said: Note | Turn) -> tuple[str, str]:
    style = "cyan" if isinstance(said, Note) else STYLES[Status(said.change.to_status)]
    return _predicate(said), style


def _brands(now: datetime, story: Story) -> RichTable:
    table = RichTable(box=box.SIMPLE_HEAD, padding=(0, 1))
    # Widths that stay: a table that fits itself anew to each figure is hard to follow.
    for heading, width in (("Brand", 16), ("Local time", 36), ("Today", 25), ("Month", 25), ("Campaigns", 20)):
        table.add_column(heading, min_width=width)
    for brand in story.brands:
        table.add_row(*_brand(brand, now, story))
    return table


def _brand(brand: Brand, now: datetime, story: Story) -> Iterator[str | Text]:
    yield brand.name
    yield f"{local(now, brand.timezone)} {brand.timezone}"
    for limit in brand_status(brand, now=now).limits:
        yield _gauge(limit, brand.currency)
    campaigns = [campaign for campaign in story.campaigns.values() if campaign.brand_id == brand.pk]
    yield Text(" ").join(_campaign(campaign, campaign.pk in story.running) for campaign in campaigns)


def _gauge(limit: Limit, currency: str) -> Text:
    share = min(limit.spent / limit.budget, Decimal(1)) if limit.budget else Decimal(0)
    filled = int(share * _BAR)
    style = "red" if share == 1 else "green"
    return Text.assemble(("█" * filled, style), ("░" * (_BAR - filled), "dim"), f" {money(limit.spent, currency)}")


def _campaign(campaign: Campaign, runs: bool) -> Text:
    mark, style = _MARKS[runs]
    return Text(f"{mark} {campaign.name}".replace(" ", _NO_BREAK), style)
