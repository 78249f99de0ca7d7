"""Which campaigns a change of totals can concern: cost follows change (rule S4)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from functools import reduce
from operator import or_
from typing import NamedTuple

from django.db.models import Q, QuerySet

from ...models import Campaign
from ...rules import Level, Period, Reason, as_zone, local_date
from ...rules.calendar import day_start
from ...rules.status import BUDGET_REASONS, period_start
from ..alerts.thresholds import Watched, thresholds_of, watch
from ..chunks import IDS_A_STATEMENT, chunks
from ..facts import BUDGET_FIELDS, CAMPAIGN_PERIODS, micros_of
from ..gate import Gate
from ..totals import Counted


class Spender(NamedTuple):
    """A campaign as its spend concerns it, read under the gate; budgets in micro-units."""

    pk: int
    brand_id: int
    is_due: bool
    budgets: tuple[int | None, ...]
    """Of ``CAMPAIGN_PERIODS``."""
    campaign: Campaign | None = None
    """All of it, where one posting is recorded, for whoever wants to know what the spend has left unchanged."""
    key_is_used: bool = True

    @classmethod
    def of(cls, campaign: Campaign, now: datetime) -> Spender:
        budgets = tuple(micros_of(campaign, BUDGET_FIELDS[period]) for period in CAMPAIGN_PERIODS)
        used = getattr(campaign, "key_is_used", True)
        is_due = campaign.next_check_at is not None and campaign.next_check_at <= now
        return cls(campaign.pk, campaign.brand_id, is_due, budgets, campaign, used)


class Touched:
    """Gathers totals as they changed, and names the campaigns whose projection may no longer hold.

    A brand's limit that is reached concerns its campaigns that do not say so yet; one that fell back, those that do.
    Spend of a later local date concerns campaigns that would not look at that date's start.
    """

    def __init__(self, gate: Gate, campaigns: Mapping[int, Spender]) -> None:
        self._gate = gate
        self._campaigns = campaigns
        self._due = {pk for pk, row in campaigns.items() if row.is_due}
        self._starts: dict[int, dict[Period, date]] = {}
        #: The lowest per cent of a budget of which anybody hears; the whole of it is told of in any case.
        self._lowest = {pk: min((100, *thresholds_of(brand))) for pk, brand in gate.brands.items()}
        self._brands: dict[tuple[Reason, bool], set[int]] = defaultdict(set)
        self._later: dict[datetime, set[int]] = defaultdict(set)
        self._watched: list[Watched] = []

    def brand_totals(self, counted: Counted) -> None:
        brands = self._gate.brands
        for (period, start), after in counted.after.items():
            budgets = ((pk, pk, micros_of(brands[pk], BUDGET_FIELDS[period])) for pk in after)
            for brand_id, _, before, total, budget in self._near(period, start, counted, budgets):
                self._watch(brand_id, None, period, start, before, total, budget)
                today = self._present(brand_id)[Period.DAY]
                if start > today:
                    if total >= budget:
                        zone = as_zone(brands[brand_id].timezone)
                        self._later[day_start(start, zone)].add(brand_id)
                elif budget and (total >= budget or before >= budget):
                    reason = BUDGET_REASONS[Level.BRAND, period]
                    self._brands[reason, total >= budget].add(brand_id)

    def campaign_totals(self, counted: Counted) -> None:
        for (period, start), after in counted.after.items():
            at = CAMPAIGN_PERIODS.index(period)
            spenders = map(self._campaigns.__getitem__, after)
            budgets = ((row.brand_id, row.pk, row.budgets[at]) for row in spenders)
            for brand_id, pk, before, total, budget in self._near(period, start, counted, budgets):
                self._watch(brand_id, pk, period, start, before, total, budget)
                if total >= budget or before >= budget:
                    self._due.add(pk)

    def raise_alerts(self) -> None:
        if self._watched:
            watch(self._gate, self._watched)

    def campaigns(self) -> Iterator[QuerySet[Campaign]]:
        """The campaigns to evaluate, in as few parts as statements can name."""
        together: list[Q] = []
        size = 0
        for condition, ids in self._conditions():
            if together and size + ids > IDS_A_STATEMENT:
                yield self._either(together)
                together, size = [], 0
            together.append(condition)
            size += ids
        if together:
            yield self._either(together)

    def _either(self, conditions: list[Q]) -> QuerySet[Campaign]:
        return Campaign._base_manager.using(self._gate.alias).filter(reduce(or_, conditions))

    def _conditions(self) -> Iterator[tuple[Q, int]]:
        """Conditions, one of which suffices, with the number of ids in each."""
        for part in chunks(sorted(self._due)):
            yield Q(pk__in=part), len(part)
        for brand_ids, which in [*self._reasons(), *self._not_looking()]:
            for part in chunks(sorted(brand_ids)):
                yield Q(brand__in=part) & which, len(part)

    def _near(
        self, period: Period, start: date, counted: Counted, budgets: Iterable[tuple[int, int, int | None]]
    ) -> Iterator[tuple[int, int, int, int, int]]:
        """Of brand, owner and budget those whose total, before or after, is such that somebody may hear of it.

        Most are far from their budget, and nothing more is asked of them.
        """
        added, after, lowest = counted.added[period, start], counted.after[period, start], self._lowest
        for brand_id, owner, budget in budgets:
            if budget is None:
                continue
            total = after[owner]
            before = total - added[owner]
            least = lowest[brand_id] * budget
            if total * 100 < least and before * 100 < least:
                continue
            if start >= self._present(brand_id)[period]:
                yield brand_id, owner, before, total, budget

    def _present(self, brand_id: int) -> dict[Period, date]:
        """The starts of the brand's present periods."""
        starts = self._starts.get(brand_id)
        if starts is None:
            today = local_date(self._gate.now, self._gate.brands[brand_id].timezone)
            starts = self._starts[brand_id] = {period: period_start(period, today) for period in Period}
        return starts

    def _reasons(self) -> Iterator[tuple[set[int], Q]]:
        for (reason, reached), brand_ids in self._brands.items():
            says_so = Q(status_reasons__contains=reason.value)
            yield brand_ids, ~says_so if reached else says_so

    def _not_looking(self) -> Iterator[tuple[set[int], Q]]:
        for at, brand_ids in self._later.items():
            yield brand_ids, Q(next_check_at__isnull=True) | Q(next_check_at__gt=at)

    def _watch(
        self, brand_id: int, campaign_id: int | None, period: Period, start: date, before: int, total: int, budget: int
    ) -> None:
        if before < total:
            field = BUDGET_FIELDS[period]
            self._watched.append(Watched(brand_id, campaign_id, field, start, before, total, budget))
