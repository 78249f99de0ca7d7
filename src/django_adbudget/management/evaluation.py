"""The commands that evaluate campaigns: now, or by a worker."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any, ClassVar

from celery import Task
from django.core.management.base import CommandError, CommandParser

from .. import services
from ..clock import instant
from ..models import Brand, Campaign, StatusChange
from ..rules import Period
from ..services.gate import ledger_alias
from ..services.results import ReconcileResult
from . import changes
from .base import AdBudgetCommand, add_dry_run, counted
from .choosing import brands_named
from .progress import progress
from .sending import add_async, send


class EvaluationCommand(AdBudgetCommand):
    """Work on campaigns that a task does too: ``--async`` sends the task."""

    sends: ClassVar[Sequence[Task[Any, Any]]]

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        add_async(parser)
        add_dry_run(parser)

    def handle(
        self,
        *,
        brand: list[str] | None,
        format: str,  # noqa: A002  the name of the option
        is_async: bool,
        dry_run: bool,
        **options: Any,
    ) -> None:
        brands = brands_named(brand)
        if is_async:
            self._send(brands, format, dry_run)
            return
        seen, now = changes.newest(), instant()
        opened, result = self.evaluate(brands, now, dry_run)
        made = [] if dry_run else changes.since(seen, brands, now)
        data = {"dry_run": dry_run, **opened, **asdict(result), "changes": [changes.as_data(row) for row in made]}
        self.show(format, data, _lines(opened, result, made, dry_run))
        if result.failed:
            text = counted(result.failed, "campaign")
            raise CommandError(f"{text} could not be decided; `manage.py adbudget_doctor` says why")

    def evaluate(
        self, brands: list[Brand] | None, now: datetime, dry_run: bool
    ) -> tuple[dict[str, int], ReconcileResult]:
        """Do the work: rows opened by the name of their period, and what came of the campaigns."""
        raise NotImplementedError

    def _send(self, brands: list[Brand] | None, output_format: str, dry_run: bool) -> None:
        if dry_run:
            raise CommandError("--async and --dry-run do not go together: a worker tells nobody what it would do")
        sent = [{"task": task.name, "id": send(task, brands)} for task in self.sends]
        lines = (f"Sent {message['task']} to a worker, as message {message['id']}." for message in sent)
        self.show(output_format, {"sent": sent}, lines)


class ReconcileCommand(EvaluationCommand):
    """A sweep, or with ``due_only`` a tick."""

    due_only: ClassVar[bool]

    def evaluate(
        self, brands: list[Brand] | None, now: datetime, dry_run: bool
    ) -> tuple[dict[str, int], ReconcileResult]:
        with progress(self.stderr, self._count(brands, now), "campaigns") as bar:
            return {}, services.reconcile(
                brands=brands, due_only=self.due_only, now=now, dry_run=dry_run, advance=bar.update
            )

    def _count(self, brands: list[Brand] | None, now: datetime) -> int:
        campaigns = Campaign._base_manager.using(ledger_alias())
        if brands is not None:
            campaigns = campaigns.filter(brand__in=brands)
        return (campaigns.filter(next_check_at__lte=now) if self.due_only else campaigns).count()


class PeriodsCommand(EvaluationCommand):
    """Opens the present local day or month of each brand."""

    periods: ClassVar[Sequence[Period]]

    def evaluate(
        self, brands: list[Brand] | None, now: datetime, dry_run: bool
    ) -> tuple[dict[str, int], ReconcileResult]:
        opened, total = {}, ReconcileResult()
        for period in self.periods:
            count, result = services.open_periods(period, brands=brands, now=now, dry_run=dry_run)
            opened[f"opened_{period.lower()}s"] = count
            # What cannot be decided is due each time, and so is everything in a dry run.
            total = result if dry_run else replace(total + result, failed=result.failed)
        return opened, total


def _lines(
    opened: dict[str, int], result: ReconcileResult, made: Sequence[StatusChange], dry_run: bool
) -> Iterator[str]:
    if dry_run:
        yield "A dry run; nothing is written."
    for name, count in opened.items():
        period = name.removeprefix("opened_").removesuffix("s")
        yield f"A new local {period} began for {counted(count, 'brand')}." if count else f"No new local {period}."
    turned = f"{result.paused:,} stopped running, {result.activated:,} started"
    yield f"{counted(result.evaluated, 'campaign')} evaluated, {result.changed:,} changed: {turned}."
    yield from changes.some_in_words(made)
