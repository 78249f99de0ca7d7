"""Compose files, Dockerfile and start scripts, where no engine runs: what they name exists and fits together.

`make lint-files` holds them to the Compose Specification and to hadolint; test_full.py runs their entrypoints."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import tomllib
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement

from .test_settings import ENVIRONMENTS, variables
from .test_site import EXAMPLE

REPOSITORY = EXAMPLE.parent
FILES = {"dev": "docker-compose.yml", "prod": "docker-compose.prod.yml"}
COMPOSE: dict[str, Any] = {name: yaml.safe_load((EXAMPLE / file).read_text()) for name, file in FILES.items()}
OURS = {"web", "celery-worker", "celery-beat", "celery-flower"}
BOTH = pytest.mark.parametrize("name", list(FILES))
DOCKERFILE = (EXAMPLE / "Dockerfile").read_text()


def services(name: str) -> dict[str, Any]:
    found: dict[str, Any] = COMPOSE[name]["services"]
    return found


def published(name: str) -> dict[str, list[str]]:
    return {service: spec["ports"] for service, spec in services(name).items() if "ports" in spec}


@BOTH
def test_the_services_are_there_each_with_a_health_check(name: str) -> None:
    assert set(services(name)) == OURS | {"postgres", "redis"} | ({"proxy"} if name == "prod" else set())
    assert [service for service, spec in services(name).items() if not spec.get("healthcheck", {}).get("test")] == []


@BOTH
def test_the_order_of_starting_rests_on_health(name: str) -> None:
    waits = {service: spec.get("depends_on", {}) for service, spec in services(name).items()}
    assert all(how == {"condition": "service_healthy"} for on in waits.values() for how in on.values())
    assert set(waits["web"]) == {"postgres", "redis"}
    assert all({"web", "redis"} <= set(waits[service]) for service in OURS - {"web"})
    started: set[str] = set()
    while ready := {service for service in set(waits) - started if set(waits[service]) <= started}:
        started |= ready
    assert started == set(waits)  # no circle, and nobody waits for what is not there


def test_development_is_open_to_this_machine_alone() -> None:
    ports = {"web": 8000, "postgres": 5432, "redis": 6379, "celery-flower": 5555}
    assert published("dev") == {service: [f"127.0.0.1:{port}:{port}"] for service, port in ports.items()}


def test_production_opens_tls_and_neither_database_nor_broker() -> None:
    assert published("prod") == {
        "proxy": ["80:80", "443:443", "443:443/udp"],
        "celery-flower": ["127.0.0.1:5555:5555"],
    }
    assert COMPOSE["prod"]["networks"]["data"] == {"internal": True}
    assert all(services("prod")[service]["networks"] == ["data"] for service in ("postgres", "redis"))


def test_production_keeps_what_redis_and_postgresql_hold_and_redis_asks_for_a_password() -> None:
    redis, postgres = services("prod")["redis"], services("prod")["postgres"]
    assert redis["volumes"] == ["redis:/data"]
    assert postgres["volumes"] == ["postgres:/var/lib/postgresql/data"]
    assert {"redis", "postgres"} <= set(COMPOSE["prod"]["volumes"])
    script = redis["command"][-1]
    assert "appendonly yes" in script
    assert "requirepass $$REDISCLI_AUTH" in script
    assert services("prod")["web"]["environment"]["REDIS_URL"].startswith("redis://:${REDIS_PASSWORD:?")


@BOTH
def test_our_services_run_the_entrypoints_without_rights(name: str) -> None:
    for service in OURS:
        spec = services(name)[service]
        (command,) = spec["command"]
        assert os.access(EXAMPLE / command, os.X_OK), command
        assert Path(command).stem == service.removeprefix("celery-")
        assert spec["healthcheck"]["test"] == ["CMD", "python", "healthy.py", Path(command).stem]
        assert (spec["read_only"], spec["cap_drop"]) == (True, ["ALL"])
        assert spec["security_opt"] == ["no-new-privileges:true"]
        assert "user" not in spec  # the image's own, who is nobody
        assert "privileged" not in spec
        assert not any("docker.sock" in volume for volume in spec.get("volumes", []))


@BOTH
def test_images_are_pinned(name: str) -> None:
    foreign = {spec["image"] for service, spec in services(name).items() if service not in OURS}
    assert [image for image in foreign if not re.search(r":\d+\.\d+(\.\d+)?(-|$)", image)] == []
    assert re.search(r"^ARG PYTHON=\d+\.\d+\.\d+-slim", DOCKERFILE, re.MULTILINE)


@BOTH
def test_every_variable_comes_from_the_example_of_its_environment(name: str) -> None:
    text = (EXAMPLE / FILES[name]).read_text()
    asked = set(re.findall(r"(?<!\$)\$\{([A-Z_]+)", text))
    assert asked <= set(variables(name))
    # What the containers are told, the site reads; the rest is for the image of the service.
    settings = "".join(path.read_text() for path in (EXAMPLE / "config").glob("*.py"))
    for service in OURS:
        told = services(name)[service]["environment"]
        assert [variable for variable in told if f'"{variable}"' not in settings] == []
        assert services(name)[service]["env_file"] == ".env"


@BOTH
def test_no_secret_is_written_down(name: str) -> None:
    for service, spec in services(name).items():
        for variable, value in spec.get("environment", {}).items():
            if re.search("PASSWORD|KEY|AUTH", variable):
                assert value.startswith("${"), f"{service}: {variable}"
    text = (EXAMPLE / FILES[name]).read_text()
    assert re.findall(r"://[^$\s]*:[^$\s@]+@", text) == []
    ignored = subprocess.run(["git", "check-ignore", "example_project/.env"], cwd=REPOSITORY, check=False)
    assert ignored.returncode in (0, 128)  # 128: no git here


@BOTH
def test_volumes_and_networks_are_declared(name: str) -> None:
    used = [volume.split(":")[0] for spec in services(name).values() for volume in spec.get("volumes", [])]
    assert {volume for volume in used if not volume.startswith(".")} == set(COMPOSE[name]["volumes"])
    assert [volume for volume in used if volume.startswith(".") and not (EXAMPLE / volume).exists()] == []
    networks = {network for spec in services(name).values() for network in spec.get("networks", [])}
    assert networks == set(COMPOSE[name].get("networks", {}))


# The image


def ignored_by_docker(path: str) -> bool:
    """The last pattern that fits decides; a folder that fits takes what lies in it."""
    patterns = [line for line in (REPOSITORY / ".dockerignore").read_text().splitlines() if line and line[0] != "#"]
    fitting = [pattern for pattern in patterns if _fits(path, pattern.removeprefix("!"))]
    return bool(fitting) and not fitting[-1].startswith("!")


def _fits(path: str, pattern: str) -> bool:
    parts = [path, *map(str, Path(path).parents)]
    anywhere = pattern.removeprefix("**/")
    return any(fnmatch(part, pattern) or (anywhere != pattern and fnmatch(Path(part).name, anywhere)) for part in parts)


def test_what_the_image_copies_is_in_its_context() -> None:
    copied = [line.split()[1:-1] for line in DOCKERFILE.splitlines() if re.match(r"COPY (?!--from)", line)]
    for source in (source for sources in copied for source in sources):
        assert (REPOSITORY / source).exists(), source
        assert not ignored_by_docker(source), source
    assert not ignored_by_docker("example_project/packaging/entrypoints/web.sh")
    for kept_out in (".git/config", "tests/settings.py", "example_project/.env", "example_project/.demo/site.sqlite3"):
        assert ignored_by_docker(kept_out), kept_out


def test_the_image_runs_as_nobody_in_particular() -> None:
    last = DOCKERFILE.rpartition("\nFROM ")[2]
    assert re.findall(r"^USER (\S+)$", last, re.MULTILINE) == ["10001:10001"]
    assert "COPY --from=build" in last
    assert "HEALTHCHECK" in last
    for name in FILES:  # the folder that it may write to is that user's
        assert all("/var/lib/agency:uid=10001,gid=10001,mode=0700" in services(name)[s]["tmpfs"] for s in OURS)
    assert "EXAMPLE_STATE=/var/lib/agency" in last


def requirements(name: str) -> list[Requirement]:
    path = EXAMPLE / "packaging" / "requirements" / f"requirements-{name}.txt"
    lines = [line for line in path.read_text().splitlines() if line and not line.startswith("#")]
    above = [line.split()[1] for line in lines if line.startswith("-r ")]
    inherited = [each for file in above for each in requirements(re.sub(r"requirements-(\w+)\.txt", r"\1", file))]
    return inherited + [Requirement(line) for line in lines if not line.startswith("-r ")]


def test_requirements_are_pinned_and_fit_the_package() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    wanted = [
        Requirement(line) for name in ("", *extras) for line in (extras[name] if name else project["dependencies"])
    ]
    for pinned in requirements("dev"):
        if pinned.name == "django-adbudget":
            assert pinned.extras <= set(extras)
            continue
        (specifier,) = pinned.specifier
        assert specifier.operator == "==", pinned
        for want in wanted:
            if want.name.lower() == pinned.name.lower():
                assert want.specifier.contains(specifier.version, prereleases=True), f"{pinned} and {want}"


def test_there_is_one_set_of_requirements_for_each_environment() -> None:
    names = [{str(r) for r in requirements(name)} for name in ("prod", "qa", "dev")]
    assert names[0] < names[1] < names[2]
    assert sorted(path.name for path in ENVIRONMENTS.iterdir()) == [f"env.{n}.example" for n in ("dev", "prod", "qa")]


# The start scripts


def start(tmp_path: Path, *arguments: str, docker: str = 'echo "docker $*"') -> subprocess.CompletedProcess[str]:
    """In a copy of the example, with a `docker` that tells what it was asked."""
    home = tmp_path / "site"
    (home / "packaging" / "environments").mkdir(parents=True, exist_ok=True)
    for file in ("start.sh", "packaging/environments/env.dev.example"):
        (home / file).write_bytes((EXAMPLE / file).read_bytes())
    program = tmp_path / "bin" / "docker"
    program.parent.mkdir(exist_ok=True)
    program.write_text(f"#!/bin/sh\n{docker}\n")
    program.chmod(0o755)
    environment = {**os.environ, "PATH": f"{program.parent}:{os.environ['PATH']}"}
    command = ["sh", "start.sh", *arguments]
    return subprocess.run(command, cwd=home, env=environment, text=True, capture_output=True, timeout=60, check=False)


def test_start_brings_up_the_containers(tmp_path: Path) -> None:
    started = start(tmp_path, "docker")
    assert (started.returncode, started.stdout) == (0, "docker compose up --build\n")
    assert (tmp_path / "site" / ".env").read_text() == (ENVIRONMENTS / "env.dev.example").read_text()


def test_start_wants_production_to_be_filled_in(tmp_path: Path) -> None:
    refused = start(tmp_path, "prod")
    assert refused.returncode == 1
    assert "cp packaging/environments/env.prod.example .env" in refused.stderr
    (tmp_path / "site" / ".env").write_text("AGENCY_ENV=prod\n")
    started = start(tmp_path, "prod")
    assert shlex.split(started.stdout)[:4] == ["docker", "compose", "--file", FILES["prod"]]
    assert start(tmp_path, "cloud").returncode == 2


def test_both_start_scripts_do_the_same() -> None:
    unix, windows = ((EXAMPLE / f"start.{kind}").read_text().replace("\\", "/") for kind in ("sh", "ps1"))
    for shared in (
        "docker compose up --build",
        "docker compose --file docker-compose.prod.yml up --build --detach --wait",
        "--requirement packaging/requirements/requirements-dev.txt",
        "serve.py",
        "packaging/environments/env.dev.example",
    ):
        assert shared in unix, shared
        assert shared in windows, shared
