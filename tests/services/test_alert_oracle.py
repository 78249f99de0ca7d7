"""Alerts held to a plain retelling of rule D4 that keeps every record and shares nothing with the package."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from django_adbudget import services
from django_adbudget.models import Brand, BudgetAlert, Campaign, SpendRecord
from tests.factories import NOW, make_brand, make_campaign

pytestmark = pytest.mark.django_db

FIELDS = ("daily_budget", "monthly_budget", "total_budget")
SITE = (50, 80, 100)


@dataclass
class Oracle:
    """One brand and one campaign. Days are counted from the first; the month never ends."""

    day: int = 0
    thresholds: tuple[int, ...] | None = None
    records: list[list[Any]] = field(default_factory=list)  # [day, cents]
    budgets: dict[tuple[str, str], int | None] = field(default_factory=dict)
    told: list[tuple[str, str, int, int, int]] = field(default_factory=list)

    def spent(self, name: str) -> int:
        return sum(cents for day, cents in self.records if name != "daily_budget" or day == self.day)

    def spend(self, cents: int) -> None:
        before = {name: self.spent(name) for name in FIELDS}
        self.records.append([self.day, cents])
        for owner, name in list(self.budgets):
            limit = self.budgets[owner, name]
            lines = self._lines()
            self._tell(owner, name, limit, [t for t in lines if limit and before[name] * 100 < t * limit])

    def edit(self, owner: str, name: str, limit: int | None) -> None:
        if self.budgets.get((owner, name)) != limit:
            self.budgets[owner, name] = limit
            self._tell(owner, name, limit, self._lines())

    def _lines(self) -> tuple[int, ...]:
        return SITE if self.thresholds is None else self.thresholds

    def _tell(self, owner: str, name: str, limit: int | None, armed: Any) -> None:
        if not limit:
            return
        passed = [t for t in armed if self.spent(name) * 100 >= t * limit]
        period = self.day if name == "daily_budget" else 0
        earlier = [t for o, n, value, p, t in self.told if (o, n, value, p) == (owner, name, limit, period)]
        if passed and max(passed) > max(earlier, default=0):
            self.told.append((owner, name, limit, period, max(passed)))


limits = st.sampled_from([None, 0, 100, 150, 200])
owned = st.sampled_from([("brand", "daily_budget"), ("campaign", "total_budget")])
steps = st.one_of(
    st.tuples(st.just("spend"), st.sampled_from([1, 29, 30, 50, 80, 100])),
    st.tuples(st.just("correct"), st.integers(0, 3), st.sampled_from([10, 60, 100])),
    st.tuples(st.just("edit"), owned, limits),
    st.tuples(st.just("thresholds"), st.sampled_from([None, (), (100,), (10, 90, 120)])),
    st.tuples(st.just("tomorrow")),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(steps, max_size=15))
@example([("spend", 80), ("correct", 0, 60), ("spend", 30)])
@example([("spend", 80), ("edit", ("brand", "daily_budget"), 150), ("edit", ("brand", "daily_budget"), 100)])
@example([("spend", 90), ("thresholds", (90,)), ("spend", 1)])
def test_alerts_are_those_of_the_rule(db: None, history: list[tuple[Any, ...]]) -> None:
    """D4: once per budget, limit value, period and threshold, the highest of several, and none for nothing."""
    BudgetAlert.objects.all().delete()
    world = World(make_brand())
    for owned_ in (("brand", "daily_budget"), ("brand", "monthly_budget"), ("campaign", "total_budget")):
        world.edit(owned_, 100)
    for step in history:
        getattr(world, step[0])(*step[1:])
    assert sorted(world.found()) == sorted(world.oracle.told)


class World:
    def __init__(self, brand: Brand) -> None:
        self.brand, self.oracle = brand, Oracle()
        self.owner: dict[str, Brand | Campaign] = {"brand": brand, "campaign": make_campaign(brand)}
        self.records: list[SpendRecord] = []

    @property
    def now(self) -> datetime:
        return NOW + timedelta(days=self.oracle.day)

    def spend(self, cents: int) -> None:
        campaign = self.owner["campaign"]
        assert isinstance(campaign, Campaign)
        self.records.append(services.record_spend(campaign, Decimal(cents) / 100, now=self.now).record)
        self.oracle.spend(cents)

    def correct(self, number: int, share: int) -> None:
        if number >= len(self.oracle.records) or (cents := self.oracle.records[number][1] * share // 100) < 1:
            return
        services.correct_spend(self.records[number], Decimal(cents) / 100, now=self.now)
        self.oracle.records[number][1] -= cents

    def edit(self, owned: tuple[str, str], limit: int | None) -> None:
        row = self.owner[owned[0]]
        setattr(row, owned[1], None if limit is None else Decimal(limit) / 100)
        with services.editing(self.brand, now=self.now):
            row.save()
        self.oracle.edit(*owned, limit)

    def thresholds(self, value: tuple[int, ...] | None) -> None:
        self.brand.alert_thresholds = value
        self.brand.save()
        self.oracle.thresholds = value

    def tomorrow(self) -> None:
        self.oracle.day += 1

    def found(self) -> list[tuple[str, str, int, int, int]]:
        return [
            (
                "brand" if alert.campaign_id is None else "campaign",
                alert.budget,
                int(alert.limit * 100),
                (alert.period_start - NOW.date()).days if alert.budget == "daily_budget" else 0,
                alert.threshold or 0,
            )
            for alert in BudgetAlert.objects.all()
        ]
