"""Hours that cannot be read, or that never come."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from ...models import Campaign, DaypartingSchedule
from ...rules import CampaignFacts, Dayparting, Window, day_bounds
from .. import facts
from ..chunks import chunks
from ..gate import Gate
from .findings import Finding, Patient, Severity, by_hand, first_few, title

_CAMPAIGNS_A_CHUNK = 500


def unreadable(patient: Patient) -> Iterator[Finding]:
    """Windows that no rule accepts, such as one with seconds that raw SQL wrote."""
    windows = DaypartingSchedule._base_manager.using(patient.alias).filter(is_active=True)
    if patient.brand_ids is not None:
        windows = windows.filter(campaign__brand__in=patient.brand_ids)
    shapes = windows.order_by().values_list("day_of_week", "start_time", "end_time").distinct()
    bad = [Q(day_of_week=day, start_time=start, end_time=end) for day, start, end in shapes if _fault(day, start, end)]
    for shape in bad:
        yield from first_few(_unreadable(windows.filter(shape).select_related("campaign__brand").order_by("pk")))


def _fault(day: int, start: time, end: time) -> str:
    try:
        Window(day, start, end)
    except ValueError as error:
        return str(error)
    return ""


def _unreadable(windows: QuerySet[DaypartingSchedule]) -> Iterator[Finding]:
    for window in windows:
        start, end = (at.replace(second=0, microsecond=0) for at in (window.start_time, window.end_time))
        if _fault(window.day_of_week, start, end):
            mend = by_hand("DaypartingSchedule", window.pk, "x.delete()")
        else:
            whole = "x.{0} = x.{0}.replace(second=0, microsecond=0)"
            statements = [whole.format("start_time"), whole.format("end_time"), "x.save()"]
            mend = by_hand("DaypartingSchedule", window.pk, *statements, note="to whole minutes")
        fault = _fault(window.day_of_week, window.start_time, window.end_time)
        what = f"Window {window.pk} of {title(window.campaign)} cannot be read, so its status stands still: {fault}."
        yield Finding("window-unreadable", Severity.ERROR, what, (mend,))


def never_open(patient: Patient) -> Iterator[Finding]:
    """Campaigns that are on and not over, and that their hours never let run."""
    yesterday = (patient.now - timedelta(days=1)).date()
    going = patient.campaigns().filter(is_active=True, brand__is_active=True).select_related("brand")
    going = going.exclude(end_date__lt=yesterday)
    has_window = Exists(DaypartingSchedule._base_manager.filter(campaign=OuterRef("pk"), is_active=True))
    yield from first_few(_closed(going.filter(~has_window, dayparting=Dayparting.REQUIRED)))
    bound = going.filter(has_window, end_date__isnull=False).exclude(dayparting=Dayparting.OFF)
    yield from first_few(_missed(patient, bound))


def _closed(campaigns: QuerySet[Campaign]) -> Iterator[Finding]:
    for campaign in campaigns:
        yield Finding(
            "window-never-opens",
            Severity.WARNING,
            f"Nothing lets {title(campaign)} run: its dayparting is REQUIRED, and it has no active window.",
            (
                by_hand("Campaign", campaign.pk, "x.dayparting = 'AUTO'", "x.save()", note="to run at any hour"),
                by_hand("Campaign", campaign.pk, "x.is_active = False", "x.save()", note="to switch it off"),
            ),
        )


def _missed(patient: Patient, campaigns: QuerySet[Campaign]) -> Iterator[Finding]:
    for ids in chunks(list(campaigns.values_list("pk", flat=True)), _CAMPAIGNS_A_CHUNK):
        rows = campaigns.in_bulk(ids)
        gate = Gate(patient.alias, patient.now, {row.brand_id: row.brand for row in rows.values()})
        for loaded in facts.load(gate, patient.campaigns().filter(pk__in=ids)):
            if loaded.facts is not None and _misses(loaded.facts, patient.now):
                campaign = rows[loaded.stored.id]
                yield Finding(
                    "window-never-opens",
                    Severity.WARNING,
                    f"No window of {title(campaign)} opens before its last day, {campaign.end_date}.",
                    (by_hand("Campaign", campaign.pk, "x.dayparting = 'OFF'", "x.save()", note="to ignore its hours"),),
                )


def _misses(known: CampaignFacts, now: datetime) -> bool:
    """Whether no window opens in what is left of the flight."""
    assert known.end_date is not None  # asked for in the query
    end = day_bounds(known.end_date, known.zone)[1]
    start = now if known.start_date is None else max(now, day_bounds(known.start_date, known.zone)[0])
    zone = known.window_zone or known.zone
    if start >= end or known.windows.contains(start, zone):
        return False
    opens = known.windows.next_change(start, zone)
    return opens is None or opens >= end
