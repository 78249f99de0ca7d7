"""The example's settings for development, QA and production: what is missing or unsafe is named."""

from __future__ import annotations

import json
import random
import re
import string
import subprocess
import sys
from typing import Any

import pytest

from .test_site import EXAMPLE, run

pytestmark = pytest.mark.integration
Environment = dict[str, str]

ENVIRONMENTS = EXAMPLE / "packaging" / "environments"
PROD = {
    "AGENCY_ENV": "prod",
    "SECRET_KEY": "".join(random.Random(7).choices(string.ascii_letters + string.digits, k=64)),
    "ALLOWED_HOSTS": "ads.example.com",
    "POSTGRES_DB": "agency",
    "POSTGRES_USER": "agency",
    "POSTGRES_PASSWORD": "hidden",
    "REDIS_URL": "redis://:hidden@redis:6379/0",
}
DATABASE = {"POSTGRES_DB": "", "POSTGRES_USER": "", "POSTGRES_PASSWORD": ""}

# Runs the settings once for each environment that it is given, in one process.
TRY = """
import json, os, runpy, sys
from django.core.exceptions import ImproperlyConfigured
before = dict(os.environ)
for environment in json.loads(sys.argv[1]):
    os.environ.clear()
    os.environ.update(before, **environment)
    try:
        found = runpy.run_path("config/settings.py")
        wanted = [found["DEBUG"], found["DATABASES"]["default"]["NAME"], found["CELERY_BROKER_URL"]]
        print(json.dumps([str(value) for value in wanted]))
    except ImproperlyConfigured as error:
        print(json.dumps(str(error)))
"""


def settings(environment: Environment, cases: list[Environment]) -> list[Any]:
    tried = run({**environment, "DJANGO_SETTINGS_MODULE": "config.settings"}, "-c", TRY, json.dumps(cases))
    assert tried.returncode == 0, tried.stderr
    return [json.loads(line) for line in tried.stdout.splitlines()]


REFUSED: list[tuple[Environment, str]] = [
    ({"AGENCY_ENV": "production"}, "AGENCY_ENV is one of dev, qa, prod, not 'production'"),
    ({"SECRET_KEY": ""}, "SECRET_KEY is not set. Make one: python -c "),
    ({"SECRET_KEY": "", "AGENCY_ENV": "dev", "DEBUG": "0"}, "SECRET_KEY is not set"),
    ({"SECRET_KEY": "short"}, "SECRET_KEY can be guessed"),
    ({"SECRET_KEY": "a" * 60}, "SECRET_KEY can be guessed"),
    ({"SECRET_KEY": "django-insecure-0123456789abcdefghijklmnopqrstuvwxyz"}, "SECRET_KEY can be guessed"),
    ({"DEBUG": "1"}, "DEBUG: It shows settings"),
    ({"DEBUG": "maybe"}, "DEBUG is 1 or 0, not 'maybe'"),
    ({"ALLOWED_HOSTS": ""}, "ALLOWED_HOSTS is not set. The names under which"),
    ({"ALLOWED_HOSTS": "ads.example.com,*"}, "ALLOWED_HOSTS: With *"),
    ({"HSTS_SECONDS": "an hour"}, "HSTS_SECONDS is a whole number, not 'an hour'"),
    (DATABASE, "DATABASE_URL is not set. Nor are POSTGRES_DB, POSTGRES_USER and POSTGRES_PASSWORD"),
    ({"POSTGRES_PASSWORD": ""}, "POSTGRES_PASSWORD is not set. DATABASE_URL is not set, and of POSTGRES_DB"),
    ({"POSTGRES_PORT": "five"}, "POSTGRES_PORT is a whole number"),
    ({"DATABASE_URL": "oracel://user:hidden@host/name"}, "DATABASE_URL cannot be read"),
    ({"DATABASE_URL": "sqlite:////tmp/site.sqlite3"}, "DATABASE_URL: SQLite is a file"),
    ({"REDIS_URL": ""}, "CELERY_BROKER_URL is not set. Nor is REDIS_URL"),
    ({"REDIS_URL": "http://:hidden@redis:6379/0"}, "REDIS_URL does not begin with one of redis://, rediss://"),
    ({"CELERY_BROKER_URL": "redis.example:6379"}, "CELERY_BROKER_URL does not begin with one of"),
    ({"CELERY_RESULT_BACKEND": "postgres"}, "CELERY_RESULT_BACKEND"),
]


