"""Signed messages: to whom they go, to whom they never go, and what is made of the answer (rules D1, D2)."""

from __future__ import annotations

import json
import re
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks

from django_adbudget import services, webhooks
from django_adbudget.models import Campaign
from django_adbudget.platforms import Order, WebhookBackend
from django_adbudget.webhooks import WebhookError, WebhookRefused, is_public, post_signed
from tests.factories import make_campaign

from .answering import Receiver, answering

PAGE = Path(__file__).parents[2] / "docs" / "webhook.md"
SECRET = "mJ6CkWPGdNQ3i9XqN4kRVVgWwF2mXJ5lkDgY0uyhJ5E"
ORDERS = [Order(7, "120210", 2, "STOP", 4), Order(9, None, 2, "RUN", 1)]
HERE: dict[str, Any] = {"allow_private": ["127.0.0.0/8", "::1"], "allow_http": True}


def send(url: str, **options: Any) -> tuple[int, bytes]:
    return post_signed(url, {"type": "test"}, **{"secrets": [SECRET], "timeout": 5.0, **HERE, **options})


# The signature


@pytest.fixture
def documented() -> dict[str, Any]:
    """The receiver of the documentation, as whoever reads the page would copy it."""
    code = re.search(r"```python\n# receiver.py\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert code is not None
    names: dict[str, Any] = {}
    exec(code[1], names)
    return names


@pytest.mark.django_db
def test_a_receiver_written_from_the_documentation_alone_verifies(documented: dict[str, Any], settings: Any) -> None:
    campaign = make_campaign(external_id="120210")
    with answering(documented["receive"]) as receiver:
        options = {"url": receiver.url, "secret": SECRET, **HERE}
        config = {"BACKEND": "django_adbudget.platforms.WebhookBackend", "OPTIONS": options}
        settings.ADBUDGET = {"PLATFORM_BACKEND": config}
        assert services.deliver_status_changes().done == 1
        settings.ADBUDGET = {"PLATFORM_BACKEND": {**config, "OPTIONS": {**options, "secret": "another" * 5}}}
        services.deactivate_campaign(campaign)
        assert services.deliver_status_changes().failed == 1
    assert documented["carried_out"] == {campaign.pk: 1}
    assert "answered 401" in Campaign.objects.get().platform_order.last_error
    # Who overheard the request cannot send it again.
    headers, body = receiver.requests[0]
    assert documented["receive"](headers["Adbudget-Signature"], body)[0] == 409
    message = json.loads(body)
    assert message["id"] == headers["Adbudget-Id"]
    order = {"campaign_id": campaign.pk, "external_id": "120210", "brand_id": campaign.brand_id}
    assert message["orders"] == [{**order, "action": "RUN", "generation": 1}]


def test_while_a_secret_is_changed_both_sign(documented: dict[str, Any]) -> None:
    with answering(lambda signature, body: (204, b"")) as receiver:
        send(receiver.url, secrets=["the new one" * 4, SECRET])
    headers, body = receiver.requests[0]
    assert headers["Adbudget-Signature"].count("v1=") == 2
    assert documented["is_signed"](headers["Adbudget-Signature"], body, time.time())
    documented["SECRET"] = "the new one" * 4
    assert documented["is_signed"](headers["Adbudget-Signature"], body, time.time())
    documented["SECRET"] = "neither of them"
    assert not documented["is_signed"](headers["Adbudget-Signature"], body, time.time())


@pytest.mark.parametrize("secrets", [[], [""], ["good enough", ""]])
def test_nothing_goes_unsigned(secrets: list[str]) -> None:
    with pytest.raises(WebhookRefused, match="needs a secret"):
        send("http://127.0.0.1:1/", secrets=secrets)


# The address


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


def resolving_to(*addresses: str) -> Any:
    def getaddrinfo(host: str, port: int, **options: Any) -> list[Any]:
        found = []
        for address in addresses:
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            sockaddr = (address, port, 0, 0) if ":" in address else (address, port)
            found.append((family, socket.SOCK_STREAM, 6, "", sockaddr))
        return found

    return getaddrinfo


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "::ffff:127.0.0.1", "0.0.0.0"])
def test_a_name_that_resolves_to_this_machine_is_refused(
    address: str, listener: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing even connects."""
    monkeypatch.setattr(socket, "getaddrinfo", resolving_to(address))
    port = listener.getsockname()[1]
    with pytest.raises(WebhookRefused, match=r"ads\.example\.com is not on the Internet"):
        send(f"http://ads.example.com:{port}/", allow_private=["10.0.0.0/8", "other.example.com"])
    with pytest.raises(BlockingIOError):
        listener.accept()


@pytest.mark.parametrize("host", ["localhost", "2130706433", "0x7f.1", "127.1", "[::1]", "[::ffff:7f00:1]"])
def test_however_this_machine_is_written(host: str, listener: socket.socket) -> None:
    with pytest.raises((WebhookRefused, WebhookError)):
        send(f"http://{host}:{listener.getsockname()[1]}/", allow_private=[])
    with pytest.raises(BlockingIOError):
        listener.accept()


def test_the_name_is_asked_once_and_the_address_looked_at_is_the_one_connected_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A name that means another address a moment later gains nothing by it."""
    asked: list[str] = []
    with answering(lambda signature, body: (200, b"")) as receiver:
        port = int(receiver.url.split(":")[2].split("/")[0])

        def getaddrinfo(host: str, at: int, **options: Any) -> list[Any]:
            asked.append(host)
            return list(resolving_to("127.0.0.1" if len(asked) == 1 else "203.0.113.9")(host, at))

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
        assert send(f"http://ads.example.com:{port}/", allow_private=["127.0.0.1"])[0] == 200
    assert asked == ["ads.example.com"]
    assert receiver.requests[0][0]["Host"] == f"ads.example.com:{port}"


@pytest.mark.parametrize("listed", ["127.0.0.1", "127.0.0.0/8", "localhost", "LOCALHOST"])
def test_what_is_listed_may_be_private(listed: str) -> None:
    with answering(lambda signature, body: (200, b"heard")) as receiver:
        assert send(receiver.url, allow_private=[listed, "::1"]) == (200, b"heard")


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with answering(lambda signature, body: (200, b"")) as receiver:
        assert send(receiver.url)[0] == 200


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1111", True),
        ("64:ff9b::808:808", True),
        *[(address, False) for address in ("10.1.2.3", "172.16.0.1", "192.168.1.1", "127.8.8.8", "0.0.0.0")],
        *[(address, False) for address in ("169.254.169.254", "100.64.0.1", "192.0.2.1", "224.0.0.1", "240.0.0.1")],
        *[(address, False) for address in ("255.255.255.255", "::", "::1", "fe80::1", "fc00::1", "fec0::1", "ff02::1")],
        *[(address, False) for address in ("::ffff:10.0.0.1", "::7f00:1", "64:ff9b::7f00:1", "2002:7f00:1::")],
        ("2001:db8::1", False),
    ],
)
def test_addresses(address: str, public: bool) -> None:
    assert is_public(ip_address(address)) is public


