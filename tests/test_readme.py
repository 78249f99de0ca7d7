"""What the README prints is what happens."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from django_adbudget import services

README = (Path(__file__).parent.parent / "README.md").read_text()


def code_blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


@pytest.mark.django_db
def test_the_code_of_the_readme_does_what_its_comments_say(settings: Any) -> None:
    settings.ADBUDGET = {"DEFAULT_TIMEZONE": "Europe/Berlin", "DEFAULT_CURRENCY": "EUR"}
    (code,) = [block for block in code_blocks("python") if "record_spend" in block]
    names: dict[str, Any] = {}
    exec(compile(code, "README.md", "exec"), names)
    claims = re.findall(r"^(services\..*?)\s+# (.*)$", code, re.MULTILINE)
    assert [repr(eval(call, names)) for call, _ in claims] == [
        claim.split(": ", 1)[0] if "True" in claim else claim for _, claim in claims
    ]
    assert names["brand"].currency == "EUR"
    assert services.verify_summaries() == []


def test_the_settings_of_the_readme_are_those_of_the_package() -> None:
    from django_adbudget import conf

    documented = set(re.findall(r"^\| `([A-Z_]+)` \|", README, re.MULTILINE))
    assert documented == set(conf.names())
