"""Alerts by mail: one digest a brand and tick, by Django's mail."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.core.checks import Warning as CheckWarning
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.module_loading import import_string

from ..models import Brand
from . import AlertChannel, Digest, PartlySent
from .words import Letter, letter

_EXAMPLE = '{"CHANNEL": "django_adbudget.channels.mail.MailChannel", "OPTIONS": {"to": ["ads@example.com"]}}'
_SMTP = "django.core.mail.backends.smtp.EmailBackend"


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who gets a brand's mail, and in which language; None: the site's."""

    address: str
    locale: str | None = None


Recipients = Callable[[Brand], Iterable[str | Recipient]]


class MailChannel(AlertChannel):
    """Mails a digest to ``to``, and to those whom ``recipients`` names: the dotted path of a function of the brand.

    ``locale`` is the language where a recipient has none of their own; ``base_url`` (``https://ads.example.com``)
    makes links to the admin. One message for each language; one that the server refuses comes again by itself. A brand
    for whom there is nobody needs none.
    """

    def __init__(
        self,
        *,
        to: Sequence[str] = (),
        recipients: str | None = None,
        from_email: str | None = None,
        reply_to: Sequence[str] = (),
        locale: str | None = None,
        base_url: str = "",
    ) -> None:
        self.to = [to] if isinstance(to, str) else list(to)
        self.recipients: Recipients | None = import_string(recipients) if recipients else None
        self.from_email, self.reply_to = from_email, list(reply_to)
        self.locale, self.base_url = locale, base_url

    def send(self, digest: Digest) -> None:
        done, failure = set(digest.done), None
        for locale, addresses in self._by_locale(digest.brand).items():
            if locale in digest.done:
                continue
            try:
                with translation.override(locale):
                    self._message(letter(digest, self.base_url), addresses, locale).send()
            except Exception as error:  # noqa: BLE001  mail fails in as many ways as there are backends
                failure = error
            else:
                done.add(locale)
        if failure is not None and not done:
            raise failure
        if failure is not None:
            raise PartlySent(done) from failure

    def check(self) -> Iterable[CheckMessage]:
        return [*self._check_recipients(), *_check_time_out()]

    def _check_recipients(self) -> Iterator[CheckMessage]:
        if not self.to and self.recipients is None:
            yield Error("The mail channel of ALERT_CHANNELS has no recipients.", hint=_EXAMPLE, id="adbudget.E031")

    def _by_locale(self, brand: Brand) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for one in [*self.to, *(self.recipients(brand) if self.recipients else ())]:
            recipient = one if isinstance(one, Recipient) else Recipient(one)
            addresses = found.setdefault(recipient.locale or self.locale or settings.LANGUAGE_CODE, [])
            if recipient.address not in addresses:
                addresses.append(recipient.address)
        return found

    def _message(self, told: Letter, addresses: list[str], locale: str) -> EmailMultiAlternatives:
        context = {"letter": told, "locale": locale, "is_rtl": translation.get_language_bidi()}
        message = EmailMultiAlternatives(
            subject=told.subject,
            body=render_to_string("django_adbudget/mail/digest.txt", context),
            from_email=self.from_email,
            to=addresses,
            reply_to=self.reply_to,
            # Nobody is answered by "I am on holiday".
            headers={"Auto-Submitted": "auto-generated", "Content-Language": locale},
        )
        message.attach_alternative(render_to_string("django_adbudget/mail/digest.html", context), "text/html")
        return message


def _check_time_out() -> Iterator[CheckMessage]:
    # Django 6.1 moves EMAIL_BACKEND and its like into MAILERS, and warns of whoever reads them.
    mailers: Mapping[str, Any] | None = getattr(settings, "MAILERS", None)
    if mailers is None:
        backend, timeout, hint = settings.EMAIL_BACKEND, settings.EMAIL_TIMEOUT, "EMAIL_TIMEOUT = 10"
    else:
        mailer = mailers.get("default", {})
        backend, timeout = mailer.get("BACKEND"), mailer.get("OPTIONS", {}).get("timeout")
        hint = 'MAILERS = {"default": {..., "OPTIONS": {"timeout": 10}}}'
    if backend == _SMTP and timeout is None:
        message = "A mail server that does not answer holds up a worker for ever: there is no time-out."
        yield CheckWarning(message, hint=hint, id="adbudget.W030")
