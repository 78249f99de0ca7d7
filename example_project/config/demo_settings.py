"""Settings of `manage.py demo`, which deletes its database each time.

So they are embedded whatever the environment says, and know of no database but the demonstration's own.
"""

from __future__ import annotations

from config import backends
from config.settings import *  # noqa: F403
from config.settings import ADBUDGET, LOGGING, STATE_DIR

DEMO_DIR = STATE_DIR / "replay"
DATABASES = {"default": backends.sqlite(DEMO_DIR / "demo.sqlite3")}
globals().update(backends.files_broker(DEMO_DIR / "broker"))

# Nobody watches a demonstration for the minute that a real tick is apart.
ADBUDGET = {**ADBUDGET, "BEAT": {"adbudget.check_campaign_dayparting": {"schedule": 2.0}}}

# The terminal belongs to the show; what the site and the worker have to say is in a file.
TELEMETRY = ""
LOGGING = {
    **LOGGING,
    "handlers": {
        "file": {"class": "logging.FileHandler", "filename": DEMO_DIR / "demo.log", "formatter": "line"},
    },
    "root": {"handlers": ["file"], "level": "INFO"},
}
