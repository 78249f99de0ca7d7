"""Switch on, switch off, and evaluate now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext, ngettext

from ...rules import Level
from ...services import ReconcileResult, reconcile
from ...services.edits.bulk import Edited, owners_of, switch_many
from .saying import counted, now_run_or_wait, sentence

if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[Any]
else:
    _ModelAdmin = admin.ModelAdmin


def ids_of(rows: QuerySet[Any]) -> list[int]:
    """Ids in order, each once."""
    return sorted(set(rows.order_by().values_list("pk", flat=True)))


def switch(model_admin: _ModelAdmin, request: HttpRequest, rows: QuerySet[Any], level: Level, is_active: bool) -> None:
    ids = ids_of(rows)
    done = switch_many(level, ids, is_active, actor=request.user.get_username())
    parts = [_switched(level, is_active, len(done.changed)), _were_so(is_active, done), gone(ids, done)]
    if done.changed:
        parts[0] += outcome(level, done.changed)
    model_admin.message_user(request, sentence(parts), messages.SUCCESS if done.changed else messages.WARNING)


def outcome(level: Level, ids: tuple[int, ...]) -> str:
    """``: 1 runs, 2 wait (...)``, or for brands ``; of their campaigns 1 runs, ...``."""
    now = now_run_or_wait(level, ids)
    if level is Level.CAMPAIGN:
        return gettext(": %(outcome)s") % {"outcome": now} if now else ""
    return gettext("; of its campaigns: %(outcome)s") % {"outcome": now} if now else gettext("; no campaigns")


def gone(ids: list[int], done: Edited) -> str:
    n = len(ids) - len(done.changed) - len(done.unchanged)
    return counted(ngettext("%(n)s is gone", "%(n)s are gone", n), n) if n else ""


def enforce(model_admin: _ModelAdmin, request: HttpRequest, rows: QuerySet[Any], level: Level) -> None:
    """Evaluates all campaigns of the brands concerned, in chunks that hold no brand for long (rule S4b)."""
    brands = set(owners_of(level, ids_of(rows)).values())
    result = reconcile(brands=brands)
    level_of_message = messages.WARNING if result.failed else messages.SUCCESS
    model_admin.message_user(request, _enforced(len(brands), result), level_of_message)


def _enforced(brands: int, result: ReconcileResult) -> str:
    evaluated, changed = result.evaluated, result.changed
    first = gettext("%(campaigns)s of %(brands)s evaluated") % {
        "campaigns": counted(ngettext("%(n)s campaign", "%(n)s campaigns", evaluated), evaluated),
        "brands": counted(ngettext("%(n)s brand", "%(n)s brands", brands), brands),
    }
    if not changed:
        return sentence([first, gettext("Every status was right already"), _failed(result.failed)])
    parts = [
        counted(ngettext("%(n)s status changed", "%(n)s statuses changed", changed), changed),
        counted(ngettext("%(n)s paused", "%(n)s paused", result.paused), result.paused) if result.paused else "",
        counted(ngettext("%(n)s resumed", "%(n)s resumed", result.activated), result.activated)
        if result.activated
        else "",
    ]
    return sentence([f"{first}: {', '.join(part for part in parts if part)}", _failed(result.failed)])


def _failed(n: int) -> str:
    if not n:
        return ""
    words = ngettext(
        "%(n)s could not be evaluated and keeps its status; the log says why",
        "%(n)s could not be evaluated and keep their status; the log says why",
        n,
    )
    return counted(words, n)


def _switched(level: Level, is_active: bool, n: int) -> str:
    if not n:
        return ""
    words = {
        (Level.CAMPAIGN, True): ngettext("%(n)s campaign switched on", "%(n)s campaigns switched on", n),
        (Level.CAMPAIGN, False): ngettext("%(n)s campaign switched off", "%(n)s campaigns switched off", n),
        (Level.BRAND, True): ngettext("%(n)s brand switched on", "%(n)s brands switched on", n),
        (Level.BRAND, False): ngettext("%(n)s brand switched off", "%(n)s brands switched off", n),
    }
    return counted(words[level, is_active], n)


def _were_so(is_active: bool, done: Edited) -> str:
    n = len(done.unchanged)
    if not n:
        return ""
    on = ngettext("%(n)s was on already", "%(n)s were on already", n)
    off = ngettext("%(n)s was off already", "%(n)s were off already", n)
    return counted(on if is_active else off, n)
