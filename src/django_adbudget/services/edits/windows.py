"""The windows of many campaigns: copied, and what a copy would start or stop."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, time
from typing import NamedTuple

from ...models import Campaign, DaypartingSchedule
from ...rules import CampaignFacts, Level, WeeklyWindows, Window
from ..chunks import chunks
from ..facts import Stored
from ..gate import in_transaction, ledger_alias
from .bulk import Edited, check_seen, owners_of
from .previews import Preview, foresee
from .session import Edit, editing, joined

_ROWS_A_STATEMENT = 500


class WindowRow(NamedTuple):
    """A window without its campaign, in local wall-clock time (rule T5)."""

    day_of_week: int
    start_time: time
    end_time: time
    is_active: bool


Windows = tuple[WindowRow, ...]


def windows_of(campaigns: Iterable[int]) -> dict[int, Windows]:
    """The windows of campaigns by id, in the order of the week; empty for one that has none."""
    windows = DaypartingSchedule._base_manager.using(ledger_alias())
    found: dict[int, list[WindowRow]] = {pk: [] for pk in campaigns}
    for part in chunks(sorted(found)):
        rows = windows.filter(campaign__in=part).values_list("campaign_id", *WindowRow._fields)
        for owner, *window in rows:
            found[owner].append(WindowRow(*window))
    return {pk: tuple(sorted(rows)) for pk, rows in found.items()}


def copy_windows(
    source: int,
    targets: Collection[int],
    *,
    seen: Mapping[int, Windows] | None = None,
    actor: str | None = None,
    now: datetime | None = None,
) -> Edited:
    """Give campaigns the windows of another in place of their own; each keeps its zone, and whether windows bind.

    With ``seen``, the windows of the source and the targets that the caller decided on, nothing is written unless
    they are still in force: raises ``Outdated``. Raises ``Campaign.DoesNotExist`` if the source is gone.
    """

    def work() -> Edited:
        owners = owners_of(Level.CAMPAIGN, {source, *targets})
        if source not in owners:
            raise Campaign.DoesNotExist(f"campaign {source} does not exist")
        with editing(*set(owners.values()), actor=actor, now=now), joined() as edit:
            held = windows_of(owners)
            check_seen(seen, held)
            return _replace(edit, held.pop(source), held)

    return in_transaction(work, ledger_alias())


def copy_preview(source: int, targets: Collection[int], *, now: datetime | None = None) -> Preview:
    """What would pause and what would resume at ``now`` if campaigns had the windows of another."""
    weekly = WeeklyWindows(Window(*row[:3]) for row in windows_of([source])[source] if row.is_active)

    def altered(_row: Stored, known: CampaignFacts) -> CampaignFacts:
        return replace(known, windows=weekly)

    return foresee(altered, set(targets) - {source}, now=now)


def _replace(edit: Edit, wanted: Windows, held: Mapping[int, Windows]) -> Edited:
    changed = [pk for pk, windows in held.items() if windows != wanted]
    windows = DaypartingSchedule._base_manager.using(edit.alias)
    for part in chunks(changed):
        # delete() would load every window to send signals of which this is the sum.
        windows.filter(campaign__in=part)._raw_delete(edit.alias)
    rows = (
        DaypartingSchedule(campaign_id=pk, created_at=edit.now, updated_at=edit.now, **window._asdict())
        for pk in changed
        for window in wanted
    )
    for batch in chunks(rows, _ROWS_A_STATEMENT):
        windows.bulk_create(batch)
    edit.campaigns.update(changed)
    return Edited(tuple(changed), tuple(pk for pk, windows in held.items() if windows == wanted))
