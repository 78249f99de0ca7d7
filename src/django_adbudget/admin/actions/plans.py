"""What was previewed, carried by the page that shows it, so that exactly that is applied."""

from __future__ import annotations

from typing import Any

from django.core import signing
from django.http import HttpRequest

#: Seconds after which one looks again.
_MAX_AGE = 24 * 3600


def sealed(request: HttpRequest, kind: str, content: Any) -> str:
    """JSON content that only this user can send back, for this kind of action."""
    return signing.dumps(content, salt=_salt(request, kind), compress=True)


def opened(request: HttpRequest, kind: str) -> Any:
    """The content of the plan that was posted; None if it is not one of ours or too old."""
    try:
        return signing.loads(request.POST.get("plan", ""), salt=_salt(request, kind), max_age=_MAX_AGE)
    except signing.BadSignature:
        return None


def _salt(request: HttpRequest, kind: str) -> str:
    return f"django_adbudget.{kind}.{request.user.pk}"
