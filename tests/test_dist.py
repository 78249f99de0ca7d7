"""What is uploaded: complete, the same each time, and with one version."""

from __future__ import annotations

import tarfile
import zipfile
from collections.abc import Iterator
from email.parser import Parser
from hashlib import sha256
from pathlib import Path

import pytest

import django_adbudget
from tests.packages import ROOT, build

PACKAGE = ROOT / "src" / "django_adbudget"
#: What a package needs beside its modules; a kind that is not here is noticed as missing from this list.
KINDS = {".css", ".html", ".js", ".mo", ".po", ".py", ".typed", ".txt"}


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("wheel", tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("sdist", tmp_path_factory.mktemp("sdist"))


def sources() -> set[str]:
    """Every file of the package, as the wheel names it."""
    found = [path for path in PACKAGE.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    return {path.relative_to(PACKAGE.parent).as_posix() for path in found}


def names(archive: Path) -> set[str]:
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as opened:
            return set(opened.namelist())
    with tarfile.open(archive) as opened:
        return {name.partition("/")[2] for name in opened.getnames()}


def digest(file: Path) -> str:
    return sha256(file.read_bytes()).hexdigest()


def test_the_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    found, info = names(wheel), f"django_adbudget-{django_adbudget.__version__}.dist-info"
    assert {name for name in found if not name.startswith(f"{info}/")} == sources()
    assert {f"{info}/{name}" for name in ("METADATA", "RECORD", "WHEEL", "licenses/LICENSE")} <= found
    assert {Path(name).suffix for name in sources()} == KINDS


@pytest.mark.parametrize(
    "name",
    [
        "locale/de/LC_MESSAGES/django.mo",
        "locale/es/LC_MESSAGES/django.mo",
        "migrations/0001_brand.py",
        "py.typed",
        "static/django_adbudget/grid.js",
        "templates/admin/django_adbudget/page.html",
    ],
)
def test_one_of_each_kind_is_in_the_wheel(name: str, wheel: Path) -> None:
    """By name, should the list of sources itself be empty one day."""
    assert f"django_adbudget/{name}" in names(wheel)


def test_the_sdist_holds_what_builds_and_tests_the_package(sdist: Path) -> None:
    found = names(sdist)
    assert {f"src/{name}" for name in sources()} <= found
    assert {"CHANGELOG.md", "LICENSE", "Makefile", "README.md", "SECURITY.md", "pyproject.toml", "tox.ini"} <= found
    assert {"tests/settings.py", "tests/api/openapi.json", "docs/index.md", "example_project/manage.py"} <= found
    assert [name for name in found if set(Path(name).parts) & {".git", ".venv", "__pycache__", ".demo", "build"}] == []


def test_two_builds_are_the_same_to_the_byte(wheel: Path, sdist: Path, tmp_path: Path) -> None:
    assert digest(build("wheel", tmp_path)) == digest(wheel)
    assert digest(build("sdist", tmp_path)) == digest(sdist)


def test_the_sdist_builds_the_same_wheel(wheel: Path, sdist: Path, tmp_path: Path) -> None:
    with tarfile.open(sdist) as opened:
        opened.extractall(tmp_path, filter="data")
    (unpacked,) = tmp_path.iterdir()
    assert digest(build("wheel", tmp_path / "dist", source=unpacked)) == digest(wheel)


def test_the_version_is_written_once(wheel: Path) -> None:
    metadata = dict(described(wheel))
    assert metadata["Version"] == django_adbudget.__version__
    assert wheel.name == f"django_adbudget-{django_adbudget.__version__}-py3-none-any.whl"
    assert f'"{django_adbudget.__version__}"' not in (ROOT / "pyproject.toml").read_text()


def test_a_bare_install_asks_for_four_packages(wheel: Path) -> None:
    asked = [value for key, value in described(wheel) if key == "Requires-Dist" and "extra ==" not in value]
    assert sorted(name.partition(">")[0] for name in asked) == ["celery", "django", "pytz", "tzdata"]


def test_what_metadata_says_of_versions_is_what_tox_tries(wheel: Path) -> None:
    """A classifier is a promise that somebody has tried it."""
    tox = (ROOT / "tox.ini").read_text()
    for key, value in described(wheel):
        if key == "Classifier" and value.startswith("Framework :: Django :: "):
            assert f"django{value.rpartition(' ')[2].replace('.', '')}: Django>=" in tox


def described(wheel: Path) -> Iterator[tuple[str, str]]:
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        yield from Parser().parsestr(archive.read(name).decode()).items()
