"""Which campaigns a change of totals can concern: cost follows change (rule S4)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from functools import reduce
from operator import or_
from typing import NamedTuple

from django.db.models import Q, QuerySet

from ..models import Campaign
from ..rules import Level, Period, Reason, as_zone, local_date
from ..rules.calendar import day_start
from ..rules.status import BUDGET_REASONS, period_start
from .alerts import Watched, thresholds_of, watch
from .chunks import IDS_A_STATEMENT, chunks
from .facts import BUDGET_FIELDS, budgets_of_brand, micros_of
from .gate import Gate
from .totals import Key


class Spender(NamedTuple):
    """A campaign as its spend concerns it, read under the gate; budgets in micro-units."""

    pk: int
    brand_id: int
    budgets: Mapping[Period, int | None]
    next_check_at: datetime | None
    campaign: Campaign | None = None
    """All of it, where one posting is recorded, for whoever wants to know what the spend has left unchanged."""
    key_is_used: bool = True

    @classmethod
    def of(cls, campaign: Campaign) -> Spender:
        budgets = {period: micros_of(campaign, field) for period, field in BUDGET_FIELDS.items()}
        used = getattr(campaign, "key_is_used", True)
        return cls(campaign.pk, campaign.brand_id, budgets, campaign.next_check_at, campaign, used)


class Touched:
    """Gathers totals as they changed, and names the campaigns whose projection may no longer hold.

    A brand's limit that is reached concerns its campaigns that do not say so yet; one that fell back, those that do.
    Spend of a later local date concerns campaigns that would not look at that date's start.
    """

    def __init__(self, gate: Gate, campaigns: Mapping[int, Spender]) -> None:
        self._gate = gate
        self._campaigns = campaigns
        self._due = {pk for pk, row in campaigns.items() if row.next_check_at and row.next_check_at <= gate.now}
        self._starts: dict[int, dict[Period, date]] = {}
        #: The lowest per cent of a budget of which anybody hears; the whole of it is told of in any case.
        self._lowest = {pk: min((100, *thresholds_of(brand))) for pk, brand in gate.brands.items()}
        self._brands: dict[tuple[Reason, bool], set[int]] = defaultdict(set)
        self._later: dict[datetime, set[int]] = defaultdict(set)
        self._watched: list[Watched] = []

    def brand_totals(self, deltas: Mapping[Key, int], after: Mapping[Key, int]) -> None:
        budgets = {pk: budgets_of_brand(brand) for pk, brand in self._gate.brands.items()}
        for key, total in after.items():
            brand_id, period, start = key
            budget, before = budgets[brand_id][period], total - deltas[key]
            if budget is None or self._is_far(brand_id, before, total, budget) or self._is_past(brand_id, key):
                continue
            self._watch(brand_id, None, key, before, total, budget)
            today = self._present(brand_id)[Period.DAY]
            if start > today:
                if total >= budget:
                    zone = as_zone(self._gate.brands[brand_id].timezone)
                    self._later[day_start(start, zone)].add(brand_id)
            elif budget and (total >= budget or before >= budget):
                reason = BUDGET_REASONS[Level.BRAND, period]
                self._brands[reason, total >= budget].add(brand_id)

    def campaign_totals(self, deltas: Mapping[Key, int], after: Mapping[Key, int]) -> None:
        for key, total in after.items():
            campaign = self._campaigns[key[0]]
            budget, before, brand_id = campaign.budgets[key[1]], total - deltas[key], campaign.brand_id
            if budget is None or self._is_far(brand_id, before, total, budget) or self._is_past(brand_id, key):
                continue
            self._watch(brand_id, campaign.pk, key, before, total, budget)
            if total >= budget or before >= budget:
                self._due.add(campaign.pk)

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

    def _is_far(self, brand_id: int, before: int, total: int, budget: int) -> bool:
        """Whether nobody hears of such a total: most are, and nothing more is asked of them."""
        return max(before, total) * 100 < self._lowest[brand_id] * budget

    def _is_past(self, brand_id: int, key: Key) -> bool:
        _, period, start = key
        return start < self._present(brand_id)[period]

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

    def _watch(self, brand_id: int, campaign_id: int | None, key: Key, before: int, total: int, budget: int) -> None:
        _, period, start = key
        if before < total:
            field = BUDGET_FIELDS[period]
            self._watched.append(Watched(brand_id, campaign_id, field, start, before, total, budget))
