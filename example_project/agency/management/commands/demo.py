from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from agency.demo import outcome, worker
from agency.demo.stage import Stage, best_stage
from agency.demo.story import END, START, Story
from agency.seed import seed


class Command(BaseCommand):
    help = (
        "Three days of six brands around the world in a few seconds, then a real worker for some more, "
        "in a database of its own that each run makes anew."
    )

    requires_system_checks: list[str] = []  # there is no database yet to check

    def handle(self, *args: Any, **options: Any) -> None:
        began = time.monotonic()
        folder = _fresh_state()
        with best_stage() as stage:
            _replay(stage)
            stage.heading("The real clock: worker and beat on the embedded broker")
            try:
                worker.show(stage, folder / "worker.log")
            except worker.Failed as error:
                raise CommandError(str(error)) from error
        stage.say(f"\nDone in {time.monotonic() - began:.1f} s.")


def _fresh_state() -> Path:
    """Delete what the last run left, and make the tables anew."""
    folder: Path | None = getattr(settings, "DEMO_DIR", None)
    # Whoever runs this with other settings must not lose a database of theirs.
    if folder is None or connection.settings_dict["NAME"] != folder / "demo.sqlite3":
        raise CommandError("the demo deletes its database: run it with its own settings, as `manage.py demo`")
    connection.close()
    for file in folder.glob("demo.sqlite3*"):
        file.unlink()
    shutil.rmtree(folder / "broker", ignore_errors=True)
    call_command("migrate", verbosity=0, interactive=False)
    call_command("adbudget_sync_schedules", verbosity=0)
    return folder


def _replay(stage: Stage) -> None:
    stage.heading(f"Three days from {START:%d %B %Y %H:%M} UTC, replayed: six brands, a tick each 15 minutes")
    story = Story(seed(START), stage.tell)
    for now in story.play():
        stage.clock(now, story)
    stage.heading(f"What came of it by {END:%d %B %Y %H:%M} UTC")
    stage.table(outcome.totals(story))
    _check(stage, story)


def _check(stage: Stage, story: Story) -> None:
    broken = []
    for finding in outcome.findings(story):
        stage.say(f"  {'yes' if finding.holds else 'NO '}  {finding.sentence}")
        if not finding.holds:
            broken.append(finding.sentence)
    if broken:
        raise CommandError(f"it is not true that {broken[0]}")
