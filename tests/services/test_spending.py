from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import pytz

from django_adbudget import services
from django_adbudget.exceptions import (
    AdBudgetError,
    BatchRejected,
    BrandMismatch,
    CorrectionTooLarge,
    CurrencyMismatch,
    IdempotencyMismatch,
    InvalidAmount,
    InvalidEntry,
    InvalidKey,
    InvalidSpendTime,
)
from django_adbudget.models import BudgetSummary, Campaign, CampaignSummary, SpendRecord
from django_adbudget.rules import Reason, Status
from tests.factories import NOW, make_brand, make_campaign, money

pytestmark = pytest.mark.django_db


def totals(campaign: Campaign) -> dict[str, Decimal]:
    rows = CampaignSummary.objects.filter(campaign=campaign)
    return {f"{row.period} {row.start}": row.spend for row in rows}


def test_a_spend_is_recorded_with_its_local_date_and_counted_in_every_period() -> None:
    """T1, L3, L4b."""
    campaign = make_campaign(make_brand(timezone="Pacific/Kiritimati"))
    receipt = services.record_spend(campaign, money("12.345678"), now=datetime(2026, 3, 31, 10, 30, tzinfo=UTC))
    assert receipt.record.spend_date == date(2026, 4, 1)
    assert not receipt.replayed
    expected = {"DAY 2026-04-01", "MONTH 2026-04-01", "TOTAL 1970-01-01"}
    assert totals(campaign) == dict.fromkeys(expected, money("12.345678"))
    brand_rows = BudgetSummary.objects.filter(brand=campaign.brand).values_list("period", "start", "spend")
    assert set(brand_rows) == {(p, date(2026, 4, 1), money("12.345678")) for p in ("DAY", "MONTH")}
    assert services.verify_summaries() == []


@pytest.mark.parametrize(
    ("amount", "error"),
    [
        (Decimal(0), InvalidAmount),
        (Decimal(-1), InvalidAmount),
        (Decimal("0.0000001"), InvalidAmount),
        (Decimal(1000000000), InvalidAmount),
        (Decimal("NaN"), InvalidAmount),
        (Decimal("Infinity"), InvalidAmount),
        ("1e3", InvalidAmount),
        ("1,5", InvalidAmount),
        ("\u0661", InvalidAmount),
        (1.5, TypeError),
        (True, TypeError),
        (None, InvalidAmount),
        ([], TypeError),
    ],
)
def test_an_amount_is_exact_money_or_is_refused(amount: Any, error: type[Exception]) -> None:
    """M1, M2."""
    campaign = make_campaign()
    with pytest.raises(error):
        services.record_spend(campaign, amount, now=NOW)
    assert not SpendRecord.objects.exists()


@pytest.mark.parametrize("amount", ["0.000001", "999999999.999999"])
def test_the_smallest_and_the_largest_record(amount: str) -> None:
    """M2."""
    receipt = services.record_spend(make_campaign(), money(amount), now=NOW)
    assert SpendRecord.objects.get(pk=receipt.record.pk).amount == money(amount)


def test_a_spend_that_reaches_the_daily_budget_pauses_every_campaign_of_the_brand() -> None:
    """M4, S4: reached means spend >= budget, in the same transaction."""
    brand = make_brand(daily_budget=100)
    spender, other = make_campaign(brand), make_campaign(brand)
    assert services.record_spend(spender, money("99.999999"), now=NOW).status_changes == ()
    receipt = services.record_spend(spender, money("0.000001"), now=NOW)
    assert {change.campaign_id for change in receipt.status_changes} == {spender.pk, other.pk}
    other.refresh_from_db()
    assert other.status == Status.PAUSED_BUDGET
    assert other.status_reasons == (Reason.BRAND_DAILY_BUDGET,)
    assert other.next_check_at == datetime(2026, 3, 11, 23, tzinfo=UTC)