# The URL


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://ads.example.com/", "not encrypted"),
        ("ftp://ads.example.com/", "must be https"),
        ("https:///orders/", "must be https"),
        ("https://ads.example.com:port/", "cannot be read"),
        ("https://ads.example.com:70000/", "cannot be read"),
        ("https://[::1/", "cannot be read"),
        ("https://user:word@ads.example.com/", "must not hold a password"),
        ("", "must be https"),
    ],
)
def test_urls_that_are_refused(url: str, why: str) -> None:
    with pytest.raises(WebhookRefused, match=why):
        send(url, allow_http=False)


def test_checks(settings: Any) -> None:
    def found(**options: Any) -> dict[str, str]:
        config = {"BACKEND": "django_adbudget.platforms.WebhookBackend", "OPTIONS": options}
        settings.ADBUDGET = {"PLATFORM_BACKEND": config}
        return {m.id: m.msg for m in run_checks() if m.id and m.id.startswith("adbudget")}

    assert found(url="https://ads.example.com/", secret=SECRET) == {}
    assert set(found()) == {"adbudget.E020", "adbudget.E021"}
    assert "not encrypted" in found(url="http://ads.example.com/", secret=[SECRET, SECRET])["adbudget.E020"]
    assert set(found(url="https://ads.example.com/", secret="short")) == {"adbudget.W020"}
    assert set(found(url="https://ads.example.com/", secret=SECRET, sceret="x")) == {"adbudget.E005"}


# The answer


