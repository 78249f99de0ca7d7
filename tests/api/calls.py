"""Calls the API as a client does that reads numbers exactly."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.test import Client

from django_adbudget.models import Campaign


@dataclass
class Answer:
    response: Any
    body: Any = field(init=False)

    def __post_init__(self) -> None:
        assert self.response["Content-Type"] in {"application/json", "application/problem+json"}
        self.body = json.loads(self.response.content, parse_float=Decimal)
        if self.status >= 400:
            self._is_a_problem()

    def _is_a_problem(self) -> None:
        assert self.response["Content-Type"] == "application/problem+json"
        assert {"type", "title", "detail", "success", "status", "errors"} <= self.body.keys()
        assert self.body["status"] == self.status
        assert self.body["success"] is False
        for error in self.body["errors"]:
            assert error.keys() == {"pointer", "code", "detail"}

    @property
    def status(self) -> int:
        return int(self.response.status_code)

    @property
    def data(self) -> Any:
        assert self.body["success"] is True, self.body
        return self.body["data"]

    @property
    def codes(self) -> list[tuple[str, str]]:
        return [(error["pointer"], error["code"]) for error in self.body["errors"]]


@dataclass
class Caller:
    base: str
    token: str | None
    client: Client = field(default_factory=lambda: Client(enforce_csrf_checks=True))

    def __call__(self, method: str, path: str, body: Any = None, **more: Any) -> Answer:
        """``body`` is sent as it is if it is bytes, else as JSON."""
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body, default=str).encode()
        headers = {**({"Authorization": f"Bearer {self.token}"} if self.token else {}), **more.pop("headers", {})}
        options = {"content_type": "application/json", **more}
        return Answer(self.client.generic(method, self.base + path, content, headers=headers, **options))

    def get(self, path: str, **more: Any) -> Answer:
        return self("GET", path, **more)

    def post(self, path: str, body: Any, **more: Any) -> Answer:
        return self("POST", path, body, **more)


def spend_of(campaign: Campaign, **fields: Any) -> dict[str, Any]:
    return {"brand_id": campaign.brand_id, "campaign_id": campaign.pk, "amount": "1.50", **fields}
