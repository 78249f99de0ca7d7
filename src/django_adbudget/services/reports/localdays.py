"""Local dates of many brands at once: today is another date in Tokyo than in New York."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime

from django.db.models import Q, QuerySet

from ...models import Brand
from ...rules import day_bounds, local_date
from .overview import Span


def days_of(brands: QuerySet[Brand], span: Span, now: datetime, field: str) -> Q:
    """The condition that ``field``, a date beside a ``brand``, lies in a span of the brand's own local dates.

    One statement, which reads the zones. Around the globe there are at most three ranges; zones that are not known
    here have none (rule T7).
    """
    zones: dict[tuple[date, date], list[str]] = defaultdict(list)
    for zone, today in _todays(brands, now).items():
        zones[span.range(today)].append(zone)
    if len(zones) == 1:
        return Q(**{f"{field}__range": next(iter(zones))})
    found = Q(pk__in=[])
    for dates, names in zones.items():
        found |= Q(**{f"{field}__range": dates, "brand__timezone__in": names})
    return found


def since_midnight(brands: QuerySet[Brand], now: datetime, field: str) -> Q:
    """The condition that ``field``, an instant beside a ``brand``, lies in the brand's own present day."""
    zones: dict[datetime, list[str]] = defaultdict(list)
    for zone, today in _todays(brands, now).items():
        zones[day_bounds(today, zone)[0]].append(zone)
    found = Q(pk__in=[])
    for midnight, names in zones.items():
        found |= Q(**{f"{field}__gte": midnight, "brand__timezone__in": names})
    return found


def _todays(brands: QuerySet[Brand], now: datetime) -> dict[str, date]:
    todays = {}
    for zone in brands.order_by().values_list("timezone", flat=True).distinct():
        try:
            todays[zone] = local_date(now, zone)
        except ValueError:
            continue
    return todays
