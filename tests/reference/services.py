from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterable, Iterator
from dataclasses import is_dataclass
from enum import Enum
from typing import Any

from django_adbudget import exceptions, rules, services

from .words import choices, dataclass, docstring, first_line, function, methods, prose, table

#: In the order of a day's work; what is not named here comes after.
FIRST = (
    "record_spend", "record_spend_batch", "correct_spend", "set_spend_total", "set_spend_totals", "campaign_status",
    "campaign_statuses", "brand_status", "what_pauses_next", "activate_campaign", "deactivate_campaign", "editing",
    "reconcile", "open_periods", "deliver_status_changes", "send_alerts", "verify_summaries", "rebuild_summaries",
)  # fmt: skip
#: What other modules of services are called for by name.
MORE = {
    "edits.bulk": ["set_budgets", "switch_many"],
    "delivery.circuit": ["circuit_state"],
    "delivery.drift": ["read_platform"],
    "health": ["health_status"],
    "edits.previews": ["budget_preview"],
    "access.tokens": ["issue_token"],
}


def page() -> Iterator[str]:
    yield "# Services"
    yield ""
    yield from prose(
        """
        `django_adbudget.services` is the one way in: admin, REST, tasks and commands end here, and so does your
        code. Amounts are `Decimal`, `int` or `str`, never `float`, in the brand's currency. Instants are aware;
        `now` is an argument everywhere, `None` for the present. Each writes in one transaction, and inside yours
        if there is one. Every error below is a `ValueError` too.
        """
    )
    yield "## What they do"
    yield ""
    yield from _ordered(services, FIRST, wanted=_is_function)
    yield "## What they take and give"
    yield ""
    yield from _ordered(services, (), wanted=is_dataclass)
    yield "## For special occasions"
    yield ""
    for module, names in MORE.items():
        found = importlib.import_module(f"django_adbudget.services.{module}")
        for name in names:
            yield from function(f"{module}.{name}", getattr(found, name))
    yield "## Errors"
    yield ""
    yield "In `django_adbudget.exceptions`."
    yield ""
    errors = [each for each in vars(exceptions).values() if isinstance(each, type) and issubclass(each, Exception)]
    yield from table(["error", ""], ([f"`{each.__name__}`", first_line(each)] for each in errors))


def rules_page() -> Iterator[str]:
    yield "# Rules"
    yield ""
    yield from prose(
        """
        `django_adbudget.rules` are pure functions: they know no database, no settings and no clock. `decide` is
        the only place that knows what makes a campaign run; everything that shows or writes a status asks it.
        """
    )
    yield "## Functions"
    yield ""
    yield from _ordered(rules, ("decide", "local_date", "day_bounds", "month_bounds"), wanted=_is_function)
    yield "## Classes"
    yield ""
    for name in rules.__all__:
        of = getattr(rules, name)
        if isinstance(of, type) and not issubclass(of, Enum):
            yield from _class(name, of)
    yield "## Values"
    yield ""
    for name in rules.__all__:
        of = getattr(rules, name)
        if isinstance(of, type) and issubclass(of, Enum):
            yield from choices(name, of)


def _ordered(module: Any, first: Iterable[str], *, wanted: Any) -> Iterator[str]:
    names = [*first, *(name for name in module.__all__ if name not in first)]
    for name in names:
        of = getattr(module, name)
        if wanted(of):
            yield from dataclass(name, of) if isinstance(of, type) else function(name, of)


def _is_function(of: object) -> bool:
    return inspect.isfunction(of)


def _class(name: str, of: type[Any]) -> Iterator[str]:
    if is_dataclass(of):
        yield from dataclass(name, of)
    else:
        yield from function(name, of.__init__)
        if docstring(of):
            yield docstring(of)
            yield ""
    found = [line for line in methods(of) if not line.startswith("- `.") or "(" in line.split(":")[0]]
    yield from found
    if found:
        yield ""
