"""Three days of six brands, played through the services on a clock of their own.

They begin on Saturday 29 March 2025, 12:00 UTC: in the night Berlin loses an hour to summer time, and before
they end every zone from Kiritimati to Honolulu has turned from March to April.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from agency.demo.events import Event, events
from agency.words import money
from django_adbudget import services
from django_adbudget.models import Brand, Campaign, SpendRecord, StatusChange
from django_adbudget.rules import Status, local_date

START = datetime(2025, 3, 29, 12, tzinfo=UTC)
HOURS = 72
TICK = timedelta(minutes=15)
END = START + timedelta(hours=HOURS)


@dataclass(frozen=True)
class Note:
    """Something that a person or a platform did, in words."""

    at: datetime
    brand: Brand
    text: str


@dataclass(frozen=True)
class Turn:
    """A campaign's change of status, with the reasons that held before it."""

    change: StatusChange
    reasons_before: tuple[str, ...]
    show_cause: bool = False


Tell = Callable[[Note | Turn], None]


class Story:
    def __init__(self, brands: Sequence[Brand], tell: Tell) -> None:
        self.brands = list(brands)
        self.campaigns = {c.pk: c for c in Campaign.objects.select_related("brand").order_by("pk")}
        self.running = set(Campaign.objects.running().values_list("pk", flat=True))
        self.reported: defaultdict[int, Decimal] = defaultdict(Decimal)
        """By brand: all that was reported, less what was taken back."""
        self.late: defaultdict[tuple[int, date], Decimal] = defaultdict(Decimal)
        """By brand and local day: what was reported for a campaign that had already stopped."""
        self.budgets: dict[tuple[int, date], Decimal] = {}
        """By brand and local day: the highest daily budget that it had."""
        self._tell = tell
        self._reasons: dict[int, tuple[str, ...]] = {c.pk: tuple(c.status_reasons) for c in self.campaigns.values()}
        self._seen = StatusChange.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        self._script = dict(self._scripted())

    def play(self) -> Iterator[datetime]:
        """Yields the clock after each step of it."""
        waiting = events(self.campaigns.values(), START, HOURS)
        waiting.reverse()
        now = START
        while now < END:
            self._step(now)
            while waiting and waiting[-1].at < now + TICK:
                self._serve(waiting.pop())
            now += TICK
            yield now
        self._step(END)

    def _step(self, now: datetime) -> None:
        for brand in self.brands:
            self._note_budget(brand, now)
        if now in self._script:
            self._script[now](now)
            self._look()
        if services.reconcile(due_only=True, now=now).changed:
            self._look()

    def _serve(self, event: Event) -> None:
        """An ad server spends only on what runs, and says what it spent at once."""
        if event.campaign_id not in self.running:
            return
        campaign = self.campaigns[event.campaign_id]
        receipt = services.record_spend(
            campaign, event.amount, at=event.at, source="adserver", now=event.at,
            idempotency_key=f"{campaign.external_id}:{event.at:%Y%m%dT%H%M}",
        )  # fmt: skip
        self.reported[campaign.brand_id] += event.amount
        if receipt.status_changes:
            self._look()

    def _look(self) -> None:
        """Tell of changes that came since the last look, and let the ad server obey."""
        for change in StatusChange.objects.filter(pk__gt=self._seen).order_by("pk"):
            self._seen = change.pk
            change.campaign = self.campaigns[change.campaign_id]
            obey = self.running.add if change.to_status == Status.ACTIVE else self.running.discard
            obey(change.campaign_id)
            if Status.ACTIVE in (change.from_status, change.to_status):
                self._tell(Turn(change, self._reasons[change.campaign_id]))
            self._reasons[change.campaign_id] = tuple(change.reasons)

    def _note_budget(self, brand: Brand, now: datetime) -> None:
        key = brand.pk, local_date(now, brand.timezone)
        budget = brand.daily_budget
        assert budget is not None
        self.budgets[key] = max(budget, self.budgets.get(key, budget))

    # What people and platforms do meanwhile.

    def _scripted(self) -> Iterator[tuple[datetime, Callable[[datetime], None]]]:
        yield START + timedelta(hours=10), self._switch_off
        yield START + timedelta(hours=16, minutes=30), self._take_back
        yield START + timedelta(hours=29), self._raise_budget
        yield START + timedelta(hours=33), self._report_late

    def _switch_off(self, now: datetime) -> None:
        campaign = self._named("Board sale")
        services.deactivate_campaign(campaign, actor="mia", now=now)
        self._tell(Note(now, campaign.brand, f"mia switches {campaign} off"))

    def _take_back(self, now: datetime) -> None:
        campaign = self._named("Lunch")
        record = SpendRecord.objects.filter(campaign=campaign).latest("spend_datetime")
        services.correct_spend(record, record.amount, description="invalid clicks", now=now)
        self.reported[campaign.brand_id] -= record.amount
        amount = money(record.amount, campaign.brand.currency)
        self._tell(Note(now, campaign.brand, f"{amount} of {campaign} are taken back: invalid clicks"))

    def _report_late(self, now: datetime) -> None:
        brand = self._named("Always on").brand
        at = now - timedelta(hours=1)
        late = {"Always on": Decimal("2.3456"), "Breakfast": Decimal("1.2")}
        entries = [
            services.SpendEntry(campaign=self._named(name), amount=amount, at=at, idempotency_key=f"late:{name}")
            for name, amount in late.items()
        ]
        services.record_spend_batch(entries, now=now)
        total = sum(late.values(), Decimal(0))
        self.reported[brand.pk] += total
        self.late[brand.pk, local_date(at, brand.timezone)] += total
        amount = money(total, brand.currency)
        self._tell(Note(now, brand, f"a report comes an hour late, when nothing runs: {amount} are recorded"))

    def _raise_budget(self, now: datetime) -> None:
        brand = self._named("Pendler").brand
        with services.editing(brand, actor="jonas", now=now):
            brand.daily_budget = Decimal(190)
            brand.save()
        self._note_budget(brand, now)
        self._tell(Note(now, brand, f"jonas raises the day's budget to {money(Decimal(190), brand.currency)}"))

    def _named(self, name: str) -> Campaign:
        return next(campaign for campaign in self.campaigns.values() if campaign.name == name)
