"""One process of the transport's test: `broker_process.py ROLE TRANSPORT FOLDER NAME COUNT`.

Run by hand with `filesystem` as the transport it shows what kombu's own does.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

from kombu import Connection, Exchange, Message, Queue

WORK = Queue("work", Exchange("work", type="direct"), routing_key="work")


def connect(transport: str, folder: Path) -> Connection:
    options = {
        "data_folder_in": str(folder / "messages"),
        "data_folder_out": str(folder / "messages"),
        "control_folder": str(folder / "control"),
        "polling_interval": 0.005,
    }
    return Connection("filesystem://", transport=transport, transport_options=options)


def produce(connection: Connection, name: str, count: int, folder: Path) -> None:
    with connection.Producer() as producer:
        for number in range(count):
            body = {"id": f"{name}-{number}", "padding": "x" * 2_000}
            producer.publish(body, exchange=WORK.exchange, routing_key="work", declare=[WORK])


def consume(connection: Connection, name: str, count: int, folder: Path) -> None:
    """Prints the ids it was given, until all producers have ended and nothing has waited for a second."""

    def received(body: dict[str, str], message: Message) -> None:
        print(body["id"])
        message.ack()

    with connection.Consumer(WORK, callbacks=[received]):
        while True:
            try:
                connection.drain_events(timeout=1)
            except TimeoutError:
                if (folder / "produced").exists():
                    return


def bind(connection: Connection, name: str, count: int, folder: Path) -> None:
    """Comes and goes `count` times as a worker's control queue does, then stays with one queue more."""
    channel = connection.default_channel
    for number in range(count):
        leaving = Queue(f"{name}-{number}", WORK.exchange, routing_key="other", channel=channel)
        leaving.declare()
        leaving.delete()
    Queue(f"{name}-stays", WORK.exchange, routing_key="other", channel=channel).declare()


ROLES: dict[str, Callable[[Connection, str, int, Path], None]] = {
    "produce": produce, "consume": consume, "bind": bind,
}  # fmt: skip


def main(role: str, transport: str, folder: str, name: str, count: str) -> None:
    with connect(transport, Path(folder)) as connection:
        connection.connect()
        Path(folder, f"ready-{name}").touch()
        while not Path(folder, "go").exists():  # all start at once, so that the first bindings collide
            time.sleep(0.001)
        ROLES[role](connection, name, int(count), Path(folder))


if __name__ == "__main__":
    main(*sys.argv[1:])