def test_spend_is_recorded_past_the_budget_and_while_the_campaign_is_off() -> None:
    """M4."""
    campaign = make_campaign(daily_budget=10, is_active=False)
    services.record_spend(campaign, 25, now=NOW)
    day = next(lim for lim in services.campaign_status(campaign, now=NOW).limits if lim.budget == 10)
    assert (day.spent, day.remaining) == (25, -15)


def test_a_key_is_used_once() -> None:
    """L2: the first record is given back, a day later too, when its instant has grown too old."""
    campaign = make_campaign()
    first = services.record_spend(campaign, 5, idempotency_key="k", at=NOW, source="meta", now=NOW)
    again = services.record_spend(
        campaign, money("5.00"), idempotency_key="k", at=NOW, source="meta", now=NOW - timedelta(days=1)
    )
    assert (again.replayed, again.record.pk, again.status_changes) == (True, first.record.pk, ())
    assert SpendRecord.objects.total() == 5


@pytest.mark.parametrize(
    "other",
    [
        {"amount": 6},
        {"at": NOW + timedelta(seconds=1)},
        {"at": None},
        {"source": "google"},
        {"description": "other"},
    ],
)
def test_a_key_with_other_content_is_refused(other: dict[str, Any]) -> None:
    """L2."""
    campaign = make_campaign()
    content: dict[str, Any] = {"amount": 5, "at": NOW, "source": "meta", "description": ""}
    services.record_spend(campaign, **content, idempotency_key="k", now=NOW)
    with pytest.raises(IdempotencyMismatch, match=next(iter(other))):
        services.record_spend(campaign, **{**content, **other}, idempotency_key="k", now=NOW)
    with pytest.raises(IdempotencyMismatch, match="campaign"):
        services.record_spend(make_campaign(campaign.brand), **content, idempotency_key="k", now=NOW)
    assert SpendRecord.objects.total() == 5


def test_a_key_belongs_to_a_brand_and_no_key_is_never_a_duplicate() -> None:
    """L2."""
    for campaign in (make_campaign(), make_campaign()):
        assert not services.record_spend(campaign, 5, idempotency_key="k", now=NOW).replayed
    campaign = make_campaign()
    keys = {services.record_spend(campaign, 5, now=NOW).record.idempotency_key for _ in range(3)}
    assert len(keys) == 3


def test_a_campaign_that_is_not_the_brands_which_the_caller_named() -> None:
    campaign, other = make_campaign(), make_campaign()
    for brand_id in (other.brand_id, 10**15):
        with pytest.raises(BrandMismatch, match=str(brand_id)):
            services.record_spend(campaign.pk, 5, brand_id=brand_id, now=NOW)
    with pytest.raises(BrandMismatch):
        services.record_spend(campaign, 5, brand_id=other.brand_id, now=NOW)
    with pytest.raises(Campaign.DoesNotExist):
        services.record_spend(10**15, 5, brand_id=campaign.brand_id, now=NOW)
    receipt = services.record_spend(campaign.pk, 5, brand_id=campaign.brand_id, idempotency_key="k", now=NOW)
    with pytest.raises(BrandMismatch):
        services.record_spend(campaign.pk, 5, brand_id=other.brand_id, idempotency_key="k", now=NOW)
    assert receipt.record.brand == campaign.brand
    assert SpendRecord.objects.total() == 5


@pytest.mark.parametrize("key", ["", "x" * 256, "tab\t", "\u00fc", 5, "line\n"])
def test_a_key_is_printable_ascii(key: Any) -> None:
    """L2."""
    with pytest.raises(InvalidKey):
        services.record_spend(make_campaign(), 5, idempotency_key=key, now=NOW)


@pytest.mark.parametrize("key", [" ", "~", "x" * 255, "a b"])
def test_every_printable_ascii_key_is_taken(key: str) -> None:
    campaign = make_campaign()
    services.record_spend(campaign, 5, idempotency_key=key, now=NOW)
    assert services.record_spend(campaign, 5, idempotency_key=key, now=NOW).replayed


