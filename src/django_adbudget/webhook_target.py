"""One receiver of signed messages, as settings name it: where it is, how it is signed, and what is wrong with that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.checks import CheckMessage, Error
from django.core.checks import Warning as CheckWarning

from .webhooks import WebhookError, WebhookRefused, parse, post_signed

SHORTEST_SECRET = 32


@dataclass(frozen=True, slots=True)
class WebhookTarget:
    """``secret``: one, or several while it is being changed. The other options are those of ``post_signed``."""

    url: str
    secret: str | Sequence[str]
    timeout: float
    allow_private: Sequence[str] = ()
    allow_http: bool = False
    ca_file: str | None = None

    @property
    def secrets(self) -> tuple[str, ...]:
        return (self.secret,) if isinstance(self.secret, str) else tuple(self.secret)

    def post(self, payload: Mapping[str, Any]) -> bytes:
        """The body of an answer of 200 to 299. Raises ``WebhookError`` for any other, and for none."""
        status, body = post_signed(
            self.url,
            payload,
            secrets=self.secrets,
            timeout=self.timeout,
            allow_private=tuple(self.allow_private),
            allow_http=self.allow_http,
            ca_file=self.ca_file,
        )
        if not 200 <= status < 300:
            raise WebhookError(f"the receiver answered {status}")
        return body

    def check(
        self, setting: str, example: str, *, url_id: str, secret_id: str, short_id: str
    ) -> Iterator[CheckMessage]:
        """What is wrong, under the ids of whoever posts to it."""
        try:
            parse(self.url, allow_http=self.allow_http)
        except WebhookRefused as error:
            yield Error(f"A webhook of {setting} cannot be sent: {error}.", hint=example, id=url_id)
        if not self.secrets or not all(self.secrets):
            yield Error(f"A webhook of {setting} has no secret.", hint=example, id=secret_id)
        elif min(map(len, self.secrets)) < SHORTEST_SECRET:
            yield CheckWarning(
                f"A secret of a webhook of {setting} has fewer than {SHORTEST_SECRET} characters.",
                hint='python -c "import secrets; print(secrets.token_urlsafe(32))"',
                id=short_id,
            )
