"""A second host, with the built wheel: its own users, admin, router, schema, receiver and backend, no translations."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import connection

from tests.packages import build, environment_with, installed

SITE = Path(__file__).parent / "newsroom_site"


class Newsroom:
    """The site in a folder of its own, far from this tree, and the wheel beside it."""

    def __init__(self, folder: Path) -> None:
        shutil.copytree(SITE, folder / "site", ignore=shutil.ignore_patterns("__pycache__"))
        self.site = folder / "site"
        self.wheel = installed(build("wheel", folder / "dist"), folder / "wheel")

    def run(self, *arguments: str, **environment: str) -> str:
        """Runs Python there with warnings as errors; what it prints if that fails is the failure."""
        given = environment_with(self.wheel, NEWSROOM_WHEEL=str(self.wheel), **environment)
        command = [sys.executable, "-W", "error", *arguments]
        done = subprocess.run(
            command, cwd=self.site, env=given, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
        if done.returncode:
            pytest.fail(f"{' '.join(arguments)} in the newsroom:\n{done.stdout}", pytrace=False)
        return done.stdout


@pytest.fixture
def newsroom(tmp_path: Path) -> Newsroom:
    return Newsroom(tmp_path)


@pytest.mark.integration
def test_its_own_tests_pass_on_sqlite(newsroom: Newsroom) -> None:
    """H1. H2."""
    assert "passed" in newsroom.run("-m", "pytest", "-q")


@pytest.mark.integration
def test_it_is_tested_without_pytest_too(newsroom: Newsroom) -> None:
    assert "Ran 4 tests" in newsroom.run("-m", "django", "test", "checks.test_plain", "--settings", "newsroom.settings")


@pytest.mark.integration
@pytest.mark.postgres
def test_its_own_tests_pass_on_postgresql_in_a_schema_of_its_own(newsroom: Newsroom) -> None:
    """H1."""
    with template_without_public() as template:
        where = connection.settings_dict
        server = f"postgres://{where['USER']}:{where['PASSWORD']}@{where['HOST']}:{where['PORT']}"
        said = newsroom.run("-m", "pytest", "-q", NEWSROOM_POSTGRES=server, NEWSROOM_TEMPLATE=template)
    assert "passed" in said


@contextmanager
def template_without_public() -> Iterator[str]:
    """A database with the one schema "ads": what is written into "public" by name, or by habit, fails."""
    name = f"newsroom_{uuid4().hex}"
    execute("postgres", f"CREATE DATABASE {name}")
    try:
        execute(name, "DROP SCHEMA public CASCADE")
        execute(name, "CREATE SCHEMA ads")
        yield name
    finally:
        execute("postgres", f"DROP DATABASE {name}")


def execute(database: str, statement: str) -> None:
    import psycopg

    where = connection.settings_dict
    address = {"host": where["HOST"], "port": where["PORT"], "user": where["USER"], "password": where["PASSWORD"]}
    with psycopg.connect(dbname=database, autocommit=True, **address) as opened:
        opened.execute(statement.encode())
