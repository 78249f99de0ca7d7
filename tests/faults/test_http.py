"""Spends over HTTP while workers, servers, connections and the database are killed; clients send again with keys.

Rules L2, L3, S5: what was answered is in the ledger, once, and nothing else is."""

from __future__ import annotations

import http.client
import json
import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.processes import HOST, free_port

from .machines import (
    PATIENCE,
    ROOT,
    Postgres,
    accepts,
    children_of,
    environment,
    expect_exact,
    kill,
    on_stage,
    postgres,
    table,
    wait_for,
)
from .plan import Spend
from .size import part_of

pytestmark = [pytest.mark.faults, pytest.mark.integration]

SPENDS, CLIENTS, WORKERS = part_of(100_000), 4, 3
WORKER_KILLS, SERVER_KILLS, TERMINATIONS, RESTARTS = part_of(50), part_of(3), part_of(20), part_of(5)
LONGEST = 1800.0
SENT_TWICE = 50
"""One spend of so many is sent again after it was answered: 2 %."""


class Site:
    """gunicorn at a port that it has again after it was killed."""

    def __init__(self, env: dict[str, str], log: Path) -> None:
        self.port, self._env, self._log = free_port(), env, log
        self._master = self._start()
        self._chance = random.Random(4)

    def _start(self) -> subprocess.Popen[bytes]:
        kind = ["--workers", str(WORKERS), "--threads", "2", "--log-level", "warning", "--bind", f"{HOST}:{self.port}"]
        command = [sys.executable, "-m", "gunicorn", *kind, "django.core.wsgi:get_wsgi_application()"]
        with self._log.open("ab") as log:
            return subprocess.Popen(command, cwd=ROOT, env=self._env, stdout=log, stderr=log, start_new_session=True)

    def wait(self) -> None:
        wait_for(lambda: accepts(self.port), "the site listens")

    def kill_worker(self) -> None:
        wait_for(lambda: children_of(self._master.pid), "there is a worker")
        kill(self._chance.choice(children_of(self._master.pid)))

    def kill(self) -> None:
        """Master first, so that it replaces no worker."""
        workers = children_of(self._master.pid)
        self._master.kill()
        self._master.wait()
        for worker in workers:
            kill(worker)
        wait_for(lambda: not any(Path(f"/proc/{worker}").exists() for worker in workers), "workers are gone")

    def restart(self) -> None:
        self.kill()
        self._master = self._start()

    @contextmanager
    def running(self) -> Iterator[Site]:
        try:
            self.wait()
            yield self
        finally:
            self.kill()


class Progress:
    """How many spends have been answered, and what clients met on the way."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self.answered, self.over, self.met = 0, False, Counter[str]()

    def note(self, *kinds: str, answered: int = 0) -> None:
        with self._guard:
            self.met.update(kinds)
            self.answered += answered

    def wait_until(self, answered: int, parts: list[Future[None]]) -> None:
        def ready() -> bool:
            return self.answered >= answered or any(part.done() for part in parts)

        wait_for(ready, f"{answered} spends are answered", LONGEST)
        for part in parts:
            if part.done():
                part.result()


class Client:
    """Sends each spend until it is answered by 200 or 201, and one of ``SENT_TWICE`` once more."""

    def __init__(self, port: int, told: dict[str, Any], progress: Progress) -> None:
        self._connection = http.client.HTTPConnection(HOST, port, timeout=10)
        self._headers = {"Authorization": f"Bearer {told['token']}", "Content-Type": "application/json"}
        self._campaigns, self._progress = told["campaigns"], progress

    def send_all(self, numbers: range) -> None:
        with closing(self._connection):
            self._send_each(numbers)

    def _send_each(self, numbers: range) -> None:
        for number in numbers:
            if self._progress.over:
                return
            first = self._send(Spend(number))
            if number % SENT_TWICE == 0:
                again = self._send(Spend(number), answered=0)
                assert again == {**first, "replayed": True}
                self._progress.note("sent twice")

    def _send(self, spend: Spend, answered: int = 1) -> dict[str, Any]:
        brand, campaign = self._campaigns[spend.campaign]
        body = json.dumps(
            {
                "brand_id": brand,
                "campaign_id": campaign,
                "amount": str(spend.amount),
                "idempotency_key": spend.key,
                "source": "storm",
            }
        )
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            answer = self._try(body)
            if answer is not None:
                self._progress.note("replayed" if answer["replayed"] else "recorded", answered=answered)
                return answer
            time.sleep(0.02)  # as a client would; the answer is the condition
        raise AssertionError(f"no answer for {spend} in {PATIENCE:.0f} s")

    def _try(self, body: str) -> dict[str, Any] | None:
        try:
            self._connection.request("POST", "/api/spend/", body, self._headers)
            response = self._connection.getresponse()
            text = response.read()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            self._progress.note(f"met {type(error).__name__}")
            return None
        if response.status == 503:
            assert json.loads(text)["success"] is False
            assert response.headers["Retry-After"]
            self._progress.note("met 503")
            return None
        assert response.status in (200, 201), (response.status, text)
        replayed = response.headers.get("Idempotent-Replayed") == "true"
        assert replayed == (response.status == 200)
        return {"id": json.loads(text)["data"]["id"], "replayed": replayed}


def test_no_spend_is_lost_or_doubled(tmp_path: Path) -> None:
    began = time.monotonic()
    with postgres() as database:
        env = environment(database.url)
        told = on_stage("prepare", SPENDS, env)
        progress, site = Progress(), Site(env, tmp_path / "log")
        with site.running():
            spending = time.monotonic()
            storm(site, database, told, progress)
            took = time.monotonic() - spending
        result = on_stage("check", SPENDS, env)
    expect_exact(result, SPENDS)
    assert progress.met["sent twice"] == len(range(0, SPENDS, SENT_TWICE))
    faults = f"{WORKER_KILLS} workers, {SERVER_KILLS} servers, {TERMINATIONS} x all backends, {RESTARTS} databases"
    rows = {
        "spends": SPENDS,
        "killed": faults,
        **dict(sorted(progress.met.items())),
        "lost, doubled": f"{result['lost']}, {result['doubled']}",
        "ledger": f"{result['total']} of {result['wanted']}",
        "changes of status": result["changes"],
        "seconds": f"{took:.0f} of {time.monotonic() - began:.0f}, {SPENDS / took:.0f} spends/s",
    }
    print(table("Spends over HTTP in a storm", rows))


def storm(site: Site, database: Postgres, told: dict[str, Any], progress: Progress) -> None:
    acts: list[Callable[[], object]] = [*[site.kill_worker] * WORKER_KILLS, *[site.restart] * SERVER_KILLS]
    acts += [database.terminate_backends] * TERMINATIONS + [database.restart_at_once] * RESTARTS
    random.Random(os.environ.get("ADBUDGET_FAULTS_SEED", "http")).shuffle(acts)
    with ThreadPoolExecutor(CLIENTS) as pool:
        clients = [Client(site.port, told, progress) for _ in range(CLIENTS)]
        parts = [pool.submit(client.send_all, range(n, SPENDS, CLIENTS)) for n, client in enumerate(clients)]
        try:
            for number, act in enumerate(acts, 1):
                progress.wait_until(SPENDS * number // (len(acts) + 1), parts)
                act()
            for part in parts:
                part.result()
        finally:
            progress.over = True
