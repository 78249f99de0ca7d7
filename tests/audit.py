"""Looks for known vulnerabilities of what the package depends on: `python -m tests.audit [OPTIONS OF PIP-AUDIT]`.

All that its extras bring into this environment is asked after, at the version that is installed; the package itself,
and what only happens to lie beside it, is not. A vulnerability fails the run. Advisories that cannot be read do not:
how many dependencies were not audited is said.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, distribution, version
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PACKAGE, TOOL = "django-adbudget", "pip-audit"
#: Vulnerabilities that do not concern us, by id, with the reason.
IGNORED: dict[str, str] = {}
_NOT_UNDERSTOOD = 2


def installed() -> dict[str, str]:
    """Versions of what the package depends on, with all of its extras, directly or not, by name."""
    found: dict[str, str] = {}
    extras = distribution(PACKAGE).metadata.get_all("Provides-Extra") or []
    waiting = list(_needs(PACKAGE, frozenset(extras)))
    asked = set()
    while waiting:
        name, wanted = waiting.pop()
        if (name, wanted) in asked or name in (PACKAGE, TOOL):  # the tool needs pip, which is the environment's own
            continue
        asked.add((name, wanted))
        try:
            found[name] = distribution(name).version
        except PackageNotFoundError:
            continue  # of an extra that is not installed
        waiting += _needs(name, wanted)
    return found


def _needs(name: str, extras: frozenset[str]) -> Iterator[tuple[str, frozenset[str]]]:
    for text in distribution(name).requires or []:
        need = Requirement(text)
        if need.marker is None or any(need.marker.evaluate({"extra": extra}) for extra in ("", *extras)):
            yield canonicalize_name(need.name), frozenset(need.extras)


def verdict(output: str, ignored: Sequence[str] = ()) -> tuple[list[str], str]:
    """Vulnerabilities in words, and what was audited, from what pip-audit wrote to its output."""
    try:
        rows: list[dict[str, Any]] = json.loads(output)["dependencies"]
    except ValueError:
        return [], "NOT AUDITED: the advisories could not be read"
    found = [
        f"{row['name']} {row['version']}: {fault['id']}, mended in {', '.join(fault['fix_versions']) or 'no version'}"
        for row in rows
        for fault in row.get("vulns", [])
        if not {fault["id"], *fault["aliases"]} & set(ignored)
    ]
    skipped = sum("skip_reason" in row for row in rows)
    said = f"{len(rows) - skipped} dependencies audited"
    return found, said + (f", {skipped} NOT AUDITED: no advisories were found for them" if skipped else "")


def main(options: Sequence[str]) -> int:
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.writelines(f"{name}=={version}\n" for name, version in sorted(installed().items()))
        file.flush()
        kind = ["--no-deps", "--disable-pip", "--format", "json", "--progress-spinner", "off", "--timeout", "10"]
        command = [sys.executable, "-m", "pip_audit", "--requirement", file.name, *kind, *options]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    found, said = verdict(done.stdout, list(IGNORED))
    for fault in found:
        print(fault)
    for name, reason in IGNORED.items():
        print(f"ignored: {name}, {reason}")
    print(f"{TOOL} {version(TOOL)}: {len(found)} known vulnerabilities; {said}")
    if not done.stdout:
        print(done.stderr[-500:], file=sys.stderr)
    return 1 if found or done.returncode == _NOT_UNDERSTOOD else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
