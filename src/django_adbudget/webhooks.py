"""Signed messages to other people's servers, sent so that no name in an URL leads into the private network.

The signature is ``HMAC-SHA256(secret, "<t>." + body)`` in hex, in the header ``Adbudget-Signature: t=<t>,v1=<hex>``,
where ``t`` is in seconds since 1970; there is one ``v1`` for each secret in force. Receivers read ``docs/webhook.md``.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import io
import json
import queue
import socket
import ssl
import threading
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any
from urllib.parse import SplitResult, urlsplit

from django.core.serializers.json import DjangoJSONEncoder

from . import __version__
from .clock import instant

SIGNATURE_HEADER = "Adbudget-Signature"
ID_HEADER = "Adbudget-Id"
#: Bytes of an answer that are read; one that is longer is a fault.
LONGEST_ANSWER = 1024 * 1024
_CONNECT_SECONDS = 5.0
# The last 32 bits of such an address are an IPv4 address, to which a gateway connects.
_TRANSLATED = IPv6Network("64:ff9b::/96")

Address = IPv4Address | IPv6Address


class WebhookError(OSError):
    """Nothing was heard, or nothing that could be read: the receiver may or may not have acted."""


class WebhookRefused(WebhookError):
    """Not sent: the URL, or every address to which its name resolves, is one to which nothing may be sent."""


def post_signed(
    url: str,
    payload: Mapping[str, Any],
    *,
    secrets: Sequence[str],
    timeout: float,
    allow_private: Sequence[str] = (),
    allow_http: bool = False,
    ca_file: str | None = None,
    now: datetime | None = None,
) -> tuple[int, bytes]:
    """POST ``payload`` as JSON, signed by each of ``secrets``; gives status and body of the answer.

    ``id``, by which a receiver knows a message that it has had, is a new one unless the payload brings its own.
    ``timeout``: seconds for everything together. ``allow_private`` lists names, addresses and networks that may be
    private; ``allow_http`` leaves encryption out; ``ca_file`` replaces the system's authorities. No redirect is
    followed and no proxy used. Raises ``WebhookRefused`` before anything is sent, ``WebhookError`` after.
    """
    deadline = time.monotonic() + timeout
    parts = parse(url, allow_http=allow_http)
    identity = str(payload.get("id") or uuid.uuid4())
    body = json.dumps({**payload, "id": identity}, cls=DjangoJSONEncoder, separators=(",", ":")).encode()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": f"django-adbudget/{__version__}",
        "Accept-Encoding": "identity",
        "Connection": "close",
        ID_HEADER: identity,
        SIGNATURE_HEADER: signature(body, secrets, int(instant(now).timestamp())),
    }
    connection = _PinnedConnection(parts, deadline, allow_private, ca_file)
    try:
        connection.request("POST", _target(parts), body, headers)
        response = connection.getresponse()
        answer = response.read(LONGEST_ANSWER + 1)
    except WebhookError:
        raise
    except TimeoutError as error:
        raise WebhookError(f"{_place(parts)} did not answer within {timeout:g} s") from error
    except (OSError, http.client.HTTPException) as error:
        raise WebhookError(f"{_place(parts)}: {_words(error)}") from error
    finally:
        connection.close()
    if len(answer) > LONGEST_ANSWER:
        raise WebhookError(f"{_place(parts)} answered with more than {LONGEST_ANSWER:,} bytes")
    return response.status, answer


def signature(body: bytes, secrets: Sequence[str], timestamp: int) -> str:
    """The value of ``Adbudget-Signature``. Raises ``WebhookRefused`` without a secret."""
    if not secrets or not all(secrets):
        raise WebhookRefused("a webhook is signed: it needs a secret")
    signed = b"%d." % timestamp + body
    digests = (hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() for secret in secrets)
    return ",".join([f"t={timestamp}", *(f"v1={digest}" for digest in digests)])


def parse(url: str, *, allow_http: bool) -> SplitResult:
    """The parts of a URL to which messages may go. Raises ``WebhookRefused`` with what is wrong with it."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
        (host or "").encode("idna")
    except ValueError as error:
        raise WebhookRefused(f"the URL cannot be read: {error}") from error
    if parts.scheme not in {"https", "http"} or not host:
        raise WebhookRefused("the URL must be https://host/path")
    if parts.scheme == "http" and not allow_http:
        raise WebhookRefused("http is not encrypted; use https, or allow_http=True")
    if parts.username is not None or parts.password is not None:
        raise WebhookRefused("a URL must not hold a password")
    return parts


