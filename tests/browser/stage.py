"""What the browser tests and the screenshots show: six brands with a month behind them, made through the services.

The clock stands at ``NOW``. The day's spend of a brand runs until a budget stops it, so that every figure, status and
change of history is one that the package has come to by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.contrib.auth import get_user_model

from django_adbudget import services
from django_adbudget.models import Brand, Campaign, DaypartingSchedule, PlatformOrder, SpendRecord
from django_adbudget.rules import as_zone
from django_adbudget.services import SpendEntry
from django_adbudget.services.access.tokens import issue_token

#: A Wednesday: 14:47 in Berlin, 09:47 in New York, 22:47 in Tokyo.
NOW = datetime(2026, 3, 11, 13, 47, tzinfo=UTC)
DAYS = 31
ADMIN = "admin"

#: How much of a day's spend falls into each local hour, in parts of 1,000.
_HOURS = [12, 8, 6, 5, 6, 12, 24, 40, 52, 58, 60, 58, 56, 52, 50, 50, 54, 58, 64, 72, 78, 62, 40, 23]
#: Hours at which a day's spend arrives: on most days once, on the last two days as it comes in.
_ONCE, _OFTEN = (21,), (4, 8, 11, 14, 17, 20, 22)
_WEEKDAYS = range(5)


@dataclass
class Plan:
    """A campaign, what it spends in a day as long as nothing stops it, and its windows: weekdays, from, to."""

    name: str
    daily: str = "0"
    facts: dict[str, object] = field(default_factory=dict)
    windows: list[tuple[range, str, str]] = field(default_factory=list)


@dataclass
class BrandPlan:
    name: str
    timezone: str
    currency: str
    facts: dict[str, object]
    campaigns: list[Plan]
    places: int = 2


def _plans() -> list[BrandPlan]:
    today = NOW.date()
    return [
        BrandPlan(
            "Röstwerk Kaffee",
            "Europe/Berlin",
            "EUR",
            {"daily_budget": "700", "monthly_budget": "12000", "external_id": "roestwerk"},
            [
                Plan("Always on", "148", {"daily_budget": "200", "external_id": "g-1001"}),
                Plan("Bürozeiten", "96", {"dayparting": "REQUIRED"}, [(_WEEKDAYS, "09:00", "18:00")]),
                Plan("Frühlingsaktion", "300", {"daily_budget": "90", "external_id": "g-1002"}),
                Plan("Nachtschwärmer", "44", {}, [(range(7), "22:15", "06:30")]),
                Plan("Wochenende", "60", {}, [(range(5, 7), "08:00", "00:00")]),
                Plan("Newsletter", "64", {"monthly_budget": "500"}),
                Plan("Brand film", "52", {"total_budget": "1200"}),
                Plan("Ostern", "0", {"start_date": today + timedelta(days=16), "total_budget": "4000"}),
                Plan("Winterschluss", "35", {"end_date": today - timedelta(days=4)}),
                Plan("Retargeting (Test)", "0", {"is_active": False}),
            ],
        ),
        BrandPlan(
            "東京スポーツ",
            "Asia/Tokyo",
            "JPY",
            {"daily_budget": "300000", "monthly_budget": "6000000"},
            [
                Plan("春のランニング", "210000"),
                Plan("Stadium video", "140000", {"daily_budget": "150000"}),
                Plan("深夜枠", "40000", {}, [(range(7), "23:00", "02:00")]),
            ],
            places=0,
        ),
        BrandPlan(
            "Hudson Outdoor",
            "America/New_York",
            "USD",
            {"daily_budget": "1500", "monthly_budget": "40000"},
            [
                Plan("Prospecting", "640", {"daily_budget": "800"}),
                Plan("Commuters", "260", {}, [(_WEEKDAYS, "06:00", "10:00"), (_WEEKDAYS, "16:00", "20:00")]),
                Plan("Spring hike", "300"),
            ],
        ),
        BrandPlan(
            "Prairie Books",
            "America/Chicago",
            "USD",
            {"monthly_budget": "2000"},
            [Plan("Paperbacks", "150"), Plan("Gift guide", "95")],
        ),
        BrandPlan("متجر القهوة", "Asia/Dubai", "AED", {}, [Plan("عروض رمضان", "420"), Plan("Brand search", "80")]),
        BrandPlan("Pausenbrot", "Europe/Zurich", "CHF", {"daily_budget": "0"}, [Plan("Znüni")]),
        BrandPlan(
            "Lord Howe Lodge",
            "Australia/Lord_Howe",
            "AUD",
            {"daily_budget": "250", "is_active": False},
            [Plan("Long weekends"), Plan("Honeymoon")],
        ),
    ]


def build() -> None:
    """Fill an empty database, in the order of time over all brands."""
    admin = get_user_model().objects.create_superuser(ADMIN, "admin@example.com", "stage")
    issue_token(admin, name="Reporting", expires_at=NOW + timedelta(days=70), now=NOW - timedelta(days=20))
    steps = [step for plan in _plans() for step in _steps(plan, _plant(plan))]
    for step in sorted(steps, key=lambda step: (step.at, not step.hours)):
        step.run()
    _finish()


@dataclass
class Step:
    """The spend of some hours of a local day, when it arrives; without hours a tick."""

    at: datetime
    plan: BrandPlan
    brand: Brand
    day: date
    hours: range = range(0)

    def run(self) -> None:
        if self.hours:
            services.record_spend_batch(_entries(self), now=self.at)
        else:
            services.reconcile(brands=[self.brand], due_only=True, now=self.at)


def _plant(plan: BrandPlan) -> Brand:
    begun = NOW - timedelta(days=DAYS + 1)
    with services.editing(actor="lena", now=begun):
        brand = Brand.objects.create(
            name=plan.name, timezone=plan.timezone, currency=plan.currency, **{"is_active": True, **plan.facts}
        )
        for each in plan.campaigns:
            campaign = Campaign.objects.create(brand=brand, name=each.name, **each.facts)
            for days, start, end in each.windows:
                for day in days:
                    DaypartingSchedule.objects.create(
                        campaign=campaign,
                        day_of_week=day,
                        start_time=time.fromisoformat(start),
                        end_time=time.fromisoformat(end),
                    )
    return brand


def _steps(plan: BrandPlan, brand: Brand) -> Iterator[Step]:
    """Spend arrives once a day, and on the last two days as it comes in; then windows open and close on time too."""
    zone = as_zone(plan.timezone)
    today = NOW.astimezone(zone).date()
    edges = {time.fromisoformat(edge) for each in plan.campaigns for window in each.windows for edge in window[1:]}
    for day in (today - timedelta(days=back) for back in range(DAYS - 1, -1, -1)):
        is_recent = today - day <= timedelta(days=1)
        for clock in sorted({time(), *edges} if is_recent else {time()}):
            if (at := _instant(day, clock, zone)) <= NOW:
                yield Step(at, plan, brand, day)
        first = 0
        for last in _OFTEN if is_recent else _ONCE:
            if _instant(day, time(first), zone) <= NOW:
                at = min(_instant(day, time(last + 1), zone), NOW)
                yield Step(at, plan, brand, day, range(first, last + 1))
            first = last + 1


def _instant(day: date, clock: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, clock, zone).astimezone(UTC)


def _entries(step: Step) -> Iterator[SpendEntry]:
    """What the campaigns spend that run when it arrives, none much more than its budget of the day."""
    zone, smallest = as_zone(step.plan.timezone), Decimal(1).scaleb(-step.plan.places)
    campaigns = {campaign.name: campaign for campaign in step.brand.campaigns.running()}
    for number, each in enumerate(step.plan.campaigns):
        campaign = campaigns.get(each.name)
        if campaign is None:
            continue
        most, spent = Decimal(str(each.facts.get("daily_budget", "Infinity"))), Decimal(0)
        for hour in step.hours:
            at = _instant(step.day, time(hour, (7 * number + hour) % 45), zone)
            # From 82 to 118 per cent, by day, hour and campaign.
            swing = 82 + (step.day.toordinal() * 7 + hour * 11 + number * 5) % 37
            amount = (Decimal(each.daily) * _HOURS[hour] * swing / 100_000).quantize(smallest)
            if amount and at <= NOW and spent < most:
                spent += amount
                yield SpendEntry(campaign=campaign, amount=amount, at=at, source=("google_ads", "meta")[number % 2])


def _finish() -> None:
    """Today's edits, a correction, a restated total, and orders that do not arrive."""
    with services.editing(actor="lena", now=NOW - timedelta(hours=2, minutes=5)):
        _edit(Brand.objects.get(name="Röstwerk Kaffee"), daily_budget=Decimal(650))
    with services.editing(actor="marc", now=NOW - timedelta(minutes=38)):
        _edit(Campaign.objects.get(name="Spring hike"), daily_budget=Decimal(120))
    record = SpendRecord.objects.filter(campaign__name="Prospecting").latest("spend_datetime")
    services.correct_spend(record, record.amount / 2, description="Invalid clicks refunded", now=NOW)
    always_on = Campaign.objects.get(name="Always on")
    services.set_spend_total(always_on, NOW.date() - timedelta(days=1), "3.10", source="invoice", now=NOW)
    services.set_spend_total(always_on, NOW.date() - timedelta(days=1), "2.85", source="invoice", now=NOW)
    services.reconcile(now=NOW - timedelta(minutes=4))
    services.reconcile(now=NOW - timedelta(seconds=40), due_only=True)
    services.deliver_status_changes(now=NOW - timedelta(seconds=6))
    services.deactivate_campaign(
        Campaign.objects.get(name="Brand search"), actor="marc", now=NOW - timedelta(minutes=6)
    )
    PlatformOrder.objects.filter(campaign__name="Brand search").update(
        attempts=4,
        next_attempt_at=NOW + timedelta(seconds=9),
        last_error="HTTP 503 from ads.example.com: service unavailable",
    )


def _edit(row: Brand | Campaign, **values: Decimal) -> None:
    for name, value in values.items():
        setattr(row, name, value)
    row.save()
