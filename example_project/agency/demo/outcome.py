"""What came of the story: totals for people, and checks that count again from the ledger."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

from agency.demo.stage import Table
from agency.demo.story import END, Story
from agency.words import local, money
from django_adbudget.models import Brand, Campaign, SpendRecord, StatusChange
from django_adbudget.rules import Status
from django_adbudget.services import campaign_status, verify_summaries


@dataclass(frozen=True)
class Finding:
    sentence: str
    holds: bool


def totals(story: Story) -> Table:
    headings = ("Brand", "At the end it is", "Spent in all", "On its dearest day", "Of a day's budget")
    return headings, [_total(brand, story) for brand in story.brands]


def _total(brand: Brand, story: Story) -> tuple[str, ...]:
    days = _days(brand)
    dearest, spent = max(days.items(), key=lambda day: day[1])
    return (
        brand.name,
        f"{local(END, brand.timezone)} {brand.timezone}",
        money(sum(days.values(), Decimal(0)), brand.currency),
        f"{money(spent, brand.currency)} on {dearest:%d %b}",
        money(story.budgets[brand.pk, dearest], brand.currency),
    )


def findings(story: Story) -> Iterator[Finding]:
    kept = all(_kept(brand, story) for brand in story.brands)
    yield Finding("each brand's day ended within its budget, or over it by less than one event", kept)
    midnights = all(_at_midnight(change) for change in _returns_by_time())
    yield Finding("whoever time brought back from a spent budget came at its local midnight", midnights)
    yield Finding("nobody whom a person had switched off came back", not _came_back_unasked())
    whole = all(_ledger(brand) == story.reported[brand.pk] for brand in story.brands)
    yield Finding("the ledger holds what was reported, to the micro-unit", whole)
    yield Finding("each stored status is the one that the facts lead to", _as_derived())
    yield Finding("verify_summaries() finds no total that differs from the ledger", not verify_summaries())


def _days(brand: Brand) -> dict[date, Decimal]:
    days: defaultdict[date, Decimal] = defaultdict(Decimal)
    for day, amount in SpendRecord.objects.filter(brand=brand).values_list("spend_date", "amount"):
        days[day] += amount
    return dict(days)


def _kept(brand: Brand, story: Story) -> bool:
    largest = max(SpendRecord.objects.filter(brand=brand).values_list("amount", flat=True))
    over = (spent - story.late[brand.pk, day] - story.budgets[brand.pk, day] for day, spent in _days(brand).items())
    return all(excess < largest for excess in over)


def _returns_by_time() -> Iterator[StatusChange]:
    back = StatusChange.objects.filter(from_status=Status.PAUSED_BUDGET, to_status=Status.ACTIVE, cause="TICK")
    yield from back.filter(at__lte=END).select_related("campaign__brand")


def _at_midnight(change: StatusChange) -> bool:
    at = change.at.astimezone(ZoneInfo(change.campaign.brand.timezone))
    return (at.hour, at.minute) == (0, 0)


def _came_back_unasked() -> bool:
    off = Campaign.objects.filter(is_active=False)
    assert off.exists()  # the seed leaves one off, and mia switched one off
    return any(_ran_after_switched_off(campaign) for campaign in off)


def _ran_after_switched_off(campaign: Campaign) -> bool:
    changes = list(campaign.status_changes.order_by("pk").values_list("to_status", "reasons"))
    gone = next((n for n, (_, reasons) in enumerate(changes) if "CAMPAIGN_OFF" in reasons), 0)
    return campaign.status == Status.ACTIVE or any(status == Status.ACTIVE for status, _ in changes[gone:])


def _ledger(brand: Brand) -> Decimal:
    return SpendRecord.objects.filter(brand=brand).total()


def _as_derived() -> bool:
    stored = Campaign.objects.all()
    return all(campaign.status == campaign_status(campaign, now=END).status for campaign in stored)
