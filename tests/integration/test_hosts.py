"""Tests as hosts write them, with Django's own classes: they need to know nothing of triggers (rule L1)."""

from __future__ import annotations

from decimal import Decimal
from urllib.request import urlopen

from django.core.management import call_command
from django.test import LiveServerTestCase, TestCase, TransactionTestCase

from django_adbudget import services
from django_adbudget.models import Brand, Campaign, SpendRecord, StatusChange


class Spending:
    """Each test finds an empty ledger, whatever the one before has recorded, and leaves records behind."""

    def setUp(self) -> None:
        assert not SpendRecord.objects.exists()
        brand = Brand.objects.create(name="Acme")
        self.campaign = Campaign.objects.create(brand=brand, name="Spring", total_budget=Decimal("10.00"))

    def spend_to_the_limit(self) -> None:
        for key in ("a", "b", "b"):
            services.record_spend(self.campaign, "5.00", idempotency_key=key)
        assert SpendRecord.objects.total() == 10
        assert services.campaign_status(self.campaign).stored_status == "PAUSED_BUDGET"

    def test_one(self) -> None:
        self.spend_to_the_limit()

    def test_two(self) -> None:
        self.spend_to_the_limit()

    def test_correcting(self) -> None:
        record = services.record_spend(self.campaign, 12).record
        services.correct_spend(record, 3)
        self.campaign.refresh_from_db()
        assert self.campaign.status == "ACTIVE"


class HostTestCase(Spending, TestCase):
    """Every test in one transaction, undone at its end."""

    def test_on_commit(self) -> None:
        with self.captureOnCommitCallbacks(execute=True):
            services.record_spend(self.campaign, 10)


class HostSetUpTestData(TestCase):
    campaign: Campaign

    @classmethod
    def setUpTestData(cls) -> None:
        cls.campaign = Campaign.objects.create(brand=Brand.objects.create(name="Acme"), name="Spring")
        services.record_spend(cls.campaign, 1)

    def test_one(self) -> None:
        services.record_spend(self.campaign, 2)
        assert SpendRecord.objects.total() == 3

    def test_two(self) -> None:
        services.record_spend(self.campaign, 3)
        assert SpendRecord.objects.total() == 4


class HostTransactionTestCase(Spending, TransactionTestCase):
    """Every test commits, and the database is flushed after it."""

    def test_a_flush_in_the_middle(self) -> None:
        self.spend_to_the_limit()
        call_command("flush", interactive=False, verbosity=0)
        self.setUp()
        self.spend_to_the_limit()
        assert StatusChange.objects.filter(to_status="PAUSED_BUDGET").count() == 1


class HostResettingSequences(Spending, TransactionTestCase):
    reset_sequences = True


class HostLiveServer(Spending, LiveServerTestCase):
    """A server in another thread, with connections of its own, between the flushes."""

    def test_served(self) -> None:
        self.spend_to_the_limit()
        with urlopen(f"{self.live_server_url}/admin/login/") as answer:
            assert answer.status == 200
