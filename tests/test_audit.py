"""What the audit of dependencies asks after, and what it makes of the answer. `make lint` reads the advisories."""

from __future__ import annotations

import json
from typing import Any

from tests.audit import installed, verdict

FAULT = {"id": "PYSEC-2026-1", "fix_versions": ["5.2.9"], "aliases": ["CVE-2026-1"], "description": "bad"}


def answer(*dependencies: dict[str, Any]) -> str:
    return json.dumps({"dependencies": dependencies, "fixes": []})


def test_it_asks_after_what_the_package_needs_and_not_after_what_lies_beside_it() -> None:
    found = installed()
    assert {"django", "celery", "kombu", "pydantic", "psycopg", "psycopg-binary"} <= found.keys()
    assert not {"django-adbudget", "pip"} & found.keys()


def test_a_known_vulnerability_fails() -> None:
    django = {"name": "django", "version": "5.2", "vulns": [FAULT]}
    assert verdict(answer(django, {"name": "celery", "version": "5.5", "vulns": []})) == (
        ["django 5.2: PYSEC-2026-1, mended in 5.2.9"],
        "2 dependencies audited",
    )


def test_what_is_ignored_goes_by_any_of_its_names() -> None:
    django = answer({"name": "django", "version": "5.2", "vulns": [FAULT]})
    for name in ("PYSEC-2026-1", "CVE-2026-1"):
        assert verdict(django, [name])[0] == []


def test_advisories_out_of_reach_fail_nothing_and_are_not_passed_over_in_silence() -> None:
    assert verdict("") == ([], "NOT AUDITED: the advisories could not be read")
    unknown = {"name": "django", "skip_reason": "Dependency not found on PyPI"}
    assert verdict(answer(unknown)) == ([], "0 dependencies audited, 1 NOT AUDITED: no advisories were found for them")
