"""Orders as signed HTTPS requests to a host's own service, for platforms that are not reached from Python."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import Any

from django.core.checks import CheckMessage, Error
from django.core.checks import Warning as CheckWarning

from ..webhooks import WebhookError, WebhookRefused, parse, post_signed
from .base import Order, OrderResult, PlatformBackend

SHORTEST_SECRET = 32
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
        self.url = url
        self.secrets = (secret,) if isinstance(secret, str) else tuple(secret)
        self.timeout = timeout
        self.batch_size = batch_size
        self.allow_private, self.allow_http, self.ca_file = tuple(allow_private), allow_http, ca_file

    def apply(self, orders: Sequence[Order]) -> list[OrderResult]:
        status, body = post_signed(
            self.url,
            {"type": "orders", "orders": [asdict(order) for order in orders]},
            secrets=self.secrets,
            timeout=self.timeout,
            allow_private=self.allow_private,
            allow_http=self.allow_http,
            ca_file=self.ca_file,
        )
        if not 200 <= status < 300:
            raise WebhookError(f"the receiver answered {status}")
        return _results(orders, body)

    def check(self) -> Iterable[CheckMessage]:
        return [*self._check_url(), *self._check_secrets()]

    def _check_url(self) -> Iterator[CheckMessage]:
        try:
            parse(self.url, allow_http=self.allow_http)
        except WebhookRefused as error:
            yield Error(f"The webhook of PLATFORM_BACKEND cannot be sent: {error}.", hint=_EXAMPLE, id="adbudget.E020")

    def _check_secrets(self) -> Iterator[CheckMessage]:
        if not self.secrets or not all(self.secrets):
            yield Error("The webhook of PLATFORM_BACKEND has no secret.", hint=_EXAMPLE, id="adbudget.E021")
        elif min(map(len, self.secrets)) < SHORTEST_SECRET:
            yield CheckWarning(
                f"A secret of the webhook of PLATFORM_BACKEND has fewer than {SHORTEST_SECRET} characters.",
                hint='python -c "import secrets; print(secrets.token_urlsafe(32))"',
                id="adbudget.W020",
            )


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
