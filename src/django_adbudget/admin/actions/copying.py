"""Copy the windows of one campaign to many, after a preview of what they replace."""

from __future__ import annotations

from collections import defaultdict
from datetime import time
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext, ngettext

from ... import wording
from ...models import Campaign, DaypartingSchedule
from ...rules import Dayparting, Level
from ...services.chunks import chunks
from ...services.edits.bulk import Edited, Outdated
from ...services.edits.windows import WindowRow, Windows, copy_preview, copy_windows, windows_of
from ...services.gate import ledger_alias
from .pages import SHOWN, effects, named, page, too_many
from .plans import opened, sealed
from .saying import number, sentence
from .switching import gone, ids_of, outcome

if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[Any]
else:
    _ModelAdmin = admin.ModelAdmin

_KIND = "copy_dayparting"
#: Campaigns to copy from that are offered at a time.
_OFFERED = 20


def week(windows: Windows) -> str:
    """``Mon Tue Wed 09:00-18:00; Sat 22:15-06:30 (switched off)``: days of the same hours together."""
    if not windows:
        return gettext("no windows")
    days: dict[tuple[time, time, bool], list[str]] = defaultdict(list)
    for day, start, end, is_active in windows:
        days[start, end, is_active].append(str(WEEKDAYS_ABBR[day]))
    return "; ".join(_hours(names, *hours) for hours, names in days.items())


def _hours(names: list[str], start: time, end: time, is_active: bool) -> str:
    told = f"{' '.join(names)} {wording.clock(start)}\N{EN DASH}{wording.clock(end)}"
    return told if is_active else gettext("%(window)s (switched off)") % {"window": told}


class CopyDayparting:
    """One request of the action: the choice of a source, the preview, or the plan applied."""

    def __init__(self, model_admin: _ModelAdmin, request: HttpRequest, rows: QuerySet[Campaign]) -> None:
        self.model_admin, self.request, self.rows = model_admin, request, rows

    def answer(self) -> Any:
        step = self.request.POST.get("step")
        if step == "apply" and self._apply():
            return None
        ids = ids_of(self.rows)
        context: dict[str, Any] = {"count": len(ids), "problem": too_many(ids), **self._offered(ids)}
        source = self._source()
        if source is not None and not context["problem"]:
            context |= self._preview(source, ids)
        elif step == "preview":
            context["problem"] = gettext("Choose the campaign to copy from.")
        title = gettext("Copy dayparting")
        return page(self.model_admin, self.request, "copy_dayparting", "copy_dayparting", title=title, **context)

    def _visible(self) -> QuerySet[Campaign]:
        rows: QuerySet[Campaign] = self.model_admin.get_queryset(self.request)
        return rows.using(ledger_alias()).select_related("brand")

    def _source(self) -> Campaign | None:
        given = self.request.POST.get("source", "")
        return self._visible().filter(pk=given).first() if given.isdecimal() and len(given) < 19 else None

    def _offered(self, ids: list[int]) -> dict[str, Any]:
        """Campaigns with windows: those that the search names, else those of the brands of what is selected."""
        text = self.request.POST.get("find", "").replace("\x00", "").strip()
        have_windows = DaypartingSchedule._base_manager.filter(campaign=OuterRef("pk"))
        rows = self._visible().filter(Exists(have_windows))
        if text:
            rows = rows.filter(Q(name__icontains=text) | Q(brand__name__icontains=text))
        else:
            near = self._visible().filter(pk__in=ids[:SHOWN]).order_by().values("brand")
            rows = rows.filter(brand__in=near)
        found = list(rows.order_by("brand__name", "name", "pk")[: _OFFERED + 1])
        windows = windows_of(row.pk for row in found)
        offered = [{"campaign": row, "week": week(windows[row.pk]), "zone": _zone(row)} for row in found[:_OFFERED]]
        return {
            "find": text,
            "offered": offered,
            "more": len(found) > _OFFERED,
            "chosen": self.request.POST.get("source"),
        }

    def _preview(self, source: Campaign, ids: list[int]) -> dict[str, Any]:
        targets = [pk for pk in ids if pk != source.pk]
        fields = ("timezone", "brand__timezone", "dayparting")
        found = named(self.rows, Level.CAMPAIGN, targets, *fields)
        held = windows_of([source.pk, *(row["pk"] for row in found)])
        replaced = [row for row in found if held[row["pk"]] != held[source.pk]]
        foreseen = copy_preview(source.pk, [row["pk"] for row in replaced])
        return {
            "source": source,
            "source_week": week(held[source.pk]),
            "source_zone": _zone(source),
            "rows": [
                {**row, "was": week(held[row["pk"]]), "notes": _notes(row, source, held[source.pk])}
                for row in replaced[:SHOWN]
            ],
            "replaced": len(replaced),
            "unchanged": len(found) - len(replaced),
            "plan": sealed(self.request, _KIND, _plan(source.pk, {pk: held[pk] for pk in held})),
            **effects(foreseen, found),
        }

    def _apply(self) -> bool:
        plan = opened(self.request, _KIND)
        if plan is None:
            self._say(gettext("That preview is not valid any more. Please look again."), messages.ERROR)
            return False
        source, seen = _read(plan)
        visible = self._still_visible(list(seen))
        targets = [pk for pk in seen if pk != source]
        try:
            if source not in visible:
                raise Campaign.DoesNotExist
            done = copy_windows(source, [pk for pk in targets if pk in visible], seen=seen, actor=self._user())
        except Campaign.DoesNotExist:
            self._say(gettext("Nothing was changed: the campaign to copy from is gone."), messages.ERROR)
            return False
        except Outdated as error:
            self._say(self._outdated(error), messages.ERROR)
            return False
        said = sentence([_done(done), gone(targets, done)])
        self._say(said, messages.SUCCESS if done.changed else messages.WARNING)
        return True

    def _still_visible(self, ids: list[int]) -> set[int]:
        rows = self._visible().order_by()
        return {pk for part in chunks(ids) for pk in rows.filter(pk__in=part).values_list("pk", flat=True)}

    def _outdated(self, error: Outdated) -> str:
        names = list(self._visible().filter(pk__in=sorted(error.found)[:_OFFERED]).values_list("name", flat=True))
        words = ngettext(
            "Nothing was changed: the windows of %(n)s campaign are others since the preview (%(which)s)."
            " Please look again.",
            "Nothing was changed: the windows of %(n)s campaigns are others since the preview (%(which)s)."
            " Please look again.",
            len(error.found),
        )
        return words % {"n": number(len(error.found)), "which": ", ".join(names)}

    def _user(self) -> str:
        return self.request.user.get_username()

    def _say(self, text: str, level: int) -> None:
        self.model_admin.message_user(self.request, text, level)


