"""The doctor asked, and obeyed."""

from __future__ import annotations

import io
import json
import shlex
from typing import Any

from django.core.management import CommandError, call_command

Finding = dict[str, Any]


def settle() -> None:
    call_command("check_budgets", stdout=io.StringIO())
    call_command("adbudget_deliver", stdout=io.StringIO())


def findings(*arguments: str, **options: Any) -> list[Finding]:
    out = io.StringIO()
    failed = False
    try:
        call_command("adbudget_doctor", *arguments, format="json", stdout=out, **options)
    except CommandError:
        failed = True
    report = json.loads(out.getvalue())
    assert failed is bool(report["counts"]["error"])
    found: list[Finding] = report["findings"]
    return found


def only(code: str, severity: str, count: int = 1) -> list[Finding]:
    """The findings, all of which must be of one kind."""
    found = findings()
    assert [(finding["code"], finding["severity"]) for finding in found] == [(code, severity)] * count
    return found


def obey(finding: Finding, choice: int = 0) -> None:
    """Type the command that a finding names."""
    program, *arguments = shlex.split(finding["mends"][choice]["command"])
    assert program == "manage.py"
    call_command(*arguments, stdout=io.StringIO())
