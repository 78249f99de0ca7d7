from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db import models as db

from django_adbudget import clock, conf, models

from .words import code, docstring, listed, methods, prose, table

#: In the order in which one meets them; what is not named here comes after.
FIRST = (
    "Brand", "Campaign", "DaypartingSchedule", "SpendRecord", "BudgetSummary", "CampaignSummary", "StatusChange",
    "BudgetChange", "BudgetAlert", "PlatformOrder", "Heartbeat",
)  # fmt: skip
_DEFAULTS: dict[Any, str] = {
    conf.default_timezone: "`DEFAULT_TIMEZONE`",
    conf.default_currency: "`DEFAULT_CURRENCY`",
    conf.default_dayparting: "`DAYPARTING_DEFAULT`",
    clock.instant: "now",
}
_WRITES = {"save", "delete", "clean", "create", "bulk_create", "update", "bulk_update"}


def page() -> Iterator[str]:
    yield "# Models"
    yield ""
    yield from prose(
        """
        `django_adbudget.models`. Money is a `Decimal` with at most 6 places, in the brand's currency, kept as a
        whole number of micro-units. Dates are local to the brand, instants are UTC. *Derived* fields are written
        by the package alone; what saving writes to them is thrown away.
        """
    )
    for name in (*FIRST, *(name for name in models.__all__ if name not in FIRST)):
        yield from _model(getattr(models, name))


def _model(model: type[db.Model]) -> Iterator[str]:
    yield f"## `{model.__name__}`"
    yield ""
    if docstring(model):
        yield docstring(model)
        yield ""
    rows = ([code(field.name), _type(field), _what(field)] for field in model._meta.concrete_fields)
    yield from table(["field", "type", ""], rows)
    yield from listed(_constraints(model))
    yield from listed(methods(model, without=_WRITES))
    queryset = type(model._default_manager.all())
    if queryset.__module__ == "django.db.models.query":
        return
    yield from listed(
        line.replace("`.", f"`{model.__name__}.objects.", 1) for line in methods(queryset, without=_WRITES)
    )


def _type(field: Any) -> str:
    name = type(field).__name__.removeprefix("Projected")
    if field.is_relation:
        return f"{name} to `{field.related_model.__name__}`"
    return f"{name}, {field.max_length}" if field.max_length else name


def _what(field: Any) -> str:
    said = [str(field.help_text)] if field.help_text else []
    if type(field).__name__.startswith("Projected"):
        said.append("Derived.")
    if field.choices:
        said.append("One of " + ", ".join(code(value) for value, _ in field.choices) + ".")
    if field.unique and not field.primary_key:
        said.append("Unique.")
    if field.null:
        said.append("Null: none.")
    if field.is_relation and field.remote_field.on_delete in {db.CASCADE, db.PROTECT}:
        said.append("Goes with it." if field.remote_field.on_delete is db.CASCADE else "Keeps it from being deleted.")
    return " ".join([*said, *_default(field)])


def _default(field: Any) -> Iterator[str]:
    if not field.has_default() or field.default in (None, "") or isinstance(field.default, datetime):
        return
    default = _DEFAULTS.get(field.default) if callable(field.default) else code(field.default)
    yield f"Default: {default or code(repr(field.default()))}."


def _constraints(model: type[db.Model]) -> Iterator[str]:
    for each in model._meta.constraints:
        if isinstance(each, db.UniqueConstraint):
            yield f"- Unique together: {', '.join(code(name) for name in each.fields)}."
