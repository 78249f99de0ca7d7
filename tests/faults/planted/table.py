"""The bugs as texts: what the package becomes with one, and the table of them all."""

from __future__ import annotations

from pathlib import Path

from . import BUGS, Bug

SOURCE = Path(__file__).resolve().parents[3] / "src" / "django_adbudget"
DOCUMENT = SOURCE.parents[1] / "docs" / "planted-bugs.md"
HEAD = """# Planted bugs

Each of these faults is put into a copy of the package, one at a time, and the tests named for it must fail by an
assertion of their own; without it they must pass. Run by `make test-planted`; this table is written by
`python -m tests.faults.planted --table`.

| planted | what it breaks | where | caught by |
| --- | --- | --- | --- |
"""


def planted(bug: Bug) -> dict[str, str]:
    """The files that a bug changes, with the bug. Raises ``ValueError`` for a text that is not there once."""
    texts: dict[str, str] = {}
    for file, old, new in bug.changes:
        text = texts.get(file) or (SOURCE / file).read_text()
        if text.count(old) != 1:
            raise ValueError(f"{bug.name}: {file} has this {text.count(old)} times, not once: {old!r}")
        texts[file] = text.replace(old, new)
    return texts


def table() -> str:
    rows = (
        f"| {bug.name} | {bug.breaks} | `{bug.file}` | {', '.join(f'`{test}`' for test in bug.caught_by)} |\n"
        for bug in BUGS
    )
    on_servers = sum(bug.database != "sqlite" for bug in BUGS)
    return f"{HEAD}{''.join(rows)}\n{len(BUGS)} bugs, {on_servers} of them shown on PostgreSQL, the others on SQLite.\n"