def test_spend_of_the_future_and_of_the_deep_past(settings: Any) -> None:
    """T4."""
    campaign = make_campaign()
    services.record_spend(campaign, 1, at=NOW + timedelta(minutes=5), now=NOW)
    services.record_spend(campaign, 1, at=NOW - timedelta(days=5000), now=NOW)
    with pytest.raises(InvalidSpendTime, match="future"):
        services.record_spend(campaign, 1, at=NOW + timedelta(minutes=5, seconds=1), now=NOW)
    settings.ADBUDGET = {"SPEND_MAX_AGE_DAYS": 30}
    services.record_spend(campaign, 1, at=NOW - timedelta(days=30), now=NOW)
    with pytest.raises(InvalidSpendTime, match="30 days"):
        services.record_spend(campaign, 1, at=NOW - timedelta(days=31), now=NOW)
    with pytest.raises(InvalidSpendTime, match="30 days"):
        services.record_spend(campaign, 1, at=NOW - timedelta(days=30, microseconds=1), now=NOW)
    settings.ADBUDGET = {"SPEND_MAX_AGE_DAYS": 10**12}  # a system check tells of it
    services.record_spend(campaign, 1, at=NOW - timedelta(days=31), now=NOW)


@pytest.mark.parametrize(
    "at",
    [
        datetime(2026, 3, 11, 11),  # noqa: DTZ001  naive on purpose
        date(2026, 3, 11),
        "2026-03-11",
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(9999, 12, 31, 23, tzinfo=UTC),
    ],
)
def test_what_is_no_instant_of_spend(at: Any) -> None:
    campaign = make_campaign(make_brand(timezone="Pacific/Honolulu"))
    with pytest.raises(InvalidSpendTime):
        services.record_spend(campaign, 1, at=at, now=NOW)


def test_a_naive_now_is_refused_and_a_pytz_instant_is_not() -> None:
    """T7, T8."""
    campaign = make_campaign()
    with pytest.raises(ValueError, match="time zone"):
        services.record_spend(campaign, 1, now=datetime(2026, 3, 11, 11))  # noqa: DTZ001  naive on purpose
    at = pytz.timezone("America/New_York").localize(datetime(2026, 3, 10, 23))  # noqa: DTZ001
    assert services.record_spend(campaign, 1, at=at, now=NOW).record.spend_date == date(2026, 3, 11)


def test_another_currency_is_refused_never_converted() -> None:
    """M5."""
    campaign = make_campaign()
    services.record_spend(campaign, 1, currency="EUR", now=NOW)
    with pytest.raises(CurrencyMismatch, match="USD"):
        services.record_spend(campaign, 1, currency="USD", now=NOW)


def test_the_campaign_given_may_be_an_id_or_stale() -> None:
    """L4: brand and limits are read from the database, under the gate."""
    campaign = make_campaign(make_brand(daily_budget=1000))
    other = make_brand(daily_budget=10)
    stale = Campaign.objects.get(pk=campaign.pk)
    campaign.brand = other
    campaign.save()
    assert services.record_spend(stale, 10, now=NOW).record.brand_id == other.pk
    assert services.campaign_status(campaign.pk, now=NOW).status == Status.PAUSED_BUDGET
    with pytest.raises(Campaign.DoesNotExist):
        services.record_spend(campaign.pk + 1000, 10, now=NOW)
    with pytest.raises(InvalidEntry):
        services.record_spend(Campaign(brand=other, name="unsaved"), 10, now=NOW)


