"""What is shipped, built from this tree without the network."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Literal

ROOT = Path(__file__).parent.parent


def build(target: Literal["wheel", "sdist"], folder: Path, *, source: Path = ROOT) -> Path:
    """Builds into `folder`, as `python -m build --no-isolation` does; gives the file."""
    command = [sys.executable, "-m", "hatchling", "build", "--target", target, "--directory", str(folder)]
    subprocess.run(command, cwd=source, check=True, capture_output=True)
    (built,) = folder.glob("*.whl" if target == "wheel" else "*.tar.gz")
    return built


def installed(wheel: Path, folder: Path) -> Path:
    """The wheel laid out for PYTHONPATH, where it stands before whatever else is installed.

    A pure wheel is installed by unpacking it; pip would take a second to do the same."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def environment_with(folder: Path, **more: str) -> dict[str, str]:
    """For a process that is to find the package in `folder`, and nothing that steers our own tests."""
    ours = ("ADBUDGET_", "DJANGO_", "PYTEST_", "COVERAGE_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return {**kept, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1", **more}
