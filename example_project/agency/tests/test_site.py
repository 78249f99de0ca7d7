"""The site's pages and its preparation."""

from __future__ import annotations

from io import StringIO
from unittest import mock

from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import OperationalError, connection
from django.test import TestCase, override_settings
from django_celery_beat.models import PeriodicTask

from django_adbudget.models import Brand


class SiteTests(TestCase):
    def prepare(self) -> str:
        out = StringIO()
        call_command("prepare", stdout=out)
        return out.getvalue()

    def test_preparing_twice_adds_nothing(self) -> None:
        self.prepare()
        before = (Brand.objects.count(), PeriodicTask.objects.count())
        self.prepare()
        assert (Brand.objects.count(), PeriodicTask.objects.count()) == before

    @override_settings(EXAMPLE_BRANDS=False, DEBUG=False)
    def test_production_gets_tables_and_schedules_and_nothing_made_up(self) -> None:
        assert "createsuperuser" in self.prepare()
        assert not (Brand.objects.exists())
        assert not (User.objects.exists())
        assert PeriodicTask.objects.filter(name="adbudget:check_campaign_dayparting").exists()

    def test_the_overview_shows_each_campaign_with_its_reason(self) -> None:
        self.assertContains(self.client.get("/"), "There are no brands yet")
        self.prepare()
        page = self.client.get("/")
        self.assertContains(page, "Pacific/Kiritimati")
        self.assertContains(page, "switched off by a person")

    def test_the_admin_and_the_api_are_closed_to_strangers(self) -> None:
        assert self.client.get("/admin/").status_code == 302
        with self.assertLogs("django.request", "WARNING"):
            assert self.client.get("/api/brands/").status_code == 401

    def test_health_follows_the_database(self) -> None:
        self.assertContains(self.client.get("/healthz/"), "ok")
        away = mock.patch.object(connection, "cursor", side_effect=OperationalError)
        with away, self.assertLogs("django.request", "ERROR"):
            assert self.client.get("/healthz/").status_code == 503
