"""Orders as signed HTTPS requests to a host's own service, for platforms that are not reached from Python."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from django.core.checks import CheckMessage

from ..webhook_target import WebhookTarget
from ..webhooks import WebhookError
from .base import Order, OrderResult, PlatformBackend

_EXAMPLE = '"OPTIONS": {"url": "https://ads.example.com/orders/", "secret": os.environ["ORDERS_SECRET"]}'


class WebhookBackend(PlatformBackend):
    """Posts orders to ``url``, signed; ``docs/webhook.md`` is what the receiver needs to know.

    ``secret``: one, or several while it is being changed. ``allow_private``: names, addresses or networks that may be
    private. ``allow_http``: without encryption. ``ca_file``: authorities in place of the system's.
    """

    timeout = 10.0
    secret_options = ("url",)

    def __init__(
        self,
        *,
        url: str = "",
        secret: str | Sequence[str] = (),
        timeout: float = 10.0,
        batch_size: int = 100,
        allow_private: Sequence[str] = (),
        allow_http: bool = False,
        ca_file: str | None = None,
    ) -> None:
        super().__init__(url=url, secret=secret)
        self.target = WebhookTarget(url, secret, timeout, allow_private, allow_http, ca_file)
        self.timeout = timeout
        self.batch_size = batch_size

    def apply(self, orders: Sequence[Order]) -> list[OrderResult]:
        body = self.target.post({"type": "orders", "orders": [asdict(order) for order in orders]})
        return _results(orders, body)

    def check(self) -> Iterable[CheckMessage]:
        ids = {"url_id": "adbudget.E020", "secret_id": "adbudget.E021", "short_id": "adbudget.W020"}
        return self.target.check("PLATFORM_BACKEND", _EXAMPLE, **ids)


def _results(orders: Sequence[Order], body: bytes) -> list[OrderResult]:
    """What the answer says of each order; an answer without ``results`` says that all are done."""
    try:
        answer = json.loads(body) if body.strip() else {}
    except ValueError:
        answer = {}
    if not isinstance(answer, dict) or "results" not in answer:
        return [OrderResult(order.campaign_id, ok=True) for order in orders]
    if not isinstance(answer["results"], list):
        raise WebhookError("the receiver's results are not a list")
    return [_result(found) for found in answer["results"] if isinstance(found, dict)]


def _result(found: dict[str, Any]) -> OrderResult:
    ok = found.get("ok") is True
    return OrderResult(found.get("campaign_id", 0), ok=ok, error="" if ok else str(found.get("error") or "refused"))
