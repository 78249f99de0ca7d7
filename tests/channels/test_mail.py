"""The digest as a reader sees it."""

from __future__ import annotations

import re
import smtplib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.locmem import EmailBackend
from django.test import override_settings

from django_adbudget import services
from django_adbudget.channels.mail import MailChannel, Recipient
from django_adbudget.models import AlertDelivery, Brand, BudgetAlert
from tests.factories import NOW, make_brand, make_campaign, money

pytestmark = pytest.mark.django_db

MAIL = "django_adbudget.channels.mail.MailChannel"


def channel(**options: Any) -> dict[str, Any]:
    return {"ALERT_CHANNELS": [{"CHANNEL": MAIL, "OPTIONS": {"to": ["ads@example.com"], **options}}]}


@pytest.fixture(autouse=True)
def by_mail(settings: Any) -> None:
    settings.ADBUDGET = channel()


def told(**options: Any) -> EmailMultiAlternatives:
    """The only mail of the next minute."""
    mail.outbox.clear()
    with override_settings(ADBUDGET=channel(**options)):
        services.send_alerts(now=NOW + timedelta(minutes=1))
    (message,) = mail.outbox
    assert isinstance(message, EmailMultiAlternatives)
    return message


def text_of(message: EmailMultiAlternatives) -> str:
    return str(message.body).replace("\N{NO-BREAK SPACE}", " ")


def test_a_digest_of_a_brand_the_gravest_first() -> None:
    """D4: one mail; of a budget that crossed several thresholds only the last is told of."""
    brand = make_brand(name="Acme", daily_budget=100, monthly_budget=1000)
    summer = make_campaign(brand, name="Summer Sale", daily_budget=80, total_budget=60)
    services.record_spend(summer, 50, now=NOW - timedelta(minutes=20))
    services.record_spend(summer, 15, now=NOW - timedelta(minutes=10))
    other = make_campaign(brand, name="Winter Sale")
    services.record_spend(other, 35, now=NOW)
    message = told(base_url="https://ads.example.com/")
    assert message.subject == "Acme: daily budget reached, and 2 more alerts"
    assert message.to == ["ads@example.com"]
    assert text_of(message) == (
        "Acme, March 11, 2026, 12:01 Berlin\n"
        "\n"
        "Acme: daily budget reached\n"
        "  12:00 Berlin: 100.00 EUR of 100.00 EUR spent (100.0 %)\n"
        "  All its ads stop until March 12, 00:00 Berlin, unless the budget is raised.\n"
        f"  https://ads.example.com/admin/django_adbudget/brand/{brand.pk}/change/\n"
        "\n"
        "Summer Sale: total budget reached\n"
        "  11:50 Berlin: 65.00 EUR of 60.00 EUR spent (108.3 %)\n"
        "  Its ads stop unless the budget is raised.\n"
        f"  https://ads.example.com/admin/django_adbudget/campaign/{summer.pk}/change/\n"
        "\n"
        "Summer Sale: 80 % of the daily budget spent\n"
        "  11:50 Berlin: 65.00 EUR of 80.00 EUR spent (81.2 %), 15.00 EUR left\n"
        f"  https://ads.example.com/admin/django_adbudget/campaign/{summer.pk}/change/\n"
        "\n"
        "-- \n"
        "The figures are those of the moment at which each alert was raised.\n"
    )
    assert BudgetAlert.objects.filter(sent_at__isnull=True).count() == 0
    services.send_alerts(now=NOW + timedelta(minutes=2))
    assert len(mail.outbox) == 1


def test_a_forecast_says_when() -> None:
    brand = make_brand(name="Acme", monthly_budget=100, timezone="Asia/Tokyo")
    services.record_spend(make_campaign(brand), 60, now=NOW)
    message = told()
    assert message.subject == "Acme: monthly budget about to be reached"
    assert "  At 60.00 EUR an hour it is reached at 20:41 Tokyo, in 40 min.\n" in text_of(message)
    assert "https://" not in message.body


def test_a_name_forges_neither_a_header_nor_a_line() -> None:
    brand = make_brand(name="Acme\r\nBcc: all@example.com\u2028\x07\n\nPay here", daily_budget=10)
    services.record_spend(make_campaign(brand, daily_budget=8, name="One\n\nTwo <b>"), 10, now=NOW)
    message = told()
    sent = message.message()
    assert message.subject == "Acme Bcc: all@example.com Pay here: daily budget reached, and 1 more alert"
    assert sent["Bcc"] is None
    assert message.recipients() == ["ads@example.com"]
    assert "One Two <b>: daily budget reached" in text_of(message)
    assert "Bcc" not in [line.partition(":")[0] for line in message.body.splitlines()]
    html = str(message.alternatives[0][0])
    assert "One Two &lt;b&gt;: daily" in html
    assert "<b>" not in html


def test_html_says_the_same_and_loads_nothing() -> None:
    brand = make_brand(name="Acme", daily_budget=10)
    services.record_spend(make_campaign(brand), 9, at=NOW - timedelta(hours=2), now=NOW)
    message = told(base_url="https://ads.example.com")
    html, kind = message.alternatives[0]
    assert kind == "text/html"
    seen = re.sub(r"<[^>]+>", "", str(html).replace("\N{NO-BREAK SPACE}", " "))
    for line in ("Acme: 80 % of the daily budget spent", "12:00 Berlin: 9.00 EUR of 10.00 EUR spent"):
        assert line in seen
    assert 'href="https://ads.example.com/admin/' in str(html)
    assert not re.search(r"<(img|script|link|style)|url\(|@import", str(html))
    assert 'lang="en-us"' in str(html)


