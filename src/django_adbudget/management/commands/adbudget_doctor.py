from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandError, CommandParser

from ...clock import instant
from ...services.doctor import Finding, Severity
from ..base import AdBudgetCommand, counted
from ..choosing import brands_named
from ..diagnosis import examinations, examine
from ..progress import progress

_ORDER = list(Severity)
_INDENT = " " * 9


class Command(AdBudgetCommand):
    help = (
        "Looks for what is wrong with this installation and its data, changes nothing, and names the command that "
        "mends each finding. Fails if one of them is an error."
    )
    # What they say is among the findings.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--quick", action="store_true", help="leave out what reads the whole ledger")

    def handle(
        self,
        *,
        brand: list[str] | None,
        format: str,  # noqa: A002  the name of the option
        quick: bool,
        **options: Any,
    ) -> None:
        names = examinations(quick)
        with progress(self.stderr, len(names), "examinations") as bar:
            found = list(examine(brands_named(brand), instant(), quick=quick, advance=bar.update))
        found.sort(key=lambda finding: _ORDER.index(finding.severity))
        counts = Counter(finding.severity for finding in found)
        data = {"counts": {each: counts[each] for each in Severity}, "findings": [asdict(finding) for finding in found]}
        self.show(format, data, self._lines(found, counts, len(names)))
        if counts[Severity.ERROR]:
            raise CommandError(f"{counted(counts[Severity.ERROR], 'error')} to mend")

    def _lines(self, found: Sequence[Finding], counts: Counter[Severity], examined: int) -> Iterator[str]:
        styles = {Severity.ERROR: self.style.ERROR, Severity.WARNING: self.style.WARNING}
        for finding in found:
            style = styles.get(finding.severity, self.style.NOTICE)
            yield f"{style(finding.severity.upper().ljust(7))}  {finding.what} [{finding.code}]"
            for mend in finding.mends:
                yield f"{_INDENT}$ {mend.command}" + (f"    # {mend.note}" if mend.note else "")
        if found:
            yield ""
            yield ", ".join(counted(counts[each], each.value) for each in Severity)
        else:
            yield f"Nothing is wrong, by {counted(examined, 'examination')}."
