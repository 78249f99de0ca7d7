from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from agency.seed import seed
from django_adbudget.models import Brand

LOCK = 7_263_412_001  # any number that nobody else takes


class Command(BaseCommand):
    help = "Makes the site ready: tables, schedules and, in development, six brands if it is empty, and a superuser."

    requires_system_checks: list[str] = []  # some look into tables that this command makes

    def handle(self, *args: Any, **options: Any) -> None:
        with _one_at_a_time():
            call_command("migrate", verbosity=0, interactive=False)
            call_command("adbudget_sync_schedules", stdout=self.stdout)
            if getattr(settings, "EXAMPLE_BRANDS", False) and not Brand.objects.exists():
                self._populate()
            self._superuser()

    def _populate(self) -> None:
        brands = seed()
        minute, _ = IntervalSchedule.objects.get_or_create(every=1, period=IntervalSchedule.MINUTES)
        PeriodicTask.objects.get_or_create(
            name="agency:collect_spend", defaults={"task": "agency.collect_spend", "interval": minute}
        )
        self.stdout.write(f"An empty site: {len(brands)} brands were made, and spend a little each minute.")

    def _superuser(self) -> None:
        users = get_user_model()._default_manager
        if users.filter(is_superuser=True).exists():
            return
        if settings.DEBUG:
            users.create_superuser(username="admin", email="admin@example.com", password="admin")
            self.stdout.write("Log in to /admin/ as admin with the password admin (made since DEBUG is on).")
        else:
            self.stdout.write("Nobody can log in yet: python manage.py createsuperuser")


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Containers that start together would make the same tables. The lock ends with the connection, too."""
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
