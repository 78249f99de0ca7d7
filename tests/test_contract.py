"""What hosts rely on stays: docs/upgrades.md says what is public, and contract.txt lists it."""

from __future__ import annotations

import re
from difflib import unified_diff
from pathlib import Path

import pytest

from tests import contract

PAGES = [contract.ROOT / "README.md", *(contract.ROOT / "docs").rglob("*.md")]
_IMPORT = re.compile(
    r"^ *from django_adbudget(?:\.(?P<module>[\w.]+))? import (?P<names>\([^)]*\)|[^#\n]+)", re.MULTILINE
)
_BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)


def test_every_public_name_is_there_with_its_signature() -> None:
    kept, found = contract.SNAPSHOT.read_text(), contract.text()
    changes = "\n".join(unified_diff(kept.splitlines(), found.splitlines(), "promised", "found", n=0, lineterm=""))
    assert not changes, f"{changes}\n\nIf this is meant: `python -m tests.contract`, CHANGELOG.md, docs/upgrades.md."


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_what_a_page_imports_is_public(path: Path) -> None:
    """A host that copies an example must not find later that it was nobody's promise."""
    kept = contract.SNAPSHOT.read_text()
    assert [name for name in imported(path.read_text()) if not is_promised(name, kept)] == []


def imported(page: str) -> list[str]:
    found = [match for block in _BLOCK.findall(page) for match in _IMPORT.finditer(block)]
    return [
        ".".join(filter(None, [match["module"], name.split(" as ")[0].strip()]))
        for match in found
        for name in match["names"].strip("()").replace("\n", ",").split(",")
        if name.strip()
    ]


def is_promised(name: str, snapshot: str) -> bool:
    """A name of the snapshot, or a module of which it holds names."""
    written = re.escape(re.sub(r"^tasks\.", "adbudget.", name.removeprefix("models.")))
    return name == "__version__" or re.search(rf"^(class )?{written}\b", snapshot, re.MULTILINE) is not None


def test_imports_of_pages_are_found() -> None:
    several = "from django_adbudget.services import (\n    editing,\n    reconcile,\n)"
    page = f"```python\n{several}\nfrom django_adbudget import rules\n```\n"
    assert imported(page) == ["services.editing", "services.reconcile", "rules"]
    assert is_promised("services.editing", "services.editing(*brands)")
    assert not is_promised("services.edit", "services.editing(*brands)")
