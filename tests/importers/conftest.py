from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from django_adbudget.models import Brand
from tests.importers.reports import HEADER, make_known

Write = Callable[..., Path]


@pytest.fixture
def brand(db: None) -> Brand:
    return make_known()


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(*lines: str, header: str = HEADER, encoding: str = "utf-8") -> Path:
        path = tmp_path / "report.csv"
        path.write_bytes("".join(f"{line}\n" for line in (header, *lines)).encode(encoding))
        return path

    return write
