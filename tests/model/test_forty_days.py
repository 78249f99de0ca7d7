"""Rule S5: forty days of ticks in twenty zones, three in ten of them missed, and some hours of outage."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, time
from decimal import Decimal
from random import Random

import pytest
from django.db.models import Min

from django_adbudget.models import Campaign, StatusChange
from tests.rules.places import THOROUGH

from .audit import audit, names, projections_hold, stored_rows, switches_are_as_people_left_them
from .places import DAY, HOUR, MINUTE, ZONES
from .shapes import Sent
from .world import Edit, World, clock

DAYS = 40
TWENTY_ZONES = (
    *ZONES,
    "America/Los_Angeles",
    "America/Sao_Paulo",
    "America/St_Johns",
    "Antarctica/Troll",
    "Asia/Kolkata",
    "Asia/Tehran",
    "Asia/Tokyo",
    "Europe/London",
    "Pacific/Chatham",
    "UTC",
)
# Clocks change in America, Europe and Egypt; in Morocco and America; in Europe, Egypt and on Lord Howe.
BEGINNINGS = (datetime(2025, 10, 8, tzinfo=UTC), datetime(2026, 2, 12, tzinfo=UTC), datetime(2025, 3, 20, tzinfo=UTC))
SEEDS = range(1, 13) if THOROUGH else (1,)
HOURS = [time(0), time(6), time(9), time(12), time(18), time(22)]


class Run:
    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.begin = BEGINNINGS[(seed - 1) % len(BEGINNINGS)]
        self.end = self.begin + DAYS * DAY
        self.world = World(self.begin)
        self.seen: Counter[str] = Counter()
        self.outages = [self.begin + self.random.randrange(DAYS * 24) * HOUR for _ in range(6)]

    def set_up(self) -> None:
        for number, zone in enumerate(TWENTY_ZONES):
            self.world.add_brand(f"b{number}", zone, daily_budget=Decimal(4), monthly_budget=Decimal(60))
            for letter in "xy"[: 1 + number % 2]:
                budget = self.random.choice([None, Decimal(2), Decimal(3)])
                self.world.add_campaign(f"c{number}{letter}", f"b{number}", daily_budget=budget)
        edits = [self.new_window(name) for name in sorted(self.world.model.campaigns) for _ in range(4)]
        self.world.edit(self.random.sample(edits, 50), together=True)

    def new_window(self, campaign: str) -> Edit:
        self.seen["windows"] += 1
        start, end = self.random.sample(HOURS, 2)
        return Edit(campaign, {"raw": (self.random.randrange(7), start, end)}, window=f"w{self.seen['windows']}")

    def play(self) -> None:
        happenings = sorted(self.begin + self.random.uniform(0, DAYS) * DAY for _ in range(DAYS * 32))
        idle_ticks = sorted(self.begin + self.random.randrange(DAYS * 24 * 60) * MINUTE for _ in range(DAYS * 4))
        while self.world.now < self.end:
            tick = self.next_tick(idle_ticks)
            if happenings and happenings[0] < tick:
                self.world.go_to(happenings.pop(0))
                self.something_happens()
            else:
                self.world.go_to(tick)
                self.tick_or_miss()

    def next_tick(self, idle_ticks: list[datetime]) -> datetime:
        """Ticks come once a minute; the ones to look at are those with something due, and some without."""
        due = Campaign.objects.aggregate(first=Min("next_check_at"))["first"]
        while idle_ticks and idle_ticks[0] <= self.world.now:
            idle_ticks.pop(0)
        candidates = [*idle_ticks[:1], self.end]
        if due is not None:
            following = self.world.now.replace(second=0, microsecond=0) + MINUTE
            candidates.append(max(following, due + (self.begin - due) % MINUTE))
        tick = min(candidates)
        return next((outage + 5 * HOUR for outage in self.outages if outage <= tick < outage + 5 * HOUR), tick)

    def tick_or_miss(self) -> None:
        if self.random.random() < 0.3:
            self.seen["missed"] += 1
            return
        result = self.world.tick()
        self.seen["ticks"] += 1
        self.seen["evaluated"] += result.evaluated
        rows = stored_rows()
        projections_hold(self.world, rows, every=True)
        switches_are_as_people_left_them(self.world, rows)
        if self.random.random() < 0.1:
            again = self.world.tick()
            assert (again.evaluated, again.changed) == (0, 0)
            self.seen["doubled"] += 1

    def something_happens(self) -> None:
        name = self.random.choice(sorted(self.world.model.campaigns))
        what = self.random.choices(["spend", "late", "budget", "pause", "activate", "window"], [20, 4, 2, 1, 2, 1])[0]
        self.seen[what] += 1
        amount = Decimal(self.random.randrange(1, 5_000_000)) / 1_000_000
        if what == "spend":
            self.world.spend(Sent(name, amount))
        elif what == "late":
            self.world.spend(Sent(name, amount, at=self.world.now - self.random.randrange(72) * HOUR))
        elif what == "budget":
            owner = self.random.choice([name, self.world.model.campaigns[name].brand])
            budget = self.random.choice([None, Decimal(2), Decimal(4), Decimal(6)])
            self.world.edit([Edit(owner, {"daily_budget": budget})])
        elif what == "window":
            self.world.edit([self.new_window(name)])
        else:
            self.world.switch(name, what == "activate", actor="ann")


@pytest.mark.server  # on SQLite the simulator lives such days, and a year of them
@pytest.mark.django_db
@pytest.mark.parametrize("seed", SEEDS)
def test_every_status_is_right_within_a_tick_of_recovery(seed: int) -> None:
    run = Run(seed)
    with clock(lambda: run.world.now):
        run.set_up()
        run.play()
        run.world.go_to(run.end)
        run.world.tick()
        audit(run.world, reads=names(run.world).values())
    assert not run.world.unsure
    assert run.world.sweep().changed == 0
    changes = Counter(StatusChange.objects.values_list("cause", "to_status"))
    print(f"\nseed {seed}: {dict(run.seen)}, changes of status: {dict(changes)}")
    assert min(changes["TICK", "ACTIVE"], changes["SPEND", "PAUSED_BUDGET"]) > 50, "too quiet to show anything"
