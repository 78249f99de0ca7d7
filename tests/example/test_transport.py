"""The example's broker: processes write, read and bind at once; nothing is lost and nothing comes twice."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent
EXAMPLE = HERE.parents[1] / "example_project"
TRANSPORT = "config.transport:Transport"
PRODUCERS, MESSAGES, CONSUMERS, BINDERS, BINDINGS = 4, 500, 3, 3, 100
DEADLINE = 120

Start = Callable[[str, str, int], "subprocess.Popen[str]"]


@pytest.fixture
def broker(tmp_path: Path) -> Path:
    for folder in ("messages", "control"):
        (tmp_path / folder).mkdir()
    return tmp_path


@pytest.fixture
def start(broker: Path) -> Iterator[Start]:
    started: list[subprocess.Popen[str]] = []

    def start_one(role: str, name: str, count: int) -> subprocess.Popen[str]:
        command = [sys.executable, str(HERE / "broker_process.py"), role, TRANSPORT]
        command += [str(broker), name, str(count)]
        env = {**os.environ, "PYTHONPATH": str(EXAMPLE)}
        with (broker / f"{name}.out").open("w") as out:
            process = subprocess.Popen(command, env=env, text=True, stdout=out, stderr=subprocess.PIPE)
        started.append(process)
        return process

    yield start_one
    for process in started:
        process.kill()
        process.communicate()


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline, "the processes of the test did not get ready"
        time.sleep(0.01)


def ended_well(process: subprocess.Popen[str]) -> None:
    _, errors = process.communicate(timeout=DEADLINE)
    assert (process.returncode, errors) == (0, "")


def test_many_processes_lose_nothing_and_double_nothing(broker: Path, start: Start) -> None:
    producers = [start("produce", f"producer{n}", MESSAGES) for n in range(PRODUCERS)]
    consumers = [start("consume", f"consumer{n}", 0) for n in range(CONSUMERS)]
    binders = [start("bind", f"binder{n}", BINDINGS) for n in range(BINDERS)]
    wait_for(lambda: len(list(broker.glob("ready-*"))) == PRODUCERS + CONSUMERS + BINDERS)

    (broker / "go").touch()
    for process in [*producers, *binders]:
        ended_well(process)
    (broker / "produced").touch()
    for process in consumers:
        ended_well(process)

    received = [line for n in range(CONSUMERS) for line in (broker / f"consumer{n}.out").read_text().split()]
    sent = [f"producer{n}-{number}" for n in range(PRODUCERS) for number in range(MESSAGES)]
    assert sorted(received) == sorted(sent)
    assert list((broker / "messages").iterdir()) == []
    bound = {queue for _, _, queue in json.loads((broker / "control" / "work.exchange").read_text())}
    assert bound == {"work", *(f"binder{n}-stays" for n in range(BINDERS))}


def test_messages_come_in_the_order_of_sending(broker: Path, start: Start) -> None:
    (broker / "go").touch()
    ended_well(start("produce", "one", 50))
    (broker / "produced").touch()
    ended_well(start("consume", "reader", 0))
    assert (broker / "reader.out").read_text().split() == [f"one-{number}" for number in range(50)]
