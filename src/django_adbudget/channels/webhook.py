"""Alerts as signed HTTPS requests: for chat, pagers, and a host's own services."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from django.core.checks import CheckMessage

from ..models import BudgetAlert
from ..webhook_target import WebhookTarget
from . import AlertChannel, Digest

_EXAMPLE = '"OPTIONS": {"url": "https://hooks.example.com/ads/", "secret": os.environ["ALERTS_SECRET"]}'
_NAMESPACE = uuid.UUID("5b0d7f7e-6b7c-5f0e-9f3a-2f6b1c0d4a11")


class WebhookChannel(AlertChannel):
    """Posts digests to ``url``, signed as ``docs/webhook.md`` says; any answer of 200 to 299 is a yes.

    ``secret``: one, or several while it is being changed. ``allow_private``: names, addresses or networks that may be
    private. ``allow_http``: without encryption. ``ca_file``: authorities in place of the system's.
    """

    secret_options = ("url",)

    def __init__(
        self,
        *,
        url: str = "",
        secret: str | Sequence[str] = (),
        timeout: float = 10.0,
        allow_private: Sequence[str] = (),
        allow_http: bool = False,
        ca_file: str | None = None,
    ) -> None:
        self.target = WebhookTarget(url, secret, timeout, allow_private, allow_http, ca_file)
        self.timeout = timeout

    def send(self, digest: Digest) -> None:
        self.target.post(payload(digest))

    def check(self) -> Iterable[CheckMessage]:
        ids = {"url_id": "adbudget.E032", "secret_id": "adbudget.E033", "short_id": "adbudget.W031"}
        return self.target.check("ALERT_CHANNELS", _EXAMPLE, **ids)


def payload(digest: Digest) -> dict[str, Any]:
    """A digest as JSON: money as decimal strings, instants in ISO 8601. The same alerts make the same ``id``."""
    brand = digest.brand
    return {
        "type": "budget_alerts",
        "id": str(uuid.uuid5(_NAMESPACE, "\n".join(sorted(alert.dedupe_key for alert in digest.alerts)))),
        "brand": {
            "id": brand.pk,
            "name": brand.name,
            "external_id": brand.external_id,
            "currency": brand.currency,
            "timezone": brand.timezone,
        },
        "alerts": [_alert(alert) for alert in digest.alerts],
    }


def _alert(alert: BudgetAlert) -> dict[str, Any]:
    campaign = alert.campaign
    return {
        "id": alert.pk,
        "kind": alert.kind,
        "campaign": campaign and {"id": campaign.pk, "name": campaign.name, "external_id": campaign.external_id},
        "budget": alert.budget,
        "period_start": alert.period_start.isoformat(),
        "threshold": alert.threshold,
        "spend": _text(alert.spend),
        "limit": _text(alert.limit),
        "rate_per_hour": _text(alert.rate_per_hour),
        "exhausted_at": alert.exhausted_at and alert.exhausted_at.isoformat(),
        "at": alert.at.isoformat(),
    }


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:f}"
