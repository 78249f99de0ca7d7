"""The cells of the lists."""

from __future__ import annotations

from urllib.parse import urlencode

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext

from ... import wording
from ...exceptions import UnknownTimezone
from ...models import Brand, Campaign
from ...rules import Level, Period, Status, as_zone
from ...services import CampaignStatus, Limit
from .bars import bar
from .changelists import ShownBrand

_LOOKS = {
    Status.ACTIVE: "ab-good",
    Status.PAUSED_BUDGET: "ab-warn",
    Status.PAUSED_DAYPART: "ab-info",
    Status.INACTIVE: "",
}


def campaign_status(campaign: Campaign, found: CampaignStatus | None) -> SafeString:
    """The derived status in words, and whether the platform has yet to follow."""
    if found is None:
        return _undecided(campaign)
    facts = found.facts
    # Hours are told in the clocks that they were written in.
    zone = facts.window_zone if found.status is Status.PAUSED_DAYPART and facts.window_zone else facts.zone
    words = wording.status(found.status, found.reasons, zone.key, found.at, found.flips_at)
    late = "" if found.in_sync else gettext("The platform has yet to follow.")
    return format_html(
        '<bdi class="ab-status {}">{}</bdi>{}',
        _LOOKS[found.status],
        words,
        format_html(' <small class="ab-late" dir="auto">{}</small>', late) if late else "",
    )


def _undecided(campaign: Campaign) -> SafeString:
    """Rule T7: it keeps its projection, and stops nobody else."""
    text = gettext("Unknown time zone %(zone)s; last known: %(status)s") % {
        "zone": _unknown_zone(campaign),
        "status": wording.STATUSES[Status(campaign.status)],
    }
    return format_html('<bdi class="ab-status ab-bad">{}</bdi>', text)


def _unknown_zone(campaign: Campaign) -> str:
    brands: str = campaign.brand.timezone
    return campaign.timezone if campaign.timezone and is_known(brands) else brands


def is_known(zone: str) -> bool:
    try:
        as_zone(zone)
    except UnknownTimezone:
        return False
    return True


def limit_bar(limits: tuple[Limit, ...] | None, level: Level, period: Period, currency: str, label: str) -> str:
    found = next((limit for limit in limits or () if (limit.level, limit.period) == (level, period)), None)
    return bar(found, currency, label) if found else wording.NOTHING


def local_time(brand: Brand, shown: ShownBrand) -> str:
    if shown.limits is None:
        return format_html(
            '<bdi class="ab-status ab-bad">{}</bdi>', gettext("Unknown time zone %(zone)s") % {"zone": brand.timezone}
        )
    return format_html("<bdi>{}</bdi>", wording.local_time(shown.now, brand.timezone, shown.now))


def campaign_counts(brand: Brand, shown: ShownBrand, campaigns_url: str) -> str:
    """``12: 9 running, 3 paused``, each a link to those campaigns."""
    if not shown.counts:
        return wording.NOTHING
    parts = [("", str(sum(shown.counts.values())))]
    parts += [(status, _counted(status, shown.counts[status])) for status in Status if shown.counts.get(status)]
    links = ((f"{campaigns_url}?{_query(brand, status)}", text) for status, text in parts)
    joined = format_html_join(" ", '<a href="{}" dir="auto">{}</a>', links)
    return format_html('<span class="ab-counts">{}</span>', joined)


def _query(brand: Brand, status: str) -> str:
    return urlencode({"brand": brand.pk, **({"status__exact": status} if status else {})})


def _counted(status: Status, n: int) -> str:
    words = {
        Status.ACTIVE: ngettext("%(n)d running", "%(n)d running", n),
        Status.PAUSED_BUDGET: ngettext("%(n)d paused by budget", "%(n)d paused by budget", n),
        Status.PAUSED_DAYPART: ngettext("%(n)d outside its hours", "%(n)d outside their hours", n),
        Status.INACTIVE: ngettext("%(n)d inactive", "%(n)d inactive", n),
    }
    return words[status] % {"n": n}
