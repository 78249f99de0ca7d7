from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandError, CommandParser

from ... import services, tasks
from ...clock import instant
from ...services.delivery.circuit import Circuit, circuit_state
from ...services.delivery.delivering import hurry
from ...services.delivery.drift import read_platform
from ..base import AdBudgetCommand, counted
from ..choosing import brands_named
from ..sending import add_async, send


class Command(AdBudgetCommand):
    help = (
        "Sends the orders that wait to the ad platform, as the periodic task does; with --retry also those that failed "
        "and wait for their next attempt, with --drift asks the platform what campaigns do there. Fails if an order is "
        "refused, or the platform rests because it fails as a whole."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        add_async(parser)
        retry = "also what failed and waits for its next attempt; with --brand, of those brands"
        parser.add_argument("--retry", action="store_true", help=retry)
        drift = "then ask the platform what campaigns do there, if its backend can"
        parser.add_argument("--drift", action="store_true", help=drift)
        alerts = "then tell of budgets that crossed a threshold, by the channels of ALERT_CHANNELS"
        parser.add_argument("--alerts", action="store_true", help=alerts)

    def handle(
        self,
        *,
        brand: list[str] | None,
        format: str,  # noqa: A002  the name of the option
        is_async: bool,
        retry: bool,
        drift: bool,
        alerts: bool,
        **options: Any,
    ) -> None:
        brands, now = brands_named(brand), instant()
        if brands is not None and not retry:
            raise CommandError("--brand goes with --retry: what is due is sent for all brands, STOP before RUN")
        hurried = hurry(brands=brands, now=now) if retry else 0
        if is_async:
            sent = {"task": tasks.deliver_status_changes.name, "id": send(tasks.deliver_status_changes, None)}
            self.show(format, {"sent": [sent]}, [f"Sent {sent['task']} to a worker, as message {sent['id']}."])
            return
        result = services.deliver_status_changes(now=now)
        lines = [f"{counted(result.sent, 'order')} sent: {result.done:,} done, {result.failed:,} failed."]
        report: dict[str, Any] = {"hurried": hurried, **asdict(result)}
        if drift:
            found = read_platform()
            lines += [
                f"{counted(found.read, 'campaign')} seen: {found.drifted:,} drifted, {found.undone:,} sent again."
            ]
            report["drift"] = asdict(found)
        told = services.send_alerts() if alerts else services.AlertsSent()
        if alerts:
            lines += [f"{counted(told.sent, 'digest')} sent, {told.failed:,} failed; {told.foretold:,} foretold."]
            report["alerts"] = asdict(told)
        self.show(format, report, lines)
        if told.failed:
            raise CommandError("a channel failed; what it did not take is sent again later, and the log says why")
        if result.failed:
            raise CommandError("the platform refused some; `manage.py adbudget_doctor` shows its last words")
        resting = circuit_state()
        if resting.state is not Circuit.CLOSED:
            raise CommandError(f"the platform rests until {resting.rests_until:%H:%M:%S} UTC: {resting.last_error}")