def people(brand: Brand) -> Iterator[str | Recipient]:
    yield "ads@example.com"
    yield Recipient("chef@example.com", "de")
    yield f"{brand.currency}@example.com".lower()


def test_recipients_of_a_brand_each_in_their_language() -> None:
    brand = make_brand(name="Acme", daily_budget=5000)
    services.record_spend(make_campaign(brand), money("2500.5"), now=NOW)
    with override_settings(ADBUDGET=channel(recipients=f"{__name__}.people", reply_to=["us@example.com"])):
        services.send_alerts(now=NOW)
    english, german = mail.outbox
    assert (english.to, german.to) == (["ads@example.com", "eur@example.com"], ["chef@example.com"])
    assert "2,500.50" in english.body
    assert "2.500,50" in german.body
    assert german.reply_to == ["us@example.com"]
    assert german.message()["Content-Language"] == "de"
    assert german.message()["Auto-Submitted"] == "auto-generated"


class Refusing(EmailBackend):
    """A server that does not know one of the recipients."""

    knows_all = False

    def send_messages(self, messages: Any) -> int:
        if not Refusing.knows_all and any("chef@example.com" in message.to for message in messages):
            raise smtplib.SMTPRecipientsRefused({"chef@example.com": (550, b"no such user")})
        return super().send_messages(messages)


def test_what_is_refused_in_one_language_comes_again_in_no_other(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.Refusing"
    settings.ADBUDGET = channel(recipients=f"{__name__}.people") | {"ALERT_FORECAST_MINUTES": None}
    brand = make_brand(name="Acme", daily_budget=100)
    campaign = make_campaign(brand)
    services.record_spend(campaign, 50, now=NOW)
    later = [NOW + timedelta(hours=2 * n) for n in range(8)]
    for now in later[:6]:
        services.send_alerts(now=now)
    assert [message.to for message in mail.outbox] == [["ads@example.com", "eur@example.com"]]
    assert "550" in AlertDelivery.objects.get().last_error
    assert BudgetAlert.objects.get().sent_at is None

    services.record_spend(campaign, 50, now=later[6])
    services.send_alerts(now=later[6] + timedelta(minutes=1))
    services.send_alerts(now=later[6] + timedelta(minutes=2))
    assert [len(message.to) for message in mail.outbox] == [2, 2]
    assert "100" in mail.outbox[1].body

    monkeypatch.setattr(Refusing, "knows_all", True)
    for hours in (1, 2, 3, 4):
        services.send_alerts(now=later[7] + timedelta(hours=hours))
    assert [message.to for message in mail.outbox[2:]] == [["chef@example.com"]]
    assert not BudgetAlert.objects.filter(sent_at=None).exists()


def nobody(brand: Brand) -> list[str]:
    return []


def test_a_brand_of_whom_nobody_wants_to_hear_is_done(settings: Any) -> None:
    settings.ADBUDGET = {"ALERT_CHANNELS": [{"CHANNEL": MAIL, "OPTIONS": {"recipients": f"{__name__}.nobody"}}]}
    services.record_spend(make_campaign(make_brand(daily_budget=10)), 9, now=NOW)
    assert services.send_alerts(now=NOW).sent == 1
    assert not mail.outbox


def test_an_alert_that_comes_late_promises_nothing_that_is_over() -> None:
    """A mail server away for days: the day is over, and the time says which it was."""
    services.record_spend(make_campaign(make_brand(name="Acme", daily_budget=10)), 10, now=NOW)
    services.send_alerts(now=NOW + timedelta(days=2))
    body = mail.outbox[0].body
    assert "stop" not in body
    assert "March 11, 12:00 Berlin: 10.00" in body


def test_a_brand_of_unknown_zone_is_told_of_in_utc() -> None:
    """T7."""
    brand = make_brand(daily_budget=10)
    services.record_spend(make_campaign(brand), 9, now=NOW)
    Brand.objects.update(timezone="Mars/Phobos")
    assert "11:00 UTC: 9.00" in told().body


def test_a_channel_needs_recipients() -> None:
    assert [message.id for message in MailChannel().check()] == ["adbudget.E031"]
    assert [*MailChannel(to="ads@example.com").check()] == []


@pytest.mark.parametrize(("timeout", "found"), [(None, ["adbudget.W030"]), (10, [])])
def test_a_mail_server_needs_a_time_out(settings: Any, timeout: int | None, found: list[str]) -> None:
    backend = "django.core.mail.backends.smtp.EmailBackend"
    if hasattr(settings, "MAILERS"):  # from Django 6.1 on
        settings.MAILERS = {"default": {"BACKEND": backend, "OPTIONS": {"timeout": timeout}}}
    else:
        settings.EMAIL_BACKEND, settings.EMAIL_TIMEOUT = backend, timeout
    assert [message.id for message in MailChannel(to=["ads@example.com"]).check()] == found
