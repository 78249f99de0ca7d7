"""What a host derives from our models is a fact as they are (rule S4)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection, models
from django.test.utils import isolate_apps

from django_adbudget import services
from django_adbudget.exceptions import Immutable, UnknownTimezone
from django_adbudget.models import Brand, BudgetChange, Campaign, DaypartingSchedule
from django_adbudget.rules import Status
from tests.factories import NOW, make_brand, make_campaign, make_window, money

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(params=["proxy", "table of its own"])
def derived(request: pytest.FixtureRequest) -> Iterator[tuple[type[Brand], type[Campaign], type[DaypartingSchedule]]]:
    is_proxy = request.param == "proxy"
    with isolate_apps("django_adbudget"):

        class OurBrand(Brand):
            class Meta:
                app_label = "django_adbudget"
                proxy = is_proxy

        class OurCampaign(Campaign):
            class Meta:
                app_label = "django_adbudget"
                proxy = is_proxy

        class OurWindow(DaypartingSchedule):
            class Meta:
                app_label = "django_adbudget"
                proxy = is_proxy

        ours: list[type[models.Model]] = [] if is_proxy else [OurBrand, OurCampaign, OurWindow]
        with connection.schema_editor() as editor:
            for model in ours:
                editor.create_model(model)
        yield OurBrand, OurCampaign, OurWindow
        with connection.schema_editor() as editor:
            for model in reversed(ours):
                editor.delete_model(model)


def test_it_decides_as_it_is_saved_and_deleted(
    derived: tuple[type[Brand], type[Campaign], type[DaypartingSchedule]],
) -> None:
    our_brand, our_campaign, our_window = derived
    brand = our_brand.objects.create(name="Acme", timezone="Europe/Berlin", currency="EUR", daily_budget=100)
    campaign = our_campaign.objects.create(brand=brand, name="Spring")
    assert campaign.status == Status.ACTIVE
    services.record_spend(campaign, 50, now=NOW)

    with services.editing(brand, now=NOW):
        brand.daily_budget = money("10")
        brand.save()
    campaign.refresh_from_db()
    assert campaign.status == Status.PAUSED_BUDGET
    assert BudgetChange.objects.get().field == "daily_budget"
    with services.editing(brand, now=NOW):
        brand.daily_budget = None
        brand.save()

    with services.editing(brand, now=NOW):
        window = our_window.objects.create(campaign=campaign, day_of_week=0, start_time="03:00", end_time="03:01")
    assert Campaign.objects.get().status == Status.PAUSED_DAYPART
    window.delete()
    assert Campaign.objects.get().status == Status.ACTIVE


def test_it_is_settled_by_spend(derived: tuple[type[Brand], type[Campaign], type[DaypartingSchedule]]) -> None:
    our_brand, our_campaign, _ = derived
    campaign = our_campaign.objects.create(brand=make_brand(), name="Spring")
    services.record_spend(campaign, 50, now=NOW)
    campaign.brand = make_brand()
    with pytest.raises(Immutable):
        campaign.save()
    brand = our_brand.objects.create(name="Acme", timezone="Europe/Berlin", currency="EUR")
    services.record_spend(make_campaign(brand), 50, now=NOW)
    brand.currency = "USD"
    with pytest.raises(Immutable):
        brand.save()
    brand.currency, brand.timezone = "EUR", "Mars/Olympus"
    with pytest.raises(UnknownTimezone):
        brand.save()


def test_its_windows_may_be_deleted_together(
    derived: tuple[type[Brand], type[Campaign], type[DaypartingSchedule]],
) -> None:
    campaign = make_campaign()
    for day in (0, 1):
        derived[2].objects.create(campaign=campaign, day_of_week=day, start_time="03:00", end_time="03:01")
    make_window(campaign, 3, "03:00", "03:01")
    derived[2].objects.filter(day_of_week__lte=1).delete()
    assert campaign.dayparting_schedules.count() == 1
    DaypartingSchedule.objects.all().delete()
    assert Campaign.objects.get().status == Status.ACTIVE