def is_public(address: Address) -> bool:
    """Whether an address belongs to the Internet, seen through the forms in which IPv6 wraps an IPv4 address."""
    if isinstance(address, IPv6Address):
        last = IPv4Address(int(address) & 0xFFFFFFFF)
        if address in _TRANSLATED:
            return is_public(last)
        compatible = last if int(address) >> 32 == 0 else None
        teredo = address.teredo[1] if address.teredo else None
        wrapped = address.ipv4_mapped or address.sixtofour or teredo or compatible
        if address.is_site_local or (wrapped is not None and not is_public(wrapped)):
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


class _PinnedConnection(http.client.HTTPConnection):
    """Resolves the name once, and connects to one of the very addresses that were looked at."""

    def __init__(self, parts: SplitResult, deadline: float, allow: Sequence[str], ca_file: str | None) -> None:
        host = str(parts.hostname)
        self._name = host if ":" in host else host.encode("idna").decode()
        super().__init__(self._name, parts.port or (443 if parts.scheme == "https" else 80))
        # The base class writes the Host header; a port that goes without saying is not in it.
        self.default_port = 443 if parts.scheme == "https" else 80
        self._context = ssl.create_default_context(cafile=ca_file) if parts.scheme == "https" else None
        self._deadline = deadline
        self._allow = allow

    def connect(self) -> None:
        plain = self._reach()
        try:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            plain.settimeout(remaining(self._deadline))
            wrapped = plain if self._context is None else self._context.wrap_socket(plain, server_hostname=self._name)
        except BaseException:
            plain.close()
            raise
        self.sock = _Deadlined(wrapped, self._deadline)

    def _reach(self) -> socket.socket:
        allowed = list(self._allowed())
        fault: OSError = WebhookRefused(
            f"{self._name} is not on the Internet: list it, its address or its network in allow_private"
        )
        for family, sockaddr in allowed:
            plain = socket.socket(family, socket.SOCK_STREAM)
            try:
                plain.settimeout(min(remaining(self._deadline), _CONNECT_SECONDS))
                plain.connect(sockaddr)
            except OSError as error:
                plain.close()
                fault = error
            else:
                return plain
        raise fault

    def _allowed(self) -> Iterator[tuple[int, tuple[Any, ...]]]:
        for family, *_, sockaddr in _resolve(self._name, self.port, remaining(self._deadline)):
            if family in {socket.AF_INET, socket.AF_INET6}:
                address = ip_address(str(sockaddr[0]).partition("%")[0])
                if is_public(address) or _is_listed(self._name, address, self._allow):
                    yield family, sockaddr


class _Deadlined:
    """A socket for one exchange: a receiver that answers a byte at a time wins no time by it."""

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self._sock = sock
        self._deadline = deadline

    def sendall(self, data: Any) -> None:
        self._sock.settimeout(remaining(self._deadline))
        self._sock.sendall(data)

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Reader(self._sock, self._deadline))

    def close(self) -> None:
        self._sock.close()


class _Reader(io.RawIOBase):
    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self._sock = sock
        # Keeps the socket open when the connection lets go of it before the answer is read.
        self._raw = sock.makefile("rb", buffering=0)
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._sock.settimeout(remaining(self._deadline))
        return self._raw.readinto(buffer) or 0

    def close(self) -> None:
        self._raw.close()
        super().close()


def remaining(deadline: float) -> float:
    """Seconds left until ``time.monotonic()`` is at the deadline. Raises ``TimeoutError`` when none are."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("timed out")
    return left


def _resolve(host: str, port: int, timeout: float) -> list[tuple[Any, ...]]:
    """What the name means. A resolver knows no time-out, so it is asked from a thread that may be left behind."""
    answers: queue.Queue[list[tuple[Any, ...]] | OSError] = queue.Queue()

    def ask() -> None:
        try:
            answers.put(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            answers.put(error if isinstance(error, OSError) else OSError(str(error)))

    threading.Thread(target=ask, name="adbudget-resolve", daemon=True).start()
    try:
        answer = answers.get(timeout=timeout)
    except queue.Empty as error:
        raise TimeoutError(f"the name {host} did not resolve in time") from error
    if isinstance(answer, OSError):
        raise answer
    return answer


def _is_listed(name: str, address: Address, listed: Sequence[str]) -> bool:
    for entry in listed:
        if entry.lower() == name.lower():
            return True
        try:
            if address in ip_network(entry, strict=False):
                return True
        except ValueError:
            continue  # a name, and not this one
    return False


def _target(parts: SplitResult) -> str:
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _place(parts: SplitResult) -> str:
    """The receiver without path and query, which are often secret."""
    return f"{parts.scheme}://{parts.netloc}"


def _words(error: Exception) -> str:
    return str(error) or type(error).__name__
