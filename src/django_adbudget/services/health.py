"""Whether the service does its work: one read for the endpoint, the doctor, health checks and the admin."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db import Error
from django.db.models import Count, Exists, Min, OuterRef, Q
from django.utils.translation import gettext, ngettext

from .. import wording
from ..channels import configured
from ..clock import instant
from ..models import AlertDelivery, Brand, BudgetAlert, Campaign, Heartbeat
from ..rules import known_zones
from .delivery.circuit import circuit_state
from .gate import ledger_alias
from .heartbeats import DELIVERER, MISSED, SWEEP, TASKS, TICK, intervals
from .patience import brief

logger = logging.getLogger(__name__)

DATABASE, ORDERS, PLATFORM, DRIFT, ALERTS, ZONES = "database", "orders", "platform", "drift", "alerts", "zones"
#: The signs that are read without details, and all of them, in their order.
BASIC = frozenset({DATABASE, *TASKS})
SIGNS = (DATABASE, *TASKS, ORDERS, PLATFORM, DRIFT, ALERTS, ZONES)
#: How long an order or an alert may wait: as long as the longest pause between two attempts (rule D1).
LONGEST_WAIT = timedelta(minutes=15)
#: Attempts after which an order's platform does not merely hiccup.
MOST_ATTEMPTS = 5
#: Seconds for which one statement may wait, so that whoever asks hears soon.
_PATIENCE = 2


class State(StrEnum):
    OK = "ok"
    LATE = "late"
    NEVER = "never"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Sign:
    """One vital sign. ``since``: when a job last finished, or since when the oldest of ``count`` things waits."""

    name: str
    state: State
    words: str
    since: datetime | None = None
    count: int = 0


@dataclass(frozen=True, slots=True)
class Health:
    """The signs at an instant, in the order of ``SIGNS``. Where the database is away, it is the only one."""

    at: datetime
    signs: tuple[Sign, ...]

    @property
    def state(self) -> State:
        """``OK`` while statuses follow time: the database answers, and the tick comes."""
        return next((s.state for s in self.signs if s.name in {DATABASE, TICK} and s.state is not State.OK), State.OK)

    @property
    def troubles(self) -> tuple[Sign, ...]:
        """The signs that are not ``OK``."""
        return tuple(sign for sign in self.signs if sign.state is not State.OK)


def health_status(*, details: bool = True, now: datetime | None = None) -> Health:
    """Read the signs; without ``details`` only the database and the heartbeats, in one statement of the ledger's.

    Never raises for a database that is away, locked or without tables: that is a sign too. ``words`` are in the
    active language.
    """
    at, alias = instant(now), ledger_alias()
    try:
        with brief(alias, _PATIENCE):
            beats = last_beats(alias)
            more = list(other_signs(alias, at)) if details else []
    except Error as error:
        logger.warning("the database does not answer: %s", error)
        words = gettext("The database does not answer as it should (%(error)s).") % {"error": type(error).__name__}
        return Health(at, (Sign(DATABASE, State.FAILED, words),))
    # The intervals are asked for last: nobody waits twice for a database that is away.
    jobs = heartbeats(beats, at, intervals())
    return Health(at, (Sign(DATABASE, State.OK, gettext("The database answers.")), *jobs, *more))


def other_signs(alias: str, now: datetime) -> Iterator[Sign]:
    """The signs beside the database's and the heartbeats'."""
    yield _orders(alias, now)
    yield _platform(now)
    yield _drift(alias)
    yield _alerts(alias, now)
    yield _zones(alias)


def last_beats(alias: str) -> dict[str, datetime]:
    """When each job last finished, by its name."""
    return dict(Heartbeat._base_manager.using(alias).values_list("name", "at"))


def heartbeats(beats: Mapping[str, datetime], now: datetime, each: Mapping[str, float]) -> Iterator[Sign]:
    """The signs of the jobs, whose tasks are to run at intervals of ``each`` seconds."""
    for name, task in TASKS.items():
        yield _heartbeat(name, beats.get(name), timedelta(seconds=each[task]), now)


def _heartbeat(name: str, at: datetime | None, interval: timedelta, now: datetime) -> Sign:
    """A job is late after three intervals. A heartbeat of the future was left by a clock that is not this one."""
    facts = {"job": _job(name), "interval": ago(interval), "ago": ago(abs(now - (at or now)))}
    if at is None:
        return Sign(name, State.NEVER, gettext("%(job)s never ran; it should run every %(interval)s.") % facts)
    if abs(now - at) > MISSED * interval:
        words = gettext("%(job)s has been silent for %(ago)s; it should run every %(interval)s.")
        return Sign(name, State.LATE, words % facts, at)
    return Sign(name, State.OK, gettext("%(job)s last finished %(ago)s ago.") % facts, at)


def _job(name: str) -> str:
    return {TICK: gettext("The tick"), SWEEP: gettext("The sweep"), DELIVERER: gettext("The deliverer")}[name]


def _orders(alias: str, now: datetime) -> Sign:
    """Campaigns whose platform has not done what it was told (rule D1)."""
    found = (
        Campaign.objects.using(alias)
        .out_of_sync()
        .aggregate(
            count=Count("pk"),
            since=Min("status_changed_at"),
            failing=Count("pk", filter=Q(platform_order__attempts__gte=MOST_ATTEMPTS)),
        )
    )
    count = found["count"]
    if not count:
        return Sign(ORDERS, State.OK, gettext("The ad platform has done everything it was told."))
    words = ngettext(
        "%(count)d campaign is not yet as the ad platform was told, for %(ago)s.",
        "%(count)d campaigns are not yet as the ad platform was told, the oldest for %(ago)s.",
        count,
    )
    return _waiting(ORDERS, words, count, found["since"], now, failing=bool(found["failing"]))


def _platform(now: datetime) -> Sign:
    """Whether the ad platform's backend fails as a whole, so that nothing is sent for a while (rule D1)."""
    circuit = circuit_state(now=now)
    if circuit.since is None:
        return Sign(PLATFORM, State.OK, gettext("The ad platform takes orders."))
    words = gettext("The ad platform has failed as a whole for %(ago)s; orders wait until it is back.")
    return Sign(PLATFORM, State.FAILED, words % {"ago": ago(now - circuit.since)}, circuit.since, circuit.failures)


