"""Write the default beat schedule as django-celery-beat rows."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.apps import apps
from django.core.management.base import CommandError, CommandParser

from ..base import AdBudgetCommand, add_dry_run, add_format

_WORDS = {
    "created": "{would}created",
    "updated": "{would}updated",
    "unchanged": "unchanged",
    "kept": "kept as an operator left it",
    "pruned": "{would}deleted, no longer in the schedule",
    "orphaned": "no longer in the schedule (--prune deletes it)",
}


class Command(AdBudgetCommand):
    help = "Write the default schedule as PeriodicTask rows named adbudget:*; rows that an operator changed stay."

    def add_arguments(self, parser: CommandParser) -> None:
        add_format(parser)  # schedules are of no brand
        add_dry_run(parser, "say what would be done, and do nothing")
        parser.add_argument("--prune", action="store_true", help="delete rows of tasks no longer in the schedule")

    def handle(self, *, dry_run: bool, prune: bool, **options: Any) -> None:
        if not apps.is_installed("django_celery_beat"):
            raise CommandError(
                "django_celery_beat is not installed: pip install 'django-adbudget[beat]' and add it to "
                "INSTALLED_APPS, or put beat_schedule() into CELERY_BEAT_SCHEDULE instead"
            )
        from ...contrib.beat import sync_schedules

        try:
            done = asdict(sync_schedules(prune=prune, dry_run=dry_run))
        except ValueError as error:
            raise CommandError(f"ADBUDGET: {error}") from error
        would = "would be " if dry_run else ""
        lines = (f"{name}: {_WORDS[outcome].format(would=would)}" for outcome, names in done.items() for name in names)
        self.show(options["format"], {**done, "dry_run": dry_run}, lines)
