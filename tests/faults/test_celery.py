"""Celery while its workers are killed, its broker forgets and restarts, and beat is away for hours.

Rules D5 and S5: the sender keeps each spend until it is in the ledger; statuses are right one tick after the last
fault."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import psycopg
import pytest
from celery import Celery
from kombu.exceptions import OperationalError

from .machines import ROOT, Machine, environment, expect_exact, on_stage, postgres, redis, table, wait_for
from .plan import CAMPAIGNS, Spend
from .size import part_of

pytestmark = [pytest.mark.faults, pytest.mark.integration]

SPENDS, WORKERS, BEATS = part_of(20_000), 2, 2
WORKER_KILLS, FLUSHES, RESTARTS, ABSENCES = part_of(50), part_of(5), part_of(5), part_of(3)
HOURS = 9
"""Each absence of both beats lasts so long, by the clock of workers and ledger."""
SENT_AGAIN_AFTER = 2.0
"""Seconds, and twice as many each time: or workers that are slow would get nothing but what they have had."""
IN_FLIGHT = 50


class Process:
    """One of Celery's, that has another in its place at once when it is killed."""

    def __init__(self, arguments: list[str], env: dict[str, str], log: Path) -> None:
        self._command = [sys.executable, "-m", "celery", "-A", "tests.faults.celery_site", *arguments]
        self._env, self._log = env, log
        self.start()

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, cwd=ROOT, env=self._env, stdout=log, stderr=log, start_new_session=True
            )

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def replace(self) -> None:
        self.kill()
        self.start()


class Sender:
    """Keeps what it has sent until the ledger has it, and sends it again until then."""

    def __init__(self, app: Celery, database: str, campaigns: list[list[int]]) -> None:
        self._app, self._campaigns = app, campaigns
        self._ledger = psycopg.connect(database, autocommit=True)
        self._waiting = list(reversed(range(SPENDS)))
        self._kept: dict[int, float] = {}
        self._sendings: Counter[int] = Counter()
        self.met: Counter[str] = Counter()
        self.recorded = 0

    def close(self) -> None:
        self._ledger.close()

    def turn(self) -> None:
        """Sends what is new and what has waited for long, and forgets what the ledger has."""
        while self._waiting and len(self._kept) < IN_FLIGHT:
            self._send(self._waiting.pop())
        now = time.monotonic()
        for number in [number for number, due in self._kept.items() if now > due]:
            self.met["sent again"] += 1
            self._send(number)
        self._forget_recorded()

    def _send(self, number: int) -> None:
        self._kept[number] = time.monotonic() + SENT_AGAIN_AFTER * 2 ** self._sendings[number]
        self._sendings[number] += 1
        spend = Spend(number)
        arguments = [self._campaigns[spend.campaign][1], str(spend.amount)]
        try:
            self._app.send_task(
                "adbudget.record_spend", arguments, {"idempotency_key": spend.key}, retry=False, ignore_result=True
            )
        except (OperationalError, OSError) as error:
            self.met[f"broker: {type(error).__name__}"] += 1
            return
        self.met["messages"] += 1

    def _forget_recorded(self) -> None:
        keys = [Spend(number).key for number in self._kept]
        found = self._ledger.execute(
            "SELECT idempotency_key FROM django_adbudget_spendrecord WHERE idempotency_key = ANY(%s)", [keys]
        )
        for (key,) in found.fetchall():
            del self._kept[int(key.split()[1])]
            self.recorded += 1