def test_a_redirect_is_an_answer_like_another() -> None:
    with answering(lambda signature, body: (302, b"", {"Location": "http://169.254.169.254/"})) as receiver:
        assert send(receiver.url)[0] == 302
        with pytest.raises(WebhookError, match="answered 302"):
            WebhookBackend(url=receiver.url, secret=SECRET, **HERE).apply(ORDERS)


@pytest.mark.parametrize("how", ["silent", "a byte at a time"])
def test_the_time_out_is_for_everything_together(how: str) -> None:
    over = threading.Event()

    def serve(server: socket.socket) -> None:
        peer, _ = server.accept()
        with peer:
            while not over.wait(0.05):
                if how != "silent":
                    peer.send(b"H")

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve, args=[server])
        thread.start()
        began = time.monotonic()
        try:
            with pytest.raises(WebhookError, match=r"within 0\.5 s"):
                send(f"http://127.0.0.1:{server.getsockname()[1]}/secret-path", timeout=0.5)
        finally:
            over.set()
            thread.join()
    assert time.monotonic() - began < 5


def test_a_resolver_that_hangs_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **options: over.wait(20))
    try:
        with pytest.raises(WebhookError, match=r"within 0\.3 s"):
            send("http://ads.example.com/", timeout=0.3)
    finally:
        over.set()


def test_an_answer_without_end_is_not_read_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "LONGEST_ANSWER", 1000)
    with answering(lambda signature, body: (200, b"x" * 1000)) as receiver:
        assert len(send(receiver.url)[1]) == 1000
    with answering(lambda signature, body: (200, b"x" * 1001)) as receiver, pytest.raises(WebhookError, match="1,000"):
        send(receiver.url)


@pytest.mark.parametrize(
    ("body", "results"),
    [
        (b"", [(7, True, ""), (9, True, "")]),
        (b"thanks", [(7, True, ""), (9, True, "")]),
        (b'{"results": [{"campaign_id": 7, "ok": true}]}', [(7, True, "")]),
        (b'{"results": [{"campaign_id": 9, "ok": "yes", "error": "no"}, 5]}', [(9, False, "no")]),
        (b'{"results": [{"campaign_id": 9}]}', [(9, False, "refused")]),
    ],
)
def test_results(body: bytes, results: list[tuple[int, bool, str]]) -> None:
    with answering(lambda signature, sent: (202, body)) as receiver:
        found = WebhookBackend(url=receiver.url, secret=SECRET, **HERE).apply(ORDERS)
    assert [(result.campaign_id, result.ok, result.error) for result in found] == results


def test_results_that_are_no_list() -> None:
    with answering(lambda signature, sent: (200, b'{"results": {}}')) as receiver, pytest.raises(WebhookError):
        WebhookBackend(url=receiver.url, secret=SECRET, **HERE).apply(ORDERS)


def test_errors_do_not_tell_path_or_query() -> None:
    with pytest.raises(WebhookError) as caught:
        send("http://127.0.0.1:1/secret-path?token=secret")
    assert "secret" not in str(caught.value)


# Encryption


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("authority")
    openssl = shutil.which("openssl")
    assert openssl, "install openssl"
    names = ["-subj", "/CN=ads.example.com", "-addext", "subjectAltName=DNS:ads.example.com"]
    files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    kind = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    subprocess.run([openssl, *kind, *names, *files], check=True, capture_output=True)
    return folder


def encrypted(authority: Path) -> Any:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority / "cert.pem", authority / "key.pem")
    return answering(lambda signature, body: (200, b"in private"), context=context)


def port_of(receiver: Receiver) -> int:
    return int(receiver.url.split(":")[2].split("/")[0])


def test_the_certificate_is_the_names_whatever_address_it_has(authority: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", resolving_to("127.0.0.1"))
    ca_file = str(authority / "cert.pem")
    with encrypted(authority) as receiver:
        url = f"https://ads.example.com:{port_of(receiver)}/"
        assert send(url, allow_http=False, ca_file=ca_file) == (200, b"in private")
        with pytest.raises(WebhookError, match="CERTIFICATE_VERIFY_FAILED"):
            send(url, allow_http=False)
        with pytest.raises(WebhookError, match="CERTIFICATE_VERIFY_FAILED"):
            send(url.replace("ads.", "other."), allow_http=False, ca_file=ca_file)
