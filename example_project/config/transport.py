"""Celery without a server: messages are files in a folder.

kombu's own filesystem transport loses messages: a reader can move a file away before its writer has filled
it, binding truncates a table that another process is reading, two first binders overwrite each other, and a
claim that crosses file systems can be made twice. Here a message and a table come into being by a rename, a
claim is a rename within the folder, and one lock covers every look at the tables and every change of them.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty
from typing import Any

from kombu.exceptions import ChannelError
from kombu.transport import filesystem, virtual
from kombu.transport.filesystem import LOCK_EX, LOCK_SH, lock, unlock  # type: ignore[attr-defined]
from kombu.utils.encoding import bytes_to_str, str_to_bytes
from kombu.utils.json import dumps, loads

Binding = tuple[str, str, str]
"""Routing key, pattern, queue."""


class Channel(filesystem.Channel):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for folder in (self.data_folder_in, self.data_folder_out, self.control_folder):
            Path(folder).mkdir(parents=True, exist_ok=True)

    def _put(self, queue: str, payload: Any, **kwargs: Any) -> None:  # type: ignore[override]
        # Wall-clock nanoseconds of fixed width: names sort by time of sending, also across a restart.
        name = f"{time.time_ns():020d}_{uuid.uuid4()}.{queue}.msg"
        try:
            _write_whole(Path(self.data_folder_out, name), payload)
        except OSError as error:
            raise ChannelError(f"Cannot write {name!r} to {self.data_folder_out!r}: {error}") from error

    def _get(self, queue: str, timeout: float | None = None) -> Any:
        for name in self._waiting(queue):
            claimed = Path(self.data_folder_in, f"{name}.claimed-{uuid.uuid4()}")
            try:
                # One of the readers that try succeeds; the new name does not end in .msg: nobody tries again.
                Path(self.data_folder_in, name).rename(claimed)
            except OSError:
                continue
            payload = claimed.read_bytes()
            claimed.unlink()
            return loads(bytes_to_str(payload))
        raise Empty

    def _waiting(self, queue: str) -> list[str]:
        suffix = f"{queue}.msg"
        names = (file.name for file in Path(self.data_folder_in).iterdir())
        return sorted(name for name in names if name.partition(".")[2] == suffix)

    def get_table(self, exchange: str) -> list[Binding]:  # type: ignore[override]
        with self._table_lock(LOCK_SH):
            return self._read_table(exchange)

    def _queue_bind(self, exchange: str, routing_key: str | None, pattern: str | None, queue: str | None) -> None:
        binding = (routing_key or "", pattern or "", queue or "")
        with self._table_lock(LOCK_EX):
            table = self._read_table(exchange)
            if binding not in table:
                _write_whole(self._table_file(exchange), [binding, *table])

    def _delete(
        self,
        queue: str,
        exchange: str,
        routing_key: str | None,
        pattern: str | None,
        *args: Any,
        **kwargs: Any,
    ) -> None:
        self._purge(queue)
        binding = (routing_key or "", pattern or "", queue or "")
        with self._table_lock(LOCK_EX):
            table = self._read_table(exchange)
            if binding in table:
                _write_whole(self._table_file(exchange), [row for row in table if row != binding])

    def _read_table(self, exchange: str) -> list[Binding]:
        try:
            rows = loads(self._table_file(exchange).read_text())
        except FileNotFoundError:
            return []
        return [(key, pattern, queue) for key, pattern, queue in rows]

    def _table_file(self, exchange: str) -> Path:
        if Path(exchange).name != exchange:
            raise ChannelError(f"{exchange!r} cannot name an exchange: it would lead out of the folder")
        return self.control_folder / f"{exchange}.exchange"

    @contextmanager
    def _table_lock(self, mode: int) -> Iterator[None]:
        # A file of its own: a lock on a table would be a lock on a file that the next rename replaces.
        with (self.control_folder / "tables.lock").open("a") as handle:
            lock(handle, mode)
            try:
                yield
            finally:
                unlock(handle)


class Transport(filesystem.Transport):
    Channel = Channel
    # Not shared with the stock transport, should one process use both.
    global_state = virtual.BrokerState()


def _write_whole(target: Path, content: Any) -> None:
    """Readers see the file with all of its content, or do not see it."""
    draft = target.with_name(f"draft-{uuid.uuid4()}")
    draft.write_bytes(str_to_bytes(dumps(content)))
    draft.replace(target)
