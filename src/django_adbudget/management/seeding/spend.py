"""Days of spend of a planned brand: in its campaigns' hours, and stopped where a budget is reached."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random

from ...models import Brand, Campaign
from ...rules import Period, WeeklyWindows, day_bounds
from ...rules.status import period_start
from ...services.facts import BUDGET_FIELDS
from ...services.results import SpendEntry
from .plan import SOURCE, BrandPlan, CampaignPlan

_FEWEST, _MOST = 10, 24
_DAYS_OFF = 5
Stretch = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class _Event:
    at: datetime
    plan: CampaignPlan
    amount: Decimal


class Spender:
    """Draws the spend of one brand, day by day."""

    def __init__(self, plan: BrandPlan, now: datetime) -> None:
        self._plan = plan
        self._now = now
        self._weekly = {id(c): WeeklyWindows(w.as_window() for w in c.windows) for c in plan.campaigns}
        self._spent: dict[tuple[int, Period, date], Decimal] = defaultdict(Decimal)

    def days(self, count: int) -> Iterator[list[SpendEntry]]:
        """Entries of each of the last ``count`` local dates, today the last, in order of time."""
        for back in range(count - 1, -1, -1):
            yield list(self._day(self._plan.today - timedelta(days=back)))

    def _day(self, day: date) -> Iterator[SpendEntry]:
        drawn = [event for plan in self._plan.campaigns for event in self._events(plan, day)]
        for event in sorted(drawn, key=lambda event: event.at):
            if self._may_run(self._plan.brand, day) and self._may_run(event.plan.campaign, day):
                self._count(event, day)
                yield SpendEntry(campaign=event.plan.campaign, amount=event.amount, at=event.at, source=SOURCE)

    def _events(self, plan: CampaignPlan, day: date) -> Iterator[_Event]:
        # Drawn in any case, so that what one campaign does moves no other.
        random = Random(f"{plan.campaign.external_id}/{(self._plan.today - day).days}")  # noqa: S311
        stretches = self._open(plan, day)
        if not stretches or not self._in_flight(plan.campaign, day):
            return
        wanted = random.randint(_FEWEST, _MOST)
        target = self._plan.daily_budget * plan.weight * Decimal(random.uniform(0.6, 1.15))
        weights = [random.uniform(0.4, 1.6) for _ in range(wanted)]
        smallest = Decimal(1).scaleb(-self._plan.places)
        for weight in weights:
            at = _instant(random, stretches)
            amount = max((target * Decimal(weight / sum(weights))).quantize(smallest), smallest)
            if at <= self._now:
                yield _Event(at, plan, amount)

    def _open(self, plan: CampaignPlan, day: date) -> list[Stretch]:
        zone = self._plan.brand.timezone
        if not plan.windows:
            start, end = day_bounds(day, zone)
            return [(start, end)] if start < end else []
        return self._weekly[id(plan)].intervals(day, zone)

    def _in_flight(self, campaign: Campaign, day: date) -> bool:
        if not campaign.is_active and (self._plan.today - day).days < _DAYS_OFF:
            return False
        begun = campaign.start_date is None or campaign.start_date <= day
        return begun and (campaign.end_date is None or day <= campaign.end_date)

    def _may_run(self, owner: Brand | Campaign, day: date) -> bool:
        """Whether no budget was reached, as the platform would have been told (rule M4)."""
        for period, name in BUDGET_FIELDS.items():
            budget: Decimal | None = getattr(owner, name, None)
            if budget is not None and self._spent[id(owner), period, period_start(period, day)] >= budget:
                return False
        return True

    def _count(self, event: _Event, day: date) -> None:
        for owner in (self._plan.brand, event.plan.campaign):
            for period in BUDGET_FIELDS:
                self._spent[id(owner), period, period_start(period, day)] += event.amount


def _instant(random: Random, stretches: list[Stretch]) -> datetime:
    """A whole second in one of the stretches, each as likely as it is long."""
    seconds = [int((end - start).total_seconds()) for start, end in stretches]
    ((start, end),) = random.choices(stretches, seconds)
    return (start + timedelta(seconds=random.randrange(int((end - start).total_seconds())))).astimezone(UTC)