def test_the_ledger_is_exact_and_statuses_are_right_one_tick_later(tmp_path: Path) -> None:
    began = time.monotonic()
    clock = tmp_path / "clock"
    clock.write_text("0")
    with ExitStack() as stack:
        database = stack.enter_context(postgres())
        broker, url = stack.enter_context(redis())
        env = environment(database.url, ADBUDGET_FAULTS_BROKER=url, ADBUDGET_FAULTS_CLOCK=str(clock))
        told = on_stage("prepare", SPENDS, env)
        workers, beats = crew(stack, env, tmp_path)
        app = stack.enter_context(Celery("sender", broker=url, set_as_current=False))
        app.conf.broker_transport_options = {"socket_connect_timeout": 2, "socket_timeout": 2}
        sender = Sender(app, database.url, told["campaigns"])
        stack.callback(sender.close)
        absence = Absence(beats, clock)
        storm(sender, faults(workers, absence, broker))
        flush(broker)  # no tick that waits there mends what the last absence leaves
        absence.begin()
        stale = on_stage("compare", SPENDS, env)["out_of_date"]
        absence.end()
        late = seconds_until_a_tick(database.url, clock)
        unlike = on_stage("compare", SPENDS, env)
        result = on_stage("check", SPENDS, env)
    assert unlike == {"out_of_date": []}
    expect_exact(result, SPENDS)
    rows = {
        "spends": SPENDS,
        "faults": f"{WORKER_KILLS} workers killed, broker flushed {FLUSHES} and killed {RESTARTS} times",
        "beats": f"{BEATS}, both away for {HOURS} h {ABSENCES} times",
        **dict(sorted(sender.met.items())),
        "lost, doubled": f"{result['lost']}, {result['doubled']}",
        "ledger": f"{result['total']} of {result['wanted']}",
        "changes of status": result["changes"],
        "out of date": f"{len(stale)} of {CAMPAIGNS} campaigns while beat was away, none one tick later",
        "that tick": f"{late:.1f} s after beat was back",
        "seconds": f"{time.monotonic() - began:.0f}",
    }
    print(table("Celery in a storm", rows))


def crew(stack: ExitStack, env: dict[str, str], home: Path) -> tuple[list[Process], list[Process]]:
    quiet = ["--loglevel", "warning"]
    worker = ["worker", "--pool", "solo", "--without-gossip", "--without-mingle", *quiet]
    workers = [Process([*worker, "-n", f"{n}@storm"], env, home / f"worker{n}") for n in range(WORKERS)]
    beats = [
        Process(["beat", *quiet, "-s", str(home / f"schedule{n}"), "--max-interval", "1"], env, home / f"beat{n}")
        for n in range(BEATS)
    ]
    for process in (*workers, *beats):
        stack.callback(process.kill)
    return workers, beats


class Absence:
    """Of both beats, for hours of the clock that all processes go by."""

    def __init__(self, beats: list[Process], clock: Path) -> None:
        self._beats, self._clock = beats, clock

    def __call__(self) -> None:
        self.begin()
        self.end()

    def begin(self) -> None:
        for beat in self._beats:
            beat.kill()
        moved = self._clock.with_suffix(".new")
        moved.write_text(str(float(self._clock.read_text()) + HOURS * 3600))
        moved.replace(self._clock)  # whoever reads it meanwhile finds one or the other

    def end(self) -> None:
        for beat in self._beats:
            beat.start()


def flush(broker: Machine) -> None:
    import redis as client

    with client.Redis("127.0.0.1", int(str(broker.command[2]))) as connection:
        connection.flushall()


def faults(workers: list[Process], absence: Absence, broker: Machine) -> list[Callable[[], object]]:
    """In an order by chance; all but the last absence of beat."""
    chance = random.Random("celery")

    def restart() -> None:
        broker.process.kill()
        broker.process.wait()
        broker.start()

    acts: list[Callable[[], object]] = [lambda: chance.choice(workers).replace()] * WORKER_KILLS
    acts += [partial(flush, broker)] * FLUSHES + [restart] * RESTARTS + [absence] * (ABSENCES - 1)
    chance.shuffle(acts)
    return acts


def storm(sender: Sender, acts: list[Callable[[], object]]) -> None:
    def recorded(wanted: int) -> bool:
        sender.turn()
        return sender.recorded >= wanted

    for number, act in enumerate(acts, 1):
        due = SPENDS * number // (len(acts) + 1)
        wait_for(lambda due=due: recorded(due), f"{due} spends are recorded", 300)  # type: ignore[misc]
        act()
    wait_for(lambda: recorded(SPENDS), "all spends are recorded", 300)


def seconds_until_a_tick(database: str, clock: Path) -> float:
    """Until a tick that began after now has ended, by the heartbeat that it leaves."""
    began = time.monotonic()
    now = datetime.now(UTC) + timedelta(seconds=float(clock.read_text()))
    with psycopg.connect(database, autocommit=True) as connection:

        def ticked() -> bool:
            row = connection.execute("SELECT at FROM django_adbudget_heartbeat WHERE name = 'tick'").fetchone()
            return row is not None and row[0] > now

        wait_for(ticked, "a tick")
    return time.monotonic() - began