def test_production_refuses_what_is_missing_or_unsafe_and_names_it(environment: Environment) -> None:
    answers = settings(environment, [{**PROD, **change} for change, _ in REFUSED])
    for answer, (change, message) in zip(answers, REFUSED, strict=True):
        assert isinstance(answer, str), f"{change} was taken"
        assert answer.startswith(message), answer
        assert "hidden" not in answer  # no password in an error


TAKEN: list[tuple[Environment, list[str]]] = [
    (PROD, ["False", "agency", "redis://:hidden@redis:6379/0"]),
    ({**PROD, "AGENCY_ENV": "qa", "DEBUG": "on"}, ["True", "agency", "redis://:hidden@redis:6379/0"]),
    (
        {**PROD, **DATABASE, "DATABASE_URL": "postgres://u:p@db/other", "CELERY_BROKER_URL": "amqp://mq//"},
        ["False", "other", "amqp://mq//"],
    ),
    ({"REDIS_URL": "redis://localhost:6379/0"}, ["True", "site.sqlite3", "redis://localhost:6379/0"]),
    ({"DATABASE_URL": "sqlite:////tmp/mine.sqlite3"}, ["True", "/tmp/mine.sqlite3", "filesystem://"]),
]


def test_the_parts_and_the_addresses_are_read(environment: Environment) -> None:
    answers = settings(environment, [case for case, _ in TAKEN])
    for answer, (case, expected) in zip(answers, TAKEN, strict=True):
        debug, database, broker = answer
        assert (debug, database.endswith(expected[1]), broker.startswith(expected[2])) == (expected[0], True, True), (
            case
        )


def test_the_deployment_check_has_nothing_to_say(environment: Environment) -> None:
    checked = run({**environment, **PROD}, "manage.py", "check", "--deploy", "--fail-level", "WARNING")
    assert (checked.returncode, checked.stdout) == (0, "System check identified no issues (0 silenced).\n"), (
        checked.stderr
    )


def variables(name: str) -> Environment:
    lines = (ENVIRONMENTS / f"env.{name}.example").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


@pytest.mark.parametrize("name", ["dev", "qa", "prod"])
def test_an_example_of_an_environment_has_all_that_its_settings_want(environment: Environment, name: str) -> None:
    given = variables(name)
    assert given["AGENCY_ENV"] == name
    filled = {**given, **{variable: value for variable, value in PROD.items() if not given.get(variable)}}
    (answer,) = settings(environment, [filled])
    assert isinstance(answer, list), answer


READERS = ("config/*.py", "*.py", "packaging/entrypoints/*.sh", "packaging/Caddyfile", "docker-compose*.yml")


@pytest.mark.parametrize("name", ["dev", "qa", "prod"])
def test_every_variable_of_an_example_is_read_somewhere(name: str) -> None:
    text = "\n".join(path.read_text() for pattern in READERS for path in EXAMPLE.glob(pattern))
    assert [variable for variable in variables(name) if not re.search(rf"\b{variable}\b", text)] == []


def test_no_example_holds_a_secret_beyond_development() -> None:
    for name in ("qa", "prod"):
        given = variables(name)
        assert {given[key] for key in given if re.search("KEY|PASSWORD|AUTH", key)} == {""}, name


def test_the_sites_own_tests_pass(environment: Environment) -> None:
    tested = subprocess.run(
        [sys.executable, "-W", "error", "manage.py", "test"],
        cwd=EXAMPLE, env=environment, text=True, capture_output=True, timeout=300, check=False,
    )  # fmt: skip
    assert tested.returncode == 0, tested.stderr
    assert re.search(r"Ran \d\d? tests", tested.stderr), tested.stderr
