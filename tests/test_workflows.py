"""Workflows and pages for contributors name what exists; their form is looked at by `make lint-files`."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parent.parent
MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))
FILES = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
each_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


def workflow(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


def steps(path: Path) -> list[dict[str, Any]]:
    return [step for job in workflow(path)["jobs"].values() for step in job["steps"]]


def matrix_values(job: dict[str, Any], key: str) -> list[str]:
    matrix = job.get("strategy", {}).get("matrix", {})
    return [*matrix.get(key, []), *(row[key] for row in matrix.get("include", []) if key in row)]


@each_file
def test_a_workflow_calls_targets_of_make(path: Path) -> None:
    named = [word for step in steps(path) for word in re.findall(r"\bmake ([a-z-]+)", step.get("run", ""))]
    for job in workflow(path)["jobs"].values():
        named += [target.split()[0] for target in matrix_values(job, "target")]
    assert named
    assert set(named) <= TARGETS


@each_file
def test_a_workflow_may_read_and_its_actions_are_pinned(path: Path) -> None:
    """Whatever more a job may do, it says itself; and only a release says so."""
    assert workflow(path)["permissions"] == {"contents": "read"}
    asked = {scope for job in workflow(path)["jobs"].values() for scope in job.get("permissions", {})}
    assert asked == ({"id-token"} if path.stem == "release" else set())
    uses = [step["uses"] for step in steps(path) if "uses" in step]
    assert [action for action in uses if not re.search(r"@(v\d+|release/v\d+|[0-9a-f]{40})$", action)] == []
    kept = [step for step in steps(path) if step.get("uses", "").startswith("actions/checkout")]
    assert all(step["with"] == {"persist-credentials": False} for step in kept)
    assert all("timeout-minutes" in job for job in workflow(path)["jobs"].values())


def test_the_matrix_is_that_of_tox() -> None:
    listed = re.search(r"env_list =\n((?: .*\n)+)", (ROOT / "tox.ini").read_text())
    assert listed
    known = set()
    for line in listed[1].split():
        parts = [part.split(",") for part in re.split(r"[{}]", line)]
        known |= {"".join(choice) for choice in product(*parts)}
    asked = matrix_values(workflow(ROOT / ".github/workflows/ci.yml")["jobs"]["matrix"], "env")
    assert set(asked) <= known
    assert {env for env in known if env.startswith("py")} <= set(asked)


@pytest.mark.parametrize(
    "page", ["CONTRIBUTING.md", "README.md", "example_project/README.md", ".github/pull_request_template.md"]
)
def test_a_page_names_targets_that_exist(page: str) -> None:
    text = (ROOT / page).read_text()
    named = set(re.findall(r"(?:^\$ |`(?:\w+=\S+ )*)make ([a-z-]+)", text, re.MULTILINE))
    assert named
    assert named <= TARGETS
    links = re.findall(r"\]\((?!https?:|#)([^)#\s]+)", text)
    assert [link for link in links if not (ROOT / page).parent.joinpath(link).exists()] == []


def test_every_target_of_make_is_in_its_help_and_phony() -> None:
    explained = set(re.findall(r"^([a-z-]+):.*##", MAKEFILE, re.MULTILINE))
    phony = re.search(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)
    assert phony
    assert explained == TARGETS == set(phony[1].split())