def test_a_spend_is_dated_by_the_zone_now_in_force() -> None:
    """T1, L4: whatever zone was seen before, by this process or by the instance."""
    campaign = make_campaign(make_brand(timezone="Europe/Berlin"))
    stale = Campaign.objects.select_related("brand").get(pk=campaign.pk)
    at = datetime(2026, 3, 11, 23, 30, tzinfo=UTC)
    assert services.record_spend(stale, 1, now=at).record.spend_date == date(2026, 3, 12)
    campaign.brand.timezone = "America/New_York"
    campaign.brand.save()
    assert services.record_spend(stale, 1, now=at).record.spend_date == date(2026, 3, 11)


@pytest.mark.parametrize(("field", "value"), [("source", "x" * 65), ("description", "x" * 1001), ("source", "\x00")])
def test_text_that_does_not_fit_is_refused_by_name(field: str, value: str) -> None:
    text: dict[str, Any] = {field: value}
    with pytest.raises(InvalidEntry, match=field):
        services.record_spend(make_campaign(), 1, now=NOW, **text)


class TestBatch:
    def test_all_or_nothing_with_errors_by_index(self) -> None:
        """L8."""
        campaign = make_campaign()
        entries = [
            {"campaign": campaign, "amount": money("1")},
            {"campaign": campaign, "amount": 1.5},
            {"campaign_id": campaign.pk, "amount": "2", "at": NOW + timedelta(hours=1)},
            {"campaign_id": campaign.pk, "amount": "2", "sauce": "x"},
            {"campaign_id": 10**9, "amount": "2"},
            {"amount": "2"},
            {"campaign_id": campaign.pk},
            "nonsense",
        ]
        with pytest.raises(BatchRejected) as caught:
            services.record_spend_batch(entries, now=NOW)  # type: ignore[arg-type]
        assert sorted(caught.value.errors) == [1, 3, 5, 6, 7]
        assert isinstance(caught.value.errors[1], TypeError)
        assert "sauce" in str(caught.value.errors[3])
        well_formed: list[Any] = [entries[0], entries[2], entries[4]]
        with pytest.raises(BatchRejected) as caught:
            services.record_spend_batch(well_formed, now=NOW)
        assert {index: type(error) for index, error in caught.value.errors.items()} == {
            1: InvalidSpendTime,
            2: Campaign.DoesNotExist,
        }
        assert not SpendRecord.objects.exists()
        assert not CampaignSummary.objects.exists()

    def test_a_key_twice_in_one_batch_counts_once_or_is_an_error(self) -> None:
        """L8."""
        campaign = make_campaign()
        entry = services.SpendEntry(campaign=campaign, amount=3, idempotency_key="k")
        receipt = services.record_spend_batch([entry, entry], now=NOW)
        assert (receipt.recorded, receipt.replayed) == (1, 1)
        other = services.SpendEntry(campaign=campaign, amount=4, idempotency_key="k2")
        clash = services.SpendEntry(campaign=campaign, amount=5, idempotency_key="k2")
        with pytest.raises(BatchRejected) as caught:
            services.record_spend_batch([entry, other, clash], now=NOW)
        assert isinstance(caught.value.errors[2], IdempotencyMismatch)
        assert SpendRecord.objects.total() == 3
        assert services.verify_summaries() == []

    def test_a_batch_pauses_what_it_brings_to_its_budget(self) -> None:
        brands = [make_brand(daily_budget=10), make_brand(daily_budget=100)]
        campaigns = [make_campaign(brand) for brand in brands for _ in range(2)]
        entries = [services.SpendEntry(campaign=campaign, amount=5) for campaign in campaigns]
        receipt = services.record_spend_batch(iter(entries), now=NOW)
        assert (receipt.recorded, receipt.replayed) == (4, 0)
        assert {change.campaign_id for change in receipt.status_changes} == {c.pk for c in campaigns[:2]}

    def test_an_empty_batch_is_nothing(self) -> None:
        assert services.record_spend_batch([], now=NOW).recorded == 0


