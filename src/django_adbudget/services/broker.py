"""The message broker, asked impatiently: nobody who waits for an answer waits for a broker that is away (rule D2)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from celery import current_app
from kombu import Connection
from kombu.pools import producers

SECONDS = 1.0
#: Celery's own pool would try for six seconds. Transports take what they know of these and leave the rest.
_IMPATIENT = {"max_retries": 0, "socket_connect_timeout": SECONDS, "socket_timeout": 2 * SECONDS}


def connection() -> Connection:
    """A connection that is not tried twice, to be closed by the caller or a pool."""
    found: Connection = current_app.connection_for_write(connect_timeout=SECONDS, transport_options=_IMPATIENT)
    return found


@contextmanager
def producer() -> Iterator[Any]:
    """A pooled producer for one message. What is sent with it raises soon if the broker is away."""
    with producers[connection()].acquire(block=True, timeout=SECONDS) as found:
        yield found


def address() -> str:
    """Where the broker is, without its password."""
    with connection() as found:
        return str(found.as_uri()).replace("://:**@", "://")


def fault() -> str | None:
    """Why the broker does not answer; None if it does."""
    try:
        with connection() as found:
            _ = found.default_channel
    except Exception as error:  # noqa: BLE001  a broker fails in as many ways as there are transports
        return str(error) or type(error).__name__
    return None
