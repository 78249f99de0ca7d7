"""The OpenAPI document: a snapshot, complete; and the page of it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

pytestmark = pytest.mark.django_db

SNAPSHOT = Path(__file__).with_name("openapi.json")


def document() -> Any:
    return json.loads(Client().get("/api/openapi.json").content)


def test_the_document_is_the_one_that_was_agreed() -> None:
    """If the change is meant: ``python -m tests.api.snapshot``."""
    assert document() == json.loads(SNAPSHOT.read_text())


def test_every_endpoint_of_the_contract_is_there() -> None:
    found = {(method, path) for path, methods in document()["paths"].items() for method in methods}
    assert found == {
        ("post", "/api/spend/"),
        ("post", "/api/spend/batch/"),
        ("post", "/api/spend/{record_id}/corrections/"),
        ("put", "/api/campaigns/{campaign_id}/totals/{date}/"),
        ("get", "/api/campaigns/{campaign_id}/status/"),
        ("post", "/api/campaigns/{campaign_id}/toggle/"),
        ("get", "/api/campaigns/{campaign_id}/changes/"),
        ("get", "/api/campaigns/"),
        ("get", "/api/brands/{brand_id}/status/"),
        ("get", "/api/brands/{brand_id}/summaries/"),
        ("get", "/api/brands/"),
        ("get", "/api/health/"),
    }


def test_every_operation_says_what_it_takes_and_answers() -> None:
    for methods in document()["paths"].values():
        for method, operation in methods.items():
            assert operation["summary"]
            assert ("requestBody" in operation) == (method in {"post", "put"})
            for code, answer in operation["responses"].items():
                kind = "application/json" if code < "400" else "application/problem+json"
                assert list(answer["content"]) == [kind], (operation["summary"], code)


def test_the_document_names_the_ways_in(settings: Any) -> None:
    assert set(document()["components"]["securitySchemes"]) == {"SessionAuth", "BearerAuth"}
    settings.ADBUDGET = {}
    assert set(document()["components"]["securitySchemes"]) == {"SessionAuth"}


def test_the_page_loads_nothing_from_elsewhere_and_needs_no_script() -> None:
    """So ``Content-Security-Policy: default-src 'self'`` takes nothing from it."""
    reply = Client().get("/api/docs")
    page = reply.content.decode()
    assert reply.status_code == 200
    assert re.findall(r'(?:src|href|action)="([^"]*)"', page) == [
        "/static/django_adbudget/api_docs.css", "openapi.json",
    ]  # fmt: skip
    assert not re.search(r"<script|<style|\sstyle=|\son\w+=|<iframe|<img|url\(|@import", page)
    style = Path(finders.find("django_adbudget/api_docs.css") or "").read_text()
    assert not re.search(r"url\(|@import", style)
    for path in document()["paths"]:
        assert path in page


@pytest.mark.parametrize("path", ["docs", "openapi.json"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_the_document_can_be_read_and_nothing_else(path: str, method: str) -> None:
    reply = Client(enforce_csrf_checks=True).generic(method, f"/api/{path}")
    assert (reply.status_code, reply["Content-Type"]) == (405, "application/problem+json")


def test_importing_the_package_imports_nothing_of_ninja() -> None:
    code = (
        "import os, sys, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'tests.settings'; django.setup(); "
        "import django_adbudget.api, django_adbudget.api.strict_json, django_adbudget.admin; "
        "assert not any(name.partition('.')[0] in {'ninja', 'pydantic'} for name in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
