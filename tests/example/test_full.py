"""What `make serve-full` runs: the containers' entrypoints, in their order, with servers, as in production."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import redis
import yaml

from tests.processes import free_port
from tests.servers import find_redis

from .test_settings import DATABASE, PROD
from .test_site import EXAMPLE, descendants, processes, run, wait_for

pytestmark = pytest.mark.integration
PATIENCE = 180
HEALTHY = ["web is healthy.", "worker is healthy.", "beat is healthy.", "flower is healthy."]


@dataclass(frozen=True)
class Full:
    process: subprocess.Popen[str]
    log: Path
    web: int
    flower: int

    def said(self) -> str:
        return self.log.read_text()

    def wait_for(self, words: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while words not in self.said():
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < deadline, self.said()
            time.sleep(0.2)


@pytest.fixture
def full(environment: dict[str, str], tmp_path: Path) -> Iterator[Full]:
    web, flower = free_port(), free_port()
    servers = {name: value for name, value in PROD.items() if name not in {*DATABASE, "REDIS_URL"}}
    options = {"PORT": str(web), "FLOWER_PORT": str(flower), "FLOWER_BASIC_AUTH": "ada:secret", "EXAMPLE_BRANDS": "1"}
    command = [
        sys.executable,
        "-m",
        "tests.servers",
        "postgres",
        "redis",
        "--",
        sys.executable,
        str(EXAMPLE / "serve_full.py"),
    ]
    log = tmp_path / "full.log"
    with log.open("w") as out:
        # A group of its own, which gets Ctrl-C as from a terminal: all at once.
        process = subprocess.Popen(
            command, cwd=EXAMPLE.parent, env={**environment, **servers, **options}, text=True, stdout=out, stderr=out,
            start_new_session=True,
        )  # fmt: skip
    yield Full(process, log, web, flower)
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGTERM)
    process.wait(PATIENCE)


class Unredirected(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


def get(port: int, path: str, **headers: str) -> tuple[int, str, dict[str, str]]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=named)
    try:
        with urllib.request.build_opener(Unredirected).open(request, timeout=20) as answer:
            return answer.status, answer.read().decode(), dict(answer.headers)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, "", dict(error.headers)


def test_all_services_start_in_order_serve_as_in_production_and_end_together(full: Full) -> None:
    full.wait_for("All are healthy")
    assert [line for line in full.said().splitlines() if line.endswith(" is healthy.")] == HEALTHY

    by_proxy = {"Host": PROD["ALLOWED_HOSTS"], "X_Forwarded_Proto": "https"}
    code, page, headers = get(full.web, "/", **by_proxy)
    assert (code, "PAUSED_" in page) == (200, True)
    assert headers["Strict-Transport-Security"].startswith("max-age=3600; includeSubDomains")
    status, _, redirected = get(full.web, "/", Host=PROD["ALLOWED_HOSTS"])
    assert (status, redirected["Location"]) == (301, "https://ads.example.com/")
    assert get(full.web, "/", Host="elsewhere.example", X_Forwarded_Proto="https")[0] == 400

    _, login, _ = get(full.web, "/admin/login/", **by_proxy)
    (sheet, *_) = re.findall(r'href="(/static/admin/css/base\.[0-9a-f]{12}\.css)"', login)
    code, _, headers = get(full.web, sheet, **by_proxy)
    assert (code, "immutable" in headers["Cache-Control"]) == (200, True)

    secret = b64encode(b"ada:secret").decode()
    assert get(full.flower, "/workers")[0] == 401
    assert get(full.flower, "/workers", Authorization=f"Basic {secret}")[0] == 200

    (served,) = [line for line in full.said().splitlines() if sheet in line]
    assert json.loads(served)["logger"] == "gunicorn.access"

    family = descendants(full.process.pid)
    os.killpg(full.process.pid, signal.SIGINT)
    assert full.process.wait(PATIENCE) == 0, full.said()
    assert family.isdisjoint(processes())
    assert full.said().count("Traceback") == 1  # of the host that is not the site's


def test_without_servers_it_says_how_to_have_them(environment: dict[str, str]) -> None:
    refused = run(environment, "serve_full.py")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "DATABASE_URL and REDIS_URL must name a server. `make serve-full` brings them." in refused.stderr


def test_a_service_that_ends_ends_all_and_is_named(environment: dict[str, str]) -> None:
    away = {"DATABASE_URL": "postgres://user:hidden@127.0.0.1:1/site", "REDIS_URL": "redis://127.0.0.1:1/0"}
    ended = run({**environment, **away, "PORT": str(free_port())}, "serve_full.py")
    assert ended.returncode == 1
    assert ended.stderr.endswith("web ended with 1.\n")


def test_flower_wants_a_password_beyond_development(environment: dict[str, str]) -> None:
    command = [EXAMPLE / "packaging" / "entrypoints" / "flower.sh"]
    refused = subprocess.run(
        command, env={**environment, "AGENCY_ENV": "prod"}, text=True, capture_output=True, timeout=60, check=False
    )
    assert (refused.returncode, refused.stderr.startswith("FLOWER_BASIC_AUTH is not set")) == (1, True)


def test_redis_of_production_asks_for_a_password_and_keeps_what_it_holds(tmp_path: Path) -> None:
    """Its command as the image would run it; the folder, the port and the program's place are the test's."""
    port, data = free_port(), tmp_path / "data"
    data.mkdir()
    (tmp_path / "redis-server").symlink_to(find_redis(None))
    (*shell, script) = yaml.safe_load((EXAMPLE / "docker-compose.prod.yml").read_text())["services"]["redis"]["command"]
    script = script.replace("$$", "$").replace("/data", str(data)).replace("CONFIG\n", f"CONFIG\nport {port}\n", 1)
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "REDISCLI_AUTH": "s3cret-_"}

    def answers() -> bool:
        try:
            return bool(client.ping())
        except redis.ConnectionError:
            return False

    for held in (None, b"kept"):
        server = subprocess.Popen([*shell, script], env=environment, stdout=subprocess.DEVNULL)
        with redis.Redis(port=port, password="s3cret-_") as client, redis.Redis(port=port) as stranger:
            try:
                wait_for(answers, "Redis")
                with pytest.raises(redis.AuthenticationError):
                    stranger.ping()
                assert client.get("message") == held
                client.set("message", "kept")
            finally:
                server.terminate()
        assert server.wait(30) == 0  # it hears SIGTERM itself, and writes down what it holds
