"""Commands called as a shell would call them, and what they printed."""

from __future__ import annotations

import io
import json
from typing import Any

from django.core.management import call_command


def said(name: str, *arguments: str, **options: Any) -> list[str]:
    """The lines that a command printed for people."""
    out = io.StringIO()
    call_command(name, *arguments, stdout=out, **options)
    return out.getvalue().splitlines()


def data(name: str, *arguments: str, **options: Any) -> Any:
    """What it printed for scripts."""
    out = io.StringIO()
    call_command(name, *arguments, format="json", stdout=out, **options)
    return json.loads(out.getvalue())
