"""Every command by its names, and what all of them have in common."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.core.management import get_commands, load_command_class
from django.core.management.base import BaseCommand

# Names that a host may have itself.
COMMON = [
    "budget_report",
    "check_budgets",
    "enforce_dayparting",
    "replay_spend",
    "reset_budgets",
    "reset_daily_spends",
    "reset_monthly_spends",
    "seed_data",
    "simulate_spend",
    "verify_summaries",
]
OURS = ["adbudget_archive", "adbudget_deliver", "adbudget_doctor", "adbudget_redact"]


@pytest.mark.parametrize("name", [*COMMON, *OURS])
def test_the_readme_tells_of_it(name: str) -> None:
    readme = Path(__file__).parents[2] / "README.md"
    assert re.search(rf"`{name}\b", readme.read_text(encoding="utf-8"))


def options_of(name: str) -> dict[str, Any]:
    parser = load_command_class("django_adbudget", name).create_parser("manage.py", name)
    return {string: action for action in parser._actions for string in action.option_strings}


@pytest.mark.parametrize("name", COMMON)
def test_a_name_that_a_host_may_have_exists_with_a_prefix_too(name: str) -> None:
    assert get_commands()[f"adbudget_{name}"] == "django_adbudget"
    ours, prefixed = (
        import_module(f"django_adbudget.management.commands.{module}").Command for module in (name, f"adbudget_{name}")
    )
    assert issubclass(ours, BaseCommand)
    assert prefixed is ours


@pytest.mark.parametrize("name", [*COMMON, *OURS])
def test_each_takes_a_brand_and_a_format_and_explains_itself(name: str) -> None:
    options = options_of(name)
    assert options["--format"].choices == ["text", "json"]
    assert "--brand" in options
    assert all(action.help for action in options.values())
    assert load_command_class("django_adbudget", name).help
