"""The host of the browser tests: it speaks the reader's language, and its Content-Security-Policy is strict."""

from __future__ import annotations

from tests.settings import *  # noqa: F403
from tests.settings import INSTALLED_APPS as _INSTALLED_APPS
from tests.settings import MIDDLEWARE as _MIDDLEWARE

INSTALLED_APPS = [*_INSTALLED_APPS, "tests.browser"]
ROOT_URLCONF = "tests.browser.urls"
MIDDLEWARE = [
    "tests.browser.csp.enforce",
    _MIDDLEWARE[0],
    "django.middleware.locale.LocaleMiddleware",
    *_MIDDLEWARE[1:],
]