class TestCorrection:
    def test_it_takes_back_on_the_original_day_and_no_more_than_was_spent(self) -> None:
        """L6."""
        campaign = make_campaign(daily_budget=10)
        yesterday = NOW - timedelta(days=1)
        spend = services.record_spend(campaign, 10, at=yesterday, source="meta", now=yesterday).record
        receipt = services.correct_spend(spend, money("4"), description="click fraud", now=NOW)
        record = receipt.record
        assert (record.amount, record.kind, record.corrects_id) == (-4, "CORRECTION", spend.pk)
        assert (record.spend_datetime, record.spend_date, record.source) == (yesterday, date(2026, 3, 10), "meta")
        with pytest.raises(CorrectionTooLarge, match=r"6\.00 left"):
            services.correct_spend(spend, money("6.000001"), now=NOW)
        services.correct_spend(spend, 6, now=NOW)
        assert SpendRecord.objects.total() == 0
        assert services.verify_summaries() == []

    def test_it_brings_a_campaign_back(self) -> None:
        campaign = make_campaign(make_brand(daily_budget=10))
        spend = services.record_spend(campaign, 10, now=NOW).record
        changes = services.correct_spend(spend, money("0.01"), now=NOW).status_changes
        assert [change.to_status for change in changes] == [Status.ACTIVE]

    def test_a_retry_replays_although_nothing_is_left_to_take_back(self) -> None:
        """L2: the look-up comes first."""
        spend = services.record_spend(make_campaign(), 10, now=NOW).record
        first = services.correct_spend(spend, 10, idempotency_key="c", now=NOW)
        again = services.correct_spend(spend.pk, 10, idempotency_key="c", now=NOW + timedelta(days=40))
        assert (again.replayed, again.record.pk) == (True, first.record.pk)

    def test_a_correction_cannot_be_corrected(self) -> None:
        """L6."""
        spend = services.record_spend(make_campaign(), 10, now=NOW).record
        correction = services.correct_spend(spend, 5, now=NOW).record
        with pytest.raises(AdBudgetError, match="only a spend"):
            services.correct_spend(correction, 1, now=NOW)
        for amount in (0, -1):
            with pytest.raises(InvalidAmount):
                services.correct_spend(spend, amount, now=NOW)

    def test_spend_too_old_to_record_can_still_be_corrected(self, settings: Any) -> None:
        settings.ADBUDGET = {"SPEND_MAX_AGE_DAYS": 1}
        spend = services.record_spend(make_campaign(), 10, now=NOW).record
        assert services.correct_spend(spend, 5, now=NOW + timedelta(days=9)).record.amount == -5


