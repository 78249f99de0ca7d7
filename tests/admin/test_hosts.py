"""Hosts that put our mixins on admin classes of their own, and override blocks of our templates."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks
from django.test import Client
from django.urls import reverse

from django_adbudget import services
from django_adbudget.models import Brand, Campaign, SpendRecord
from tests.admin.hostapp.admin import office
from tests.factories import make_brand, make_campaign
from tests.pages import DOCS, Page, blocks
from tests.test_docs import as_it_was

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def host(settings: Any) -> Any:
    """The host app stands before ours, so that its templates are found first."""
    settings.INSTALLED_APPS = ["tests.admin.hostapp", *settings.INSTALLED_APPS]
    settings.ROOT_URLCONF = "tests.admin.hostapp.urls"
    return settings


@pytest.fixture
def campaign() -> Campaign:
    campaign = make_campaign(make_brand(name="Acme", daily_budget=100), name="Spring")
    services.record_spend(campaign, 30)
    return campaign


def page_of(client: Client, row: Brand | Campaign, site: str = "office") -> str:
    answer = client.get(reverse(f"{site}:django_adbudget_{row._meta.model_name}_change", args=[row.pk]))
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_host_keeps_its_own_ideas(host: Any, admin_client: Client, campaign: Campaign) -> None:
    """Fieldsets, read-only fields, inlines, media and template are the host's; the panels are there all the same."""
    html = page_of(admin_client, campaign)
    assert "Account manager: Anna &lt;Bell&gt;" in html
    assert "office/office.css" in html
    assert "django_adbudget/pages.css" in html
    assert ">Ours</h2>" in html
    assert 'name="daily_budget"' in html
    assert 'name="total_budget"' not in html
    assert 'name="name"' not in html
    assert "alerts-TOTAL_FORMS" in html
    assert "dayparting_schedules-TOTAL_FORMS" in html
    for heading in ("summary", "decision", "hours", "days", "platform", "changes", "edits"):
        assert f'id="ab-{heading}-heading"' in html
    # What a host makes read-only does not undo what the first spend settles (M5).
    assert 'name="brand"' not in html


def test_a_template_of_the_same_name_overrides_blocks_of_the_one_it_extends(
    host: Any, admin_client: Client, campaign: Campaign
) -> None:
    html = page_of(admin_client, campaign.brand)
    assert "No drawings in this office." in html
    assert "<svg class=" not in html
    assert "Call the office." in html
    assert 'id="ab-summary-heading"' in html
    assert 'name="note"' in html
    assert "Ask the office in doubt." in html
    assert "In the brand's currency." in html


def test_links_stay_on_the_hosts_site(host: Any, admin_client: Client, campaign: Campaign) -> None:
    """What the site does not have is not linked; neither is another site's."""
    html = page_of(admin_client, campaign)
    panels = html[html.index('class="object-tools"') :]
    assert f'href="/office/django_adbudget/brand/{campaign.brand_id}/change/"' in panels
    assert 'href="/admin/' not in panels
    assert "statuschange" not in panels
    assert "spendrecord" not in panels


def test_a_budget_is_lowered_on_the_hosts_site(host: Any, admin_client: Client, campaign: Campaign) -> None:
    address = reverse("office:django_adbudget_brand_change", args=[campaign.brand_id])
    form = {"name": "Acme", "timezone": "UTC", "daily_budget": "5", "is_active": "on"}
    asked = admin_client.post(address, form).content.decode()
    assert "Media office" in asked
    assert f'href="{address}"' in asked
    assert admin_client.post(address, {**form, "adbudget_confirmed": "1"}).status_code == 302
    assert Brand.objects.get().daily_budget == 5


def test_both_sites_stand_beside_each_other(host: Any, admin_client: Client, campaign: Campaign) -> None:
    assert "Account manager" not in page_of(admin_client, campaign, site="admin")
    assert [problem for problem in run_checks() if "hostapp" in str(problem.obj)] == []
    assert not office.is_registered(SpendRecord)


def test_the_worked_example_of_the_docs_works(
    admin_client: Client, campaign: Campaign, settings: Any, tmp_path: Path
) -> None:
    """The page's template and its classes, as they are printed."""
    path = DOCS / "admin.md"
    (template,) = [block.code for block in blocks(path) if block.language == "html"]
    folder = tmp_path / "admin/django_adbudget/campaign"
    folder.mkdir(parents=True)
    (folder / "change_form.html").write_text(template)
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]
    with as_it_was(Page(path, settings, tmp_path)) as page:
        page.run()
        html = page_of(admin_client, campaign)
        assert "Questions? Ask Anna Bell." in html
        assert 'id="ab-summary-heading"' in html
        assert 'id="ab-platform-heading"' not in html
        assert 'id="ab-summary-heading"' in page_of(admin_client, campaign.brand)


def test_the_docs_name_every_block() -> None:
    template = Path(services.__file__).parent.parent / "templates/admin/django_adbudget/page.html"
    names = {part.split(" ")[0] for part in template.read_text().split("{% block ")[1:]}
    documented = (DOCS / "admin.md").read_text()
    assert [name for name in names if name.startswith("adbudget_") and f"`{name}`" not in documented] == []
