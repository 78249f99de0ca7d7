"""A year of an advertiser's life in twenty zones, from one seed: what people and platforms do, and what gets lost.

Every operation is done to the package, by its public doors, and to the independent reference (``tests.model``). All
chance comes from the seed and all time from the world's clock, so that a year that fails can be lived again.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from datetime import datetime, time, timedelta
from decimal import Decimal
from hashlib import sha256
from types import SimpleNamespace
from typing import Any
from unittest import mock

from django.db import connection, transaction
from django.db.models import F, Min
from django.test import override_settings

from django_adbudget import services, tasks
from django_adbudget.models import BudgetAlert, Campaign, SpendRecord, StatusChange
from django_adbudget.platforms import Order, OrderResult, PlatformBackend
from tests.model.audit import audit, projections_hold, stored_rows, switches_are_as_people_left_them
from tests.model.places import BEGIN, DAY, HOUR, MINUTE
from tests.model.shapes import RECORDED, Sent, Total
from tests.model.test_forty_days import TWENTY_ZONES
from tests.model.world import Edit, World, clock

SERVICES = "django_adbudget.services"
DAYS = 365
#: Days between two audits of everything; what can go wrong in a day is looked at daily.
AUDIT_EVERY = 30
RECOVERY = timedelta(minutes=16)  # longer than the longest backoff
HOURS_OF_WINDOWS = (time(0), time(1), time(2, 30), time(9), time(18), time(23, 59))
BUDGETS = (None, *(Decimal(b) for b in ("0", "2", "5", "5", "8", "10", "40")))
HAPPENINGS = {
    "spend": 26,
    "send again": 8,
    "batch": 5,
    "roll back": 4,
    "correct": 4,
    "set total": 4,
    "set totals": 2,
    "budget": 6,
    "switch": 4,
    "windows": 3,
    "flight": 2,
    "brand": 2,
    "zone": 1,
    "together": 2,
    "task": 6,
    "fail": 4,
}


class Moody(PlatformBackend):
    """A platform that breaks off calls, refuses orders, and acts on some of which nobody hears."""

    chance = random.Random(0)
    well = True
    running: dict[int, str] = {}

    def apply(self, orders: Sequence[Order]) -> list[OrderResult]:
        results = [self._apply_one(order) for order in orders]
        if not self.well and self.chance.random() < 0.3:
            raise TimeoutError("the platform did not answer")
        return results

    def _apply_one(self, order: Order) -> OrderResult:
        fate = 1.0 if self.well else self.chance.random()
        if fate > 0.3:
            Moody.running[order.campaign_id] = order.action
        return OrderResult(order.campaign_id, ok=fate > 0.5, error="not now")


class Undone(Exception):
    """Undoes a transaction: its process died, or its host changed its mind."""


class Year:
    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.begin = BEGIN + self.chance.randrange(150) * DAY
        self.world = World(self.begin)
        self.seen: Counter[str] = Counter()
        self.sent: list[Sent] = []
        self.made = 0

    @property
    def model(self) -> Any:
        return self.world.model

    # A year

    def live(self, days: int = DAYS) -> str:
        """All of it; gives a fingerprint of what is in the ledger and in history at its end."""
        with self._laboratory():
            self._begin()
            for number in range(1, days + 1):
                self._day(self.begin + number * DAY)
                self._look_at_all(everything=number % AUDIT_EVERY == 0 or number == days)
        return self._fingerprint()

    @contextmanager
    def _laboratory(self) -> Iterator[None]:
        """No clock but the world's, no chance but the seed's, and no waiting for a disk."""
        Moody.chance, Moody.well, Moody.running = self.chance, True, {}
        with ExitStack() as stack:
            stack.enter_context(clock(lambda: self.world.now))
            stack.enter_context(mock.patch(f"{SERVICES}.delivery.delivering.moved", lambda now, began: now))
            stack.enter_context(mock.patch(f"{SERVICES}.delivery.delivering._Run.elapsed", 0.0))
            stack.enter_context(mock.patch(f"{SERVICES}.delivery.answers.time", SimpleNamespace(monotonic=lambda: 0.0)))
            for module in ("claims", "circuit"):
                stack.enter_context(mock.patch(f"{SERVICES}.delivery.{module}.random", self.chance))
            backend = {"BACKEND": f"{Moody.__module__}.Moody"}
            stack.enter_context(override_settings(ADBUDGET={"PLATFORM_BACKEND": backend}))
            if connection.vendor == "sqlite":
                with connection.cursor() as cursor:
                    cursor.execute("PRAGMA synchronous=OFF")
            yield

    def _begin(self) -> None:
        for number, zone in enumerate(TWENTY_ZONES):
            daily, monthly = self.chance.choice(BUDGETS), self.chance.choice([None, Decimal(30), Decimal(60)])
            self.world.add_brand(f"b{number}", zone, daily_budget=daily, monthly_budget=monthly)
        for number in range(24):
            budgets = {
                "daily_budget": self.chance.choice(BUDGETS),
                "total_budget": self.chance.choice([None, None, 90]),
            }
            self.world.add_campaign(f"c{number}", f"b{number % 20}", **budgets)
        self.world.edit([self._new_window(f"c{number}") for number in range(0, 24, 4)], together=True)

    def _day(self, end: datetime) -> None:
        """Some things happen, a tick comes now and then; in between there are none for hours, or for days."""
        span = (end - self.world.now) // MINUTE
        count, ticks = self.chance.choice([0, 1, 2, 3]), self.chance.choice([0, 1, 1])
        moments = sorted((self.chance.randrange(span), what) for what in [*["happening"] * count, *["tick"] * ticks])
        begin = self.world.now
        for minutes, what in moments:
            at = begin + minutes * MINUTE + timedelta(seconds=self.chance.randrange(60))
            if what == "tick":
                self._tick(at)
            else:
                self.world.go_to(max(at, self.world.now))
                self._something_happens()
        self.world.go_to(max(end, self.world.now))

    def _tick(self, at: datetime) -> None:
        """On the minute at which something is due, or late; perhaps twice. Then every status is right (rule S5)."""
        due = Campaign.objects.aggregate(first=Min("next_check_at"))["first"]
        on_time = due is not None and self.world.now < due < at and self.chance.random() < 0.6
        self.world.go_to(max(due if on_time else at, self.world.now))
        for _ in range(self.chance.choice([1, 1, 1, 2])):
            tasks.check_campaign_dayparting()
        self._projections_hold()
        if self.chance.random() < 0.5:
            tasks.deliver_status_changes()
        self.seen["tick on time" if on_time else "tick late"] += 1

    def _something_happens(self) -> None:
        what = self.chance.choices(list(HAPPENINGS), list(HAPPENINGS.values()))[0]
        acts: dict[str, Callable[[], object]] = {
            "spend": self._spend,
            "send again": self._send_again,
            "batch": self._batch,
            "roll back": self._roll_back,
            "correct": self._correct,
            "set total": lambda: self.world.set_total(self._total(), "meta"),
            "set totals": self._set_totals,
            "budget": lambda: self.world.edit([self._budget()]),
            "switch": lambda: self.world.switch(self._campaign(), self.chance.random() < 0.7, actor="ann"),
            "windows": lambda: self.world.edit([self._window()]),
            "flight": lambda: self.world.edit([self._flight()]),
            "brand": lambda: self.world.edit([Edit(self._brand(), {"is_active": self.chance.random() < 0.8})]),
            "zone": lambda: self.world.edit([Edit(self._brand(), {"timezone": self.chance.choice(TWENTY_ZONES)})]),
            "together": self._together,
            "task": self._task,
            "fail": self._fail,
        }
        verdict = acts[what]()
        self.seen[f"{what}: {verdict}" if isinstance(verdict, str) else what] += 1
        if what not in ("spend", "send again", "batch", "correct", "roll back"):
            self._spend()

    # Money

    def _campaign(self) -> str:
        return f"c{self.chance.randrange(24)}"

    def _brand(self) -> str:
        return f"b{self.chance.randrange(20)}"

    def _sent(self) -> Sent:
        amount = Decimal(self.chance.choice([1, 700_000, 1_000_000, 3_333_333, 5_000_000, 9_999_999])) / 1_000_000
        back = self.chance.choice([None, None, None, timedelta(), -4 * MINUTE, 3 * HOUR, 2 * DAY, 32 * DAY])
        self.made += 1
        key = self.chance.choice([None, f"k{self.made}", f"k{self.made}"])
        at = None if back is None else self.world.now - back
        return Sent(self._campaign(), amount, at=at, key=key, source=self.chance.choice(["", "meta"]))

    def _spend(self) -> None:
        sent = self._sent()
        left = [b - s for _, _, s, b in self.model.limits(sent.campaign, self.world.now) if b is not None and b > s]
        if left and self.chance.random() < 0.4:
            sent = replace(sent, amount=min(left))  # to the micro-unit what is left
        self.world.spend(sent, by_instance=self.chance.random() < 0.3)
        self.sent += [sent] if sent.key else []

    def _send_again(self) -> str:
        """A client that heard nothing sends again, sometimes months later, sometimes by mistake with another amount."""
        if not self.sent:
            return "nothing"
        sent = self.chance.choice(self.sent)
        if self.chance.random() < 0.2:
            sent = replace(sent, amount=sent.amount + 1)
        return self.world.spend(sent)

    def _batch(self) -> None:
        batch = [self._sent() for _ in range(self.chance.randrange(1, 6))]
        batch += self.chance.sample(self.sent, min(len(self.sent), self.chance.randrange(3)))
        batch += [batch[0]] if batch[0].key and self.chance.random() < 0.5 else []
        if self.chance.random() < 0.1:
            batch[-1] = replace(batch[-1], amount=Decimal(0))
        verdicts = self.world.spend_batch(batch)
        self.sent += [sent for sent, verdict in zip(batch, verdicts, strict=True) if verdict == RECORDED and sent.key]

    def _roll_back(self) -> None:
        """Nothing of a transaction that is undone is left; then the client sends the same again."""
        sent = self._sent()
        with suppress(Undone), transaction.atomic():
            services.record_spend(
                self.world.pks[sent.campaign], sent.amount, at=sent.at, idempotency_key=sent.key, source=sent.source
            )
            services.reconcile(due_only=True)
            raise Undone
        if self.chance.random() < 0.5:
            self.world.spend(sent)

    def _correct(self) -> str:
        if not self.model.records:
            return "nothing"
        number = max(0, len(self.model.records) - 1 - self.chance.randrange(60))
        whole = abs(self.model.records[number].amount)
        return self.world.correct(number, self.chance.choice([whole, Decimal("0.000001"), whole + 1]))

    def _total(self) -> Total:
        name = self._campaign()
        today = self.model.today(self.model.campaigns[name].brand, self.world.now)
        total = Decimal(self.chance.choice(["0", "0.7", "5", "9.999999"]))
        return Total(name, today - self.chance.choice([0, 0, 1, 2, 31]) * DAY, total)

    def _set_totals(self) -> None:
        totals = [self._total() for _ in range(4)]
        for dry_run in (True, False):
            self.world.set_totals(totals, "meta", dry_run=dry_run)

    # Edits

    def _budget(self) -> Edit:
        owner = self.chance.choice([self._campaign(), self._brand()])
        return Edit(owner, {self.chance.choice(["daily_budget", "monthly_budget"]): self.chance.choice(BUDGETS)})

    def _new_window(self, campaign: str) -> Edit:
        start, end = self.chance.sample(HOURS_OF_WINDOWS, 2)
        self.made += 1
        return Edit(campaign, {"raw": (self.chance.randrange(7), start, end)}, window=f"w{self.made}")

    def _window(self) -> Edit:
        """Few campaigns have windows, and few at a time: a year of their edges would be spent on little else."""
        campaign = f"c{self.chance.randrange(0, 24, 4)}"
        windows = sorted(self.model.campaigns[campaign].windows)
        if len(windows) < 2:
            return self._new_window(campaign)
        values: dict[str, Any] = self.chance.choice([{"is_active": True}, {"is_active": False}, {}])
        return Edit(campaign, values, window=self.chance.choice(windows))

    def _flight(self) -> Edit:
        name = self._campaign()
        today = self.model.today(self.model.campaigns[name].brand, self.world.now)
        start = self.chance.choice([None, today - DAY, today, today + DAY])
        days = self.chance.choice([None, None, 1, 20])
        return Edit(name, {"start_date": start, "end_date": None if days is None else (start or today) + days * DAY})

    def _together(self) -> None:
        edits = [self._budget(), self._window(), self._budget(), self._flight()]
        self.world.edit(edits, together=True, actor="ben")

    # Tasks and faults

    def _task(self) -> None:
        """Any of them at any time, and once more: no total changes (rule T2)."""
        task = self.chance.choice(
            [tasks.update_campaign_status, tasks.reset_daily_budgets, tasks.reset_monthly_budgets]
        )
        for _ in range(2):
            task()
        self._projections_hold()
        assert tasks.verify_summaries() == 0

    def _fail(self) -> None:
        """The platform is ill or well again, and the deliverer tries."""
        Moody.well = self.chance.random() < 0.3
        for _ in range(3):
            tasks.deliver_status_changes()
            self.world.go_to(self.world.now + self.chance.randrange(90) * MINUTE / 60)

    # What must hold

    def _projections_hold(self) -> None:
        projections_hold(self.world, stored_rows(), every=True)

    def _look_at_all(self, *, everything: bool) -> None:
        if everything:
            self._recover()
            audit(self.world, reads=self.chance.sample(sorted(self.model.campaigns), 4))
            return
        rows = stored_rows()
        switches_are_as_people_left_them(self.world, rows)
        projections_hold(self.world, rows)
        assert services.verify_summaries() == []
        assert SpendRecord.objects.count() == len(self.model.records)
        assert BudgetAlert.objects.count() == len(self.model.alerts)

    def _recover(self) -> None:
        """Platform and beat are back: every status is right, and the platform does what is stored."""
        Moody.well = True
        for _ in range(2):  # the first delivery may be the one order that a circuit lets through
            self.world.go_to(self.world.now + RECOVERY)
            tasks.check_campaign_dayparting()
            tasks.deliver_status_changes()
        self._projections_hold()
        behind = Campaign.objects.exclude(acked_generation=F("desired_generation"))
        assert not behind.exists(), list(behind.values_list("name", "desired_generation", "acked_generation"))
        wanted = {row.pk: "RUN" if row.status == "ACTIVE" else "STOP" for row in Campaign.objects.all()}
        assert {pk: Moody.running.get(pk, "STOP") for pk in wanted} == wanted

    def _fingerprint(self) -> str:
        said = [
            *SpendRecord.objects.order_by("pk").values_list("campaign__name", "amount", "spend_datetime", "spend_date"),
            *StatusChange.objects.order_by("pk").values_list("campaign__name", "to_status", "cause", "at"),
            *Campaign.objects.order_by("name").values_list("name", "next_check_at", "acked_generation"),
        ]
        return sha256(repr([[str(cell) for cell in row] for row in said]).encode()).hexdigest()[:16]