def _done(done: Edited) -> str:
    n = len(done.changed)
    if not n:
        return gettext("Nothing had to be changed")
    words = ngettext("The windows of %(n)s campaign replaced", "The windows of %(n)s campaigns replaced", n)
    return words % {"n": number(n)} + outcome(Level.CAMPAIGN, done.changed)


def _zone(campaign: Campaign) -> str:
    zone: str = campaign.timezone or campaign.brand.timezone
    return zone


def _notes(row: dict[str, Any], source: Campaign, wanted: Windows) -> list[str]:
    """What a reader of the source's hours would not expect of this campaign."""
    zone = row["timezone"] or row["brand__timezone"]
    return [
        note
        for note in (
            gettext("on the clocks of %(zone)s, not %(other)s") % {"zone": zone, "other": _zone(source)}
            if zone != _zone(source)
            else "",
            _bearing(Dayparting(row["dayparting"]), any(window.is_active for window in wanted)),
        )
        if note
    ]


def _bearing(mode: Dayparting, binds: bool) -> str:
    """What the campaign's mode makes of the windows (rule T6)."""
    if mode is Dayparting.OFF:
        return gettext("ignores its windows")
    if binds:
        return ""
    return gettext("then runs at any hour") if mode is Dayparting.AUTO else gettext("then never runs")


def _plan(source: int, seen: dict[int, Windows]) -> dict[str, Any]:
    """Weeks once each, since many campaigns have the same."""
    weeks: dict[Windows, int] = {}
    numbers = {pk: weeks.setdefault(windows, len(weeks)) for pk, windows in seen.items()}
    written = [
        [[day, start.isoformat(), end.isoformat(), is_active] for day, start, end, is_active in windows]
        for windows in weeks
    ]
    return {"source": source, "weeks": written, "seen": list(numbers.items())}


def _read(plan: dict[str, Any]) -> tuple[int, dict[int, Windows]]:
    weeks = [
        tuple(
            WindowRow(day, time.fromisoformat(start), time.fromisoformat(end), is_active)
            for day, start, end, is_active in windows
        )
        for windows in plan["weeks"]
    ]
    return plan["source"], {pk: weeks[number_of_week] for pk, number_of_week in plan["seen"]}
