"""Writes the snapshot of the OpenAPI document: ``python -m tests.api.snapshot``, after a change that is meant."""

from __future__ import annotations

import json
import os
from pathlib import Path

import django
from django.test import Client, override_settings

SNAPSHOT = Path(__file__).with_name("openapi.json")
BOTH = ["django_adbudget.api.auth.SessionAuth", "django_adbudget.api.auth.BearerAuth"]


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    with override_settings(ROOT_URLCONF="tests.api.urls", ADBUDGET={"API_AUTH": BOTH}, ALLOWED_HOSTS=["testserver"]):
        document = json.loads(Client().get("/api/openapi.json").content)
    SNAPSHOT.write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