class TestTotal:
    TODAY = date(2026, 3, 11)

    def test_the_difference_becomes_one_record_at_the_first_instant_of_the_day(self) -> None:
        """L7."""
        campaign = make_campaign()
        first = services.set_spend_total(campaign, self.TODAY, money("10"), source="meta", now=NOW)
        assert first is not None
        assert (first.record.amount, first.record.kind) == (10, "RESTATEMENT")
        assert first.record.spend_datetime == datetime(2026, 3, 10, 23, tzinfo=UTC)
        assert services.set_spend_total(campaign, self.TODAY, 10, source="meta", now=NOW) is None
        lower = services.set_spend_total(campaign, self.TODAY, money("7.5"), source="meta", now=NOW)
        assert lower is not None
        assert lower.record.amount == money("-2.5")
        assert SpendRecord.objects.total() == money("7.5")

    def test_it_counts_what_the_source_has_posted_and_not_what_people_took_back(self) -> None:
        """L7."""
        campaign = make_campaign()
        spend = services.record_spend(campaign, 6, source="meta", now=NOW).record
        services.record_spend(campaign, 100, source="google", now=NOW)
        services.correct_spend(spend, 6, now=NOW)
        receipt = services.set_spend_total(campaign, self.TODAY, 10, source="meta", now=NOW)
        assert receipt is not None
        assert receipt.record.amount == 4

    def test_what_is_refused(self) -> None:
        campaign = make_campaign()
        with pytest.raises(InvalidAmount):
            services.set_spend_total(campaign, self.TODAY, -1, source="meta", now=NOW)
        with pytest.raises(InvalidSpendTime, match="future"):
            services.set_spend_total(campaign, self.TODAY + timedelta(days=1), 1, source="meta", now=NOW)
        with pytest.raises(InvalidSpendTime):
            services.set_spend_total(campaign, NOW, 1, source="meta", now=NOW)
        with pytest.raises(AdBudgetError, match="source"):
            services.set_spend_total(campaign, self.TODAY, 1, source=" ", now=NOW)
        with pytest.raises(TypeError):
            services.set_spend_total(campaign, self.TODAY, 1.0, source="meta", now=NOW)  # type: ignore[arg-type]
        assert services.set_spend_total(campaign, self.TODAY, 0, source="meta", now=NOW) is None

    def test_a_total_that_falls_brings_a_campaign_back(self) -> None:
        campaign = make_campaign(daily_budget=10)
        services.set_spend_total(campaign, self.TODAY, 12, source="meta", now=NOW)
        assert services.campaign_status(campaign, now=NOW).status == Status.PAUSED_BUDGET
        receipt = services.set_spend_total(campaign, self.TODAY, 9, source="meta", now=NOW)
        assert receipt is not None
        assert [change.to_status for change in receipt.status_changes] == [Status.ACTIVE]

    def test_many_totals_at_once_and_again(self) -> None:
        """L7, L8."""
        campaigns = [make_campaign(make_brand(daily_budget=10)), make_campaign()]
        days = [self.TODAY - timedelta(days=n) for n in range(3)]
        totals = [services.SpendTotal(campaign, day, money("9.5")) for campaign in campaigns for day in days]
        preview = services.set_spend_totals(totals, source="meta", now=NOW, dry_run=True)
        assert (preview.recorded, preview.unchanged, SpendRecord.objects.count()) == (6, 0, 0)
        receipt = services.set_spend_totals(iter(totals), source="meta", now=NOW)
        assert (receipt.recorded, receipt.unchanged, receipt.status_changes) == (6, 0, ())
        again = services.set_spend_totals(totals, source="meta", now=NOW)
        assert (again.recorded, again.unchanged) == (0, 6)
        restated = {"campaign": campaigns[0].pk, "date": self.TODAY, "total": "10"}
        changes = services.set_spend_totals([totals[1], restated], source="meta", now=NOW).status_changes
        assert [change.to_status for change in changes] == [Status.PAUSED_BUDGET]
        assert SpendRecord.objects.total() == money("57.5")
        assert services.verify_summaries() == []

    def test_many_totals_are_refused_by_index(self) -> None:
        campaign = make_campaign()
        sound = services.SpendTotal(campaign, self.TODAY, 5)
        faulty: list[Any] = [
            sound,
            services.SpendTotal(campaign, self.TODAY, 6),
            services.SpendTotal(campaign, self.TODAY + timedelta(days=1), 6),
            services.SpendTotal(10**9, self.TODAY, 6),
            services.SpendTotal(campaign, self.TODAY - timedelta(days=1), 6, currency="USD"),
        ]
        with pytest.raises(BatchRejected) as caught:
            services.set_spend_totals(faulty, source="meta", now=NOW)
        assert {index: type(error) for index, error in caught.value.errors.items()} == {
            1: InvalidEntry,
            2: InvalidSpendTime,
            3: Campaign.DoesNotExist,
            4: CurrencyMismatch,
        }
        malformed: list[Any] = [sound, {"campaign": campaign, "date": self.TODAY}, {"date": self.TODAY, "total": 1}, 5]
        with pytest.raises(BatchRejected) as caught:
            services.set_spend_totals(malformed, source="meta", now=NOW)
        assert sorted(caught.value.errors) == [1, 2, 3]
        assert "total is missing" in str(caught.value.errors[1])
        assert not SpendRecord.objects.exists()
