"""Programs of spends, edits, toggles, clock jumps, ticks and sweeps, audited after each step."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from django_adbudget import services
from django_adbudget.models import Campaign, StatusChange
from django_adbudget.rules import Period

from .audit import (
    a_brand_counts_what_holds,
    audit,
    nothing_turns_before_it_is_looked_at,
    projections_hold,
    stored_rows,
)
from .places import DAY, HOUR, MINUTE, beginnings
from .reference import first_minute
from .shapes import LIMITS, RECORDED, Sent, Total
from .strategies import (
    BRANDS,
    MICRO,
    Values,
    amounts,
    batches,
    brand_values,
    brands,
    budgets,
    campaign_values,
    dated,
    days_ago,
    faults,
    keys,
    others,
    pick,
    platforms,
    raw_windows,
    sources,
    totals,
    zones,
)
from .world import Edit, World, clock

MOST_CAMPAIGNS = 6


class Machine(RuleBasedStateMachine):
    examples = 0
    steps: Counter[str] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.open = ExitStack()
        self.open.enter_context(transaction.atomic())
        self.open.enter_context(clock(lambda: self.world.now))
        self.world = World(datetime(2025, 1, 1, tzinfo=UTC))
        self.sent: list[Sent] = []
        self.audits = self.made = 0
        Machine.examples += 1

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.open.close()

    @initialize(data=st.data(), first=zones, second=zones)
    def set_up(self, data: st.DataObject, first: str, second: str) -> None:
        self.world = World(data.draw(beginnings(first)))
        for brand, zone in zip(BRANDS, (first, second), strict=True):
            daily, monthly = data.draw(st.tuples(budgets, st.none() | budgets))
            self.world.add_brand(brand, zone, daily_budget=daily, monthly_budget=monthly)
        for number in range(4):
            daily, total = data.draw(st.tuples(budgets, st.none() | budgets))
            self.world.add_campaign(f"c{number}", BRANDS[number // 3], daily_budget=daily, total_budget=total)
        windows = data.draw(st.lists(raw_windows, max_size=3))
        self.world.edit([self.new_window("c1", raw) for raw in windows], together=True)

    # Helpers

    def done(self, what: str) -> None:
        Machine.steps[what] += 1

    def campaign(self, number: int) -> str:
        names = sorted(self.world.model.campaigns)
        return names[number % len(names)]

    def midnight(self, brand: str) -> datetime:
        tomorrow = self.world.model.today(brand, self.world.now) + DAY
        return first_minute(tomorrow, self.world.model.brands[brand].timezone)

    def new_window(self, campaign: str, raw: Any) -> Edit:
        self.made += 1
        return Edit(campaign, {"raw": raw}, window=f"w{self.made}")

    def entry(self, number: int, amount: Decimal, at: str, minutes: int, key: str | None, source: str) -> Sent:
        campaign, now = self.campaign(number), self.world.now
        instant = {
            "now": None,
            "late": now - minutes * MINUTE,
            "ahead": now + minutes % 6 * MINUTE,
            "yesterday": now - DAY - minutes * HOUR,
            "across midnight": min(self.midnight(self.world.model.campaigns[campaign].brand), now + 5 * MINUTE),
        }[at]
        return Sent(campaign, amount, at=instant, key=key, source=source)

    # Money

    @rule(number=pick, amount=amounts, at=dated, minutes=pick, key=keys, source=sources, by_instance=st.booleans())
    def spend(self, by_instance: bool, **values: Any) -> None:
        sent = self.entry(**values)
        self.sent += [sent] if sent.key else []
        self.done(f"spend {self.world.spend(sent, by_instance=by_instance)}")

    @rule(number=pick, limit=st.sampled_from(LIMITS), by=st.sampled_from([-MICRO, 0 * MICRO, MICRO]), at=dated)
    def spend_up_to(self, number: int, limit: tuple[str, str, str], by: Decimal, at: str) -> None:
        """To the micro-unit what is left of a budget, or one less, or one more."""
        sent = self.entry(number, MICRO, at, 1, None, "")
        for level, period, spent, budget in self.world.model.limits(sent.campaign, sent.at or self.world.now):
            if (level, period) == limit[:2] and budget is not None and budget - spent + by > 0:
                self.done(f"spend up to {self.world.spend(replace(sent, amount=budget - spent + by))}")

    @rule(number=pick, limit=st.sampled_from(LIMITS), minutes=st.integers(0, 5), wait=st.booleans())
    def spend_across_midnight(self, number: int, limit: tuple[str, str, str], minutes: int, wait: bool) -> None:
        """Tomorrow's budget reached today, minutes ahead; perhaps the tick at midnight follows."""
        campaign = self.campaign(number)
        midnight = self.midnight(self.world.model.campaigns[campaign].brand)
        self.go_on(midnight - minutes * MINUTE, tick=True)
        for level, period, spent, budget in self.world.model.limits(campaign, midnight):
            if (level, period) == limit[:2] and budget is not None and budget > spent:
                self.done(f"spend across midnight {self.world.spend(Sent(campaign, budget - spent, at=midnight))}")
        if wait:
            self.go_on(midnight, tick=True)

    @rule(number=pick, change=others, elsewhere=st.integers(0, 3))
    def retry(self, number: int, change: Values, elsewhere: int) -> None:
        """The same, or in one respect not; among these for another campaign of the brand."""
        if self.sent:
            sent = replace(self.sent[number % len(self.sent)], **change)
            brand = self.world.model.campaigns[sent.campaign].brand
            siblings = sorted(name for name, c in self.world.model.campaigns.items() if c.brand == brand)
            if elsewhere == 0:
                sent = replace(sent, campaign=siblings[number % len(siblings)])
            self.done(f"retry {self.world.spend(sent)}")

    @rule(number=pick, amount=amounts, fault=st.just({}) | faults)
    def spend_wrongly(self, number: int, amount: Decimal, fault: Values) -> None:
        too_far_ahead = {"at": self.world.now + 5 * MINUTE + timedelta(microseconds=1)}
        verdict = self.world.spend(replace(Sent(self.campaign(number), amount), **(fault or too_far_ahead)))
        assert verdict != RECORDED
        self.done(f"spend {verdict}")

    @rule(data=st.data())
    def spend_a_batch(self, data: st.DataObject) -> None:
        batch = data.draw(batches(st.builds(self.entry, pick, amounts, dated, pick, keys, sources), self.sent))
        verdicts = self.world.spend_batch(batch)
        self.sent += [sent for sent, verdict in zip(batch, verdicts, strict=True) if verdict == RECORDED and sent.key]
        for verdict in verdicts:
            self.done(f"batch entry {verdict}")

    @rule(number=pick, share=st.sampled_from(["all", "all", "half", "more", "bit"]), key=keys)
    def correct(self, number: int, share: str, key: str | None) -> None:
        records = self.world.model.records
        if records:
            record = records[-1 - number % len(records)]
            whole = abs(record.amount)
            amount = {"all": whole, "half": max(round(whole / 2, 6), MICRO), "more": whole + MICRO, "bit": MICRO}
            self.done(f"correct {self.world.correct(records.index(record), amount[share], key)}")

    @rule(number=pick, days=days_ago, total=totals, source=platforms, of_record=st.booleans())
    def set_total(self, number: int, days: int, total: Decimal, source: str, of_record: bool) -> None:
        said, records = self.total(number, days, total), self.world.model.records
        if of_record and records:
            record = records[-1 - number % len(records)]
            today = self.total_day(record.campaign)
            said, source = Total(record.campaign, min(record.day, today), total), record.source or source
        self.done(f"set total {self.world.set_total(said, source)}")

    @rule(number=pick, fault=st.sampled_from(["negative", "no source", "tomorrow"]))
    def set_total_wrongly(self, number: int, fault: str) -> None:
        total = self.total(number, -1 if fault == "tomorrow" else 0, Decimal(-1 if fault == "negative" else 1))
        verdict = self.world.set_total(total, " " if fault == "no source" else "meta")
        self.done(f"set total {verdict}")

    @rule(said=st.lists(st.tuples(pick, days_ago, totals), max_size=4), source=platforms, dry_run=st.booleans())
    def set_totals(self, said: list[tuple[int, int, Decimal]], source: str, dry_run: bool) -> None:
        verdicts = self.world.set_totals([self.total(*one) for one in said], source, dry_run=dry_run)
        for verdict in verdicts:
            self.done(f"{'dry ' if dry_run else ''}total of many {verdict}")

    def total(self, number: int, days: int, total: Decimal) -> Total:
        campaign = self.campaign(number)
        return Total(campaign, self.total_day(campaign) - days * DAY, total)

    def total_day(self, campaign: str) -> date:
        return self.world.model.today(self.world.model.campaigns[campaign].brand, self.world.now)

    # Edits

    @rule(number=pick, values=campaign_values, fields_only=st.booleans())
    def edit_campaign(self, number: int, values: Values, fields_only: bool) -> None:
        self.world.edit([Edit(self.campaign(number), values, fields_only=fields_only)])
        self.done(f"edit campaign's {' and '.join(values)}")

    @rule(brand=brands, values=brand_values)
    def edit_brand(self, brand: str, values: Values) -> None:
        self.world.edit([Edit(brand, values)])
        self.done(f"edit brand's {' and '.join(values)}")

    @rule(number=pick, on=st.booleans())
    def switch_campaign(self, number: int, on: bool) -> None:
        self.world.switch(self.campaign(number), on, actor="ann" if number % 2 else None)
        self.done("switch campaign")

    @rule(number=pick, raw=raw_windows, which=pick, change=st.sampled_from(["add", "add", "on", "off", "delete"]))
    def edit_windows(self, number: int, raw: Any, which: int, change: str) -> None:
        campaign = self.campaign(number)
        windows = sorted(self.world.model.campaigns[campaign].windows)
        if change == "add" or not windows:
            edit = self.new_window(campaign, raw)
        else:
            values: Values = {"on": {"is_active": True}, "off": {"is_active": False}, "delete": {}}[change]
            edit = Edit(campaign, values, window=windows[which % len(windows)])
        self.world.edit([edit])
        self.done(f"edit windows: {change}")

    @rule(number=pick, first=st.none() | st.integers(-3, 3), days=st.none() | st.integers(0, 4))
    def edit_flight(self, number: int, first: int | None, days: int | None) -> None:
        campaign = self.campaign(number)
        today = self.world.model.today(self.world.model.campaigns[campaign].brand, self.world.now)
        start = None if first is None else today + first * DAY
        end = None if days is None else (start or today - DAY) + days * DAY
        self.world.edit([Edit(campaign, {"start_date": start, "end_date": end})])
        self.done("edit flight")

    @rule(number=pick, brand=brands, budget=budgets, new=st.booleans())
    def add_or_move_campaign(self, number: int, brand: str, budget: Decimal | None, new: bool) -> None:
        count = len(self.world.model.campaigns)
        if not new:
            self.world.edit([Edit(self.campaign(number), {"brand": brand})])
        elif count < MOST_CAMPAIGNS:
            self.world.add_campaign(f"c{count}", brand, daily_budget=budget)
        self.done("add campaign" if new else "move campaign")

    @rule(data=st.data(), numbers=st.lists(pick, min_size=2, max_size=4))
    def edit_together(self, data: st.DataObject, numbers: list[int]) -> None:
        edits = []
        for number in numbers:
            campaign = self.campaign(number)
            edits += [self.new_window(campaign, raw) for raw in data.draw(st.lists(raw_windows, max_size=2))]
            edits.append(Edit(campaign, data.draw(campaign_values)))
            edits.append(Edit(BRANDS[number % 2], data.draw(brand_values)))
        before = StatusChange.objects.count()
        self.world.edit(edits, together=True, actor="ben")
        fresh = StatusChange.objects.order_by("pk").values_list("campaign_id", flat=True)[before:]
        assert max(Counter(fresh).values(), default=1) == 1, "an editing() evaluates once, at its end"
        self.done("edit together")

    # Time

    @rule(minutes=st.integers(1, 60) | st.integers(60, 3 * 24 * 60) | st.just(35 * 24 * 60), tick=st.booleans())
    def wait(self, minutes: int, tick: bool) -> None:
        self.go_on(self.world.now + minutes * MINUTE, tick)

    @rule(number=pick, minutes=st.sampled_from([-1, 0, 0, 0, 1]), tick=st.booleans())
    def wait_for_check(self, number: int, minutes: int, tick: bool) -> None:
        check = Campaign.objects.values_list("next_check_at", flat=True).get(name=self.campaign(number))
        if check is not None and check < self.world.now + 90 * DAY:
            self.go_on(check + minutes * MINUTE, tick)

    @rule(brand=brands, minutes=st.integers(-6, 3), tick=st.booleans())
    def wait_for_midnight(self, brand: str, minutes: int, tick: bool) -> None:
        self.go_on(self.midnight(brand) + minutes * MINUTE, tick)

    def go_on(self, instant: datetime, tick: bool) -> None:
        if instant > self.world.now:
            self.world.go_to(instant)
            self.done("wait")
        if tick:
            self.look("tick")

    @rule(minutes=st.integers(1, 3 * 24 * 60), sweep=st.booleans())
    def set_the_clock_back(self, minutes: int, sweep: bool) -> None:
        self.world.go_to(self.world.now - minutes * MINUTE)
        self.done("clock back")
        if sweep:
            self.look("sweep")

    @rule(how=st.sampled_from(["tick", "tick", "tick twice", "sweep", "DAY", "MONTH"]))
    def look(self, how: str) -> None:
        if how in ("DAY", "MONTH"):
            services.open_periods(Period(how), now=self.world.now)
            assert services.open_periods(Period(how), now=self.world.now)[0] == 0
        elif how == "sweep":
            result = self.world.sweep()
            assert (result.evaluated, result.failed) == (len(self.world.model.campaigns), 0)
        else:
            self.world.tick()
        if not self.world.unsure:
            projections_hold(self.world, stored_rows(), every=True)
        if how == "tick twice":
            again = self.world.tick()
            assert (again.evaluated, again.changed, again.failed) == (0, 0, 0)
        self.done(how)

    @invariant()
    def all_holds(self) -> None:
        if not self.world.model.campaigns:
            return
        self.audits += 1
        name = self.campaign(self.audits)
        audit(self.world, reads=[name] if self.audits % 3 == 0 else [])
        nothing_turns_before_it_is_looked_at(self.world, Campaign.objects.get(name=name))
        if self.audits % 5 == 0:
            a_brand_counts_what_holds(self.world, BRANDS[self.audits % 2])
