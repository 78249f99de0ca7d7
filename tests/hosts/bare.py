"""A host with no extra and no test tool: `python -W error tests/hosts/bare.py`, where only the wheel is installed."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import pkgutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import django
from celery import Celery
from django.conf import settings

#: What an extra brings, and the modules that may therefore not be importable.
EXTRAS = {
    "django_celery_beat": ("contrib.beat",),
    "health_check": ("contrib.health_check",),
    "ninja": ("api",),
    "pytest": ("testing.plugin",),
}
NOON = datetime(2026, 3, 11, 12, tzinfo=UTC)


def main() -> None:
    present = [name for name in EXTRAS if importlib.util.find_spec(name)]
    if present:
        raise SystemExit(f"this is for an environment without extras, and it has {', '.join(present)}")
    settings.configure(
        INSTALLED_APPS=[
            "django.contrib.contenttypes", "django.contrib.auth", "django.contrib.sessions", "django.contrib.messages",
            "django.contrib.admin", "django_adbudget",
        ],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        USE_TZ=True,
    )  # fmt: skip
    Celery("bare", broker="memory://")
    django.setup()
    imported = import_all()
    a_day()
    size = sum(file.stat().st_size for file in site_packages().rglob("*") if file.is_file())
    packages = len(list(importlib.metadata.distributions()))
    print(f"{imported} modules imported without an extra, a budget held; {packages} packages, {size / 1e6:.0f} MB")


def import_all() -> int:
    import django_adbudget

    wanted = [name for names in EXTRAS.values() for name in names]
    names = [found.name for found in pkgutil.walk_packages(django_adbudget.__path__, "django_adbudget.", onerror=str)]
    ours = [name for name in names if not name.removeprefix("django_adbudget.").startswith(tuple(wanted))]
    for name in ours:
        importlib.import_module(name)
    return len(ours)


def a_day() -> None:
    """It migrates, records, pauses, and comes back."""
    from django.core.management import call_command

    from django_adbudget import services
    from django_adbudget.models import Brand, Campaign

    call_command("migrate", verbosity=0)
    brand = Brand.objects.create(name="Acme", daily_budget=10)
    campaign = Campaign.objects.create(brand=brand, name="Spring")
    services.record_spend(campaign, 10, idempotency_key="one", at=NOON, now=NOON)
    paused = services.campaign_status(campaign, now=NOON)
    assert (paused.status, paused.can_run_now) == ("PAUSED_BUDGET", False)
    assert services.record_spend(campaign, 10, idempotency_key="one", at=NOON, now=NOON).replayed
    services.reconcile(due_only=True, now=NOON + timedelta(days=1))
    campaign.refresh_from_db()
    assert campaign.status == "ACTIVE"
    assert services.verify_summaries() == []


def site_packages() -> Path:
    return Path(django.__file__).parent.parent


if __name__ == "__main__":
    main()