def _drift(alias: str) -> Sign:
    """Campaigns that somebody has switched on the platform itself."""
    count = Campaign.objects.using(alias).drifted().count()
    if not count:
        return Sign(DRIFT, State.OK, gettext("No campaign was seen doing other than it was told."))
    words = ngettext(
        "%(count)d campaign was seen doing the opposite of what the ad platform had confirmed.",
        "%(count)d campaigns were seen doing the opposite of what the ad platform had confirmed.",
        count,
    )
    return Sign(DRIFT, State.FAILED, words % {"count": count}, None, count)


def _alerts(alias: str, now: datetime) -> Sign:
    """Alerts that one of the channels has not yet taken (rule D4)."""
    try:
        names = [channel.name for channel in configured()]
    except ValueError as error:
        return Sign(ALERTS, State.FAILED, gettext("ALERT_CHANNELS cannot be read: %(error)s.") % {"error": error})
    if not names:
        return Sign(ALERTS, State.OK, gettext("Alerts are kept; no channel is set to send them."))
    undone = AlertDelivery._base_manager.filter(alert=OuterRef("pk"), channel__in=names, sent_at__isnull=True)
    unsent = BudgetAlert._base_manager.using(alias).filter(Q(queued_at__isnull=True) | Exists(undone))
    found = unsent.aggregate(count=Count("pk"), since=Min("at"))
    if not found["count"]:
        return Sign(ALERTS, State.OK, gettext("Every alert was sent."))
    words = ngettext(
        "%(count)d alert waits to be sent, for %(ago)s.",
        "%(count)d alerts wait to be sent, the oldest for %(ago)s.",
        found["count"],
    )
    return _waiting(ALERTS, words, found["count"], found["since"], now)


def _waiting(
    name: str, words: str, count: int, since: datetime | None, now: datetime, *, failing: bool = False
) -> Sign:
    waited = timedelta(0) if since is None else now - since
    state = State.LATE if failing or waited > LONGEST_WAIT else State.OK
    return Sign(name, state, words % {"count": count, "ago": ago(waited)}, since, count)


def _zones(alias: str) -> Sign:
    """Zones that are not known here: the statuses of their campaigns stand still (rule T7)."""
    rows = (Brand._base_manager.using(alias), Campaign._base_manager.using(alias).exclude(timezone=""))
    named = {zone for each in rows for zone in each.order_by().values_list("timezone", flat=True).distinct()}
    unknown = sorted(named - known_zones())
    if not unknown:
        return Sign(ZONES, State.OK, gettext("Every time zone is known."))
    words = gettext("Campaigns stand still, since this server does not know their time zone: %(zones)s.")
    return Sign(ZONES, State.FAILED, words % {"zones": ", ".join(unknown)}, None, len(unknown))


def ago(length: timedelta) -> str:
    """``90 s``, or in minutes, hours and days from two minutes on."""
    if length < timedelta(minutes=2):
        return gettext("%(n)d s") % {"n": max(int(length.total_seconds()), 0)}
    return wording.duration(length)
