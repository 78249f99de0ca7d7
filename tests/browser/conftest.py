from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol
from unittest import mock

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connection
from django.test import Client
from pytest_django.live_server_helper import LiveServer
from pytest_django.plugin import DjangoDbBlocker

try:
    from playwright.sync_api import BrowserContext, Page

    from tests.browser.checks import faults
    from tests.browser.layout import WIDE
    from tests.browser.watch import Watch
except ImportError as missing:
    raise pytest.UsageError(
        f"{missing.name} is not installed: run `make test-browser`, install the extra `browser`, "
        "or leave these tests out with --ignore=tests/browser."
    ) from missing

from tests.browser import stage as the_stage
from tests.browser.looks import LIGHT, Look

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker("browser")


@pytest.fixture(scope="session", autouse=True)
def the_right_host() -> None:
    """Playwright keeps an event loop in this thread, where Django then refuses its ORM unless told otherwise."""
    if settings.SETTINGS_MODULE != "tests.browser.settings" or "DJANGO_ALLOW_ASYNC_UNSAFE" not in os.environ:
        pytest.fail("Browser tests have settings of their own: run `python -m tests browser`.", pytrace=False)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Debian's Chromium, or the one that ADBUDGET_CHROMIUM names; nothing is downloaded."""
    names = [os.environ.get("ADBUDGET_CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome"]
    path = next(filter(None, map(shutil.which, filter(None, names))), None)
    if path is None:
        pytest.fail("There is no Chromium: apt-get install chromium, or set ADBUDGET_CHROMIUM.", pytrace=False)
    arguments = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    return {**browser_type_launch_args, "executable_path": path, "args": arguments}


@pytest.fixture(scope="session")
def base_url(live_server: LiveServer) -> str:
    """Where relative addresses lead. Replaces that of pytest-base-url, which warns."""
    return str(live_server.url)


@pytest.fixture(scope="session")
def stopped_clock() -> Iterator[None]:
    """The server's clock stands at ``stage.NOW``, so that a page is the same whenever it is looked at."""
    with mock.patch("django.utils.timezone.now", return_value=the_stage.NOW):
        yield


@pytest.fixture(scope="session")
def staged(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, stopped_clock: None, tmp_path_factory: Any
) -> Path:
    """A copy of the database with the stage in it, made once."""
    copy: Path = tmp_path_factory.mktemp("stage") / "stage.sqlite3"
    with django_db_blocker.unblock():
        the_stage.build()
        with sqlite3.connect(copy) as target:
            connection.connection.backup(target)
        target.close()
        call_command("flush", interactive=False, verbosity=0)
    return copy


@pytest.fixture
def stage(staged: Path, transactional_db: None) -> None:
    """The stage as it was built, whatever the test before has done to it."""
    connection.ensure_connection()
    with sqlite3.connect(staged) as source:
        source.backup(connection.connection)
    source.close()
    # Emptying the database has given content types other ids.
    ContentType.objects.clear_cache()


class OpenPage(Protocol):
    """Opens a blank page in a browser of its own, signed in, and watched: what it complains of fails the test."""

    def __call__(self, look: Look = LIGHT, *, user: str | None = the_stage.ADMIN, javascript: bool = True) -> Page: ...


@pytest.fixture
def watch() -> Iterator[Watch]:
    """What the pages of this test complain of; anything left at its end fails it."""
    heard = Watch()
    yield heard
    heard.assert_quiet()


@pytest.fixture
def open_page(
    watch: Watch, stage: None, live_server: LiveServer, new_context: Callable[..., BrowserContext]
) -> OpenPage:
    def open_page(look: Look = LIGHT, *, user: str | None = the_stage.ADMIN, javascript: bool = True) -> Page:
        context = new_context(
            color_scheme=look.scheme,
            locale=look.language,
            timezone_id="Europe/Berlin",
            reduced_motion="reduce",
            java_script_enabled=javascript,
            viewport={"width": WIDE, "height": 900},
        )
        context.clock.set_fixed_time(the_stage.NOW)
        if user is not None:
            sign_in(context, live_server.url, user)
        page = context.new_page()
        watch.follow(page)
        return page

    return open_page


def sign_in(context: BrowserContext, url: str, username: str) -> None:
    client = Client()
    client.force_login(get_user_model().objects.get_by_natural_key(username))
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": url}])


@pytest.fixture
def admin_page(open_page: OpenPage) -> Page:
    return open_page()


CheckPage = Callable[[Page], None]


@pytest.fixture
def check_page(watch: Watch) -> CheckPage:
    """Fails with all that is wrong with a page as it stands: what it complained of, and its ``faults``."""

    def check(page: Page) -> None:
        watch.assert_quiet()
        found = faults(page)
        assert not found, f"{page.url}:\n" + "\n".join(found)
        watch.assert_quiet()

    return check
