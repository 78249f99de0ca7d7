"""What happened to how many, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from decimal import Decimal

from django.utils.translation import gettext, ngettext

from ... import wording
from ...models import Campaign
from ...rules import Level, Reason, Status
from ...services.chunks import chunks
from ...services.gate import ledger_alias
from ...services.reports.status import campaign_statuses

_CHUNK = 2_000


def sentence(parts: Iterable[str]) -> str:
    """Parts that are there, with a full stop each."""
    return " ".join(f"{part}." for part in parts if part)


def counted(words: str, n: int) -> str:
    """``words`` with its ``%(n)s`` filled in the reader's way of writing numbers."""
    return words % {"n": number(n)}


def number(n: int) -> str:
    return wording.number(Decimal(n), 0)


def now_run_or_wait(level: Level, ids: Collection[int]) -> str:
    """``1 runs, 2 wait (brand's daily budget reached)``: derived at this moment (rule S6)."""
    found: dict[Status, Counter[Reason]] = {status: Counter() for status in Status}
    running = undecided = 0
    for part in chunks(_campaigns(level, ids), _CHUNK):
        statuses = campaign_statuses(part)
        undecided += len(part) - len(statuses)
        for each in statuses.values():
            if each.can_run_now:
                running += 1
            else:
                found[each.status][each.reasons[0]] += 1
    waiting = found[Status.PAUSED_BUDGET] + found[Status.PAUSED_DAYPART]
    off = found[Status.INACTIVE]
    parts = [
        counted(ngettext("%(n)s runs", "%(n)s run", running), running) if running else "",
        _because(ngettext("%(n)s waits", "%(n)s wait", waiting.total()), waiting),
        _because(ngettext("%(n)s is inactive", "%(n)s are inactive", off.total()), off),
        counted(
            ngettext(
                "%(n)s keeps its status (unknown time zone)", "%(n)s keep their status (unknown time zone)", undecided
            ),
            undecided,
        )
        if undecided
        else "",
    ]
    return ", ".join(part for part in parts if part)


def _campaigns(level: Level, ids: Collection[int]) -> Iterator[Campaign]:
    """Campaigns of these ids, or of the brands of these ids."""
    rows = Campaign._base_manager.using(ledger_alias()).order_by("pk").only("pk", "brand_id")
    for part in chunks(sorted(ids)):
        yield from rows.filter(**{"brand__in" if level is Level.BRAND else "pk__in": part})


def _because(words: str, why: Counter[Reason]) -> str:
    if not why:
        return ""
    told = [
        wording.reasons([reason]) if len(why) == 1 else f"{number(n)}: {wording.reasons([reason])}"
        for reason, n in why.most_common()
    ]
    return gettext("%(what)s (%(reasons)s)") % {"what": counted(words, why.total()), "reasons": "; ".join(told)}
