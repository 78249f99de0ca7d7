"""Every public name with its signature, as text: `python -m tests.contract` writes tests/contract.txt anew.

docs/upgrades.md says what is public. One line is one promise, so that a diff of the file is what a release changes.
"""

from __future__ import annotations

import importlib
import inspect
import os
import re
import tomllib
from argparse import Action
from collections.abc import Callable, Iterator
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import Enum
from pathlib import Path
from types import FunctionType, MappingProxyType
from typing import Any

import django
from django.apps import apps
from django.core.management import get_commands, load_command_class
from django.core.management.base import BaseCommand
from django.db import models
from django.dispatch import Signal

ROOT = Path(__file__).parent.parent
SNAPSHOT = Path(__file__).with_name("contract.txt")

#: Modules of which all names in ``__all__`` are public.
WHOLE = ("services", "rules", "platforms", "admin", "testing", "api")
#: Public names of other modules: what pages of docs/ import, and what settings name.
SINGLE = {
    "api.auth": ["BearerAuth", "SessionAuth"],
    "channels": ["AlertChannel", "Digest", "PartlySent"],
    "channels.mail": ["MailChannel", "Recipient"],
    "channels.webhook": ["WebhookChannel"],
    "channels.words": ["letter"],
    "fields": ["money_value"],
    "schedules": ["INTERVALS", "beat_schedule", "entry_name"],
    "services.edits.bulk": ["set_budgets", "switch_many"],
    "services.delivery.circuit": ["circuit_state"],
    "services.delivery.drift": ["read_platform"],
    "services.health": ["health_status"],
    "services.edits.previews": ["NewBudget", "budget_preview"],
    "services.access.tokens": ["issue_token"],
    "services.access.visibility": ["only_visible"],
    "testing.plugin": ["adbudget_alerts", "adbudget_clock", "adbudget_platform", "adbudget_settings"],
}
#: Of the admin's classes, only what docs/admin.md names may be set or overridden.
_OF_ADMIN = re.compile("adbudget|dayparting_inline|overview_refreshes_every")


def lines() -> Iterator[str]:
    for section in (_models, _modules, _exceptions, _signals, _tasks, _settings, _commands, _rest, _checks, _extras):
        yield f"# {section.__name__.strip('_')}"
        yield from section()
        yield ""


def text() -> str:
    return "\n".join(lines()).rstrip() + "\n"


# Models


def _models() -> Iterator[str]:
    for model in sorted(apps.get_app_config("django_adbudget").get_models(), key=lambda model: model.__name__):
        yield f"{model.__name__}"
        for field in model._meta.get_fields():
            if isinstance(field, models.Field):
                yield f"    {field.name}: {_field(field)}"
        for rule in [*model._meta.constraints]:
            yield f"    constraint {rule.name}"
        codenames = [f"{word}_{model._meta.model_name}" for word in model._meta.default_permissions]
        for codename in codenames + [permission[0] for permission in model._meta.permissions]:
            yield f"    permission django_adbudget.{codename}"
        yield from _members(model, inherited=type(model._default_manager))


def _field(field: models.Field[Any, Any]) -> str:
    said = [type(field).__name__]
    if field.remote_field:
        on_delete = getattr(field.remote_field.on_delete, "__name__", "")
        said.append(f"-> {field.remote_field.model._meta.object_name} {on_delete}")
        said.append(f"related_name={field.remote_field.related_name}")
    said += [flag for flag in ("primary_key", "unique", "null", "blank") if getattr(field, flag)]
    if field.max_length:
        said.append(f"max_length={field.max_length}")
    if field.choices:
        said.append(f"choices={'|'.join(str(value) for value, _label in field.flatchoices)}")
    if field.has_default():
        default = field.default
        said.append(f"default={default.__name__ if callable(default) else repr(default)}")
    return " ".join(said)


def _members(model: type[models.Model], inherited: type) -> Iterator[str]:
    """Properties and methods of our own, and those of the default manager's querysets."""
    kinds = property | FunctionType
    yield from (_member(name, member) for name, member in _own(model) if isinstance(member, kinds))
    for name in sorted(set(dir(inherited)) - set(dir(models.Manager))):
        if not name.startswith("_") and callable(getattr(inherited, name)):
            yield f"    objects.{name}{_signature(getattr(inherited, name))}"


def _own(cls: type) -> Iterator[tuple[str, Any]]:
    """Public members that were written in this package, in the class or its bases; what Django adds is not ours."""
    found: dict[str, Any] = {}
    for each in reversed([base for base in cls.__mro__ if base.__module__.startswith("django_adbudget")]):
        found |= vars(each)
    for name, member in sorted(found.items()):
        from_django = inspect.isfunction(member) and not member.__module__.startswith("django_adbudget")
        if not name.startswith("_") and not from_django:
            yield name, member


# Python


def _modules() -> Iterator[str]:
    named = {module: importlib.import_module(f"django_adbudget.{module}").__all__ for module in WHOLE}
    for module, names in sorted({**named, **SINGLE}.items()):
        for name in sorted(names):
            yield from _name(f"{module}.{name}", getattr(importlib.import_module(f"django_adbudget.{module}"), name))


def _name(path: str, value: Any) -> Iterator[str]:
    if inspect.isclass(value):
        yield from _class(path, value)
    elif callable(value):
        yield f"{path}{_signature(getattr(value, '__pytest_wrapped__', value))}"
    elif isinstance(value, dict | MappingProxyType | int | float | str):
        yield f"{path} = {value!r}"
    else:
        yield f"{path}: {type(value).__name__}"


def _class(path: str, cls: type) -> Iterator[str]:
    if path.startswith("admin."):
        yield f"class {path}"
        yield from (f"    {name}" for name, _member in _own(cls) if _OF_ADMIN.search(name))
        return
    bases = ", ".join(base.__name__ for base in cls.__bases__ if base is not object)
    yield f"class {path}({bases})" if bases else f"class {path}"
    if issubclass(cls, Enum):
        yield f"    {', '.join(member.name for member in cls)}"
        return
    stored = {field.name: field for field in fields(cls)} if is_dataclass(cls) else {}
    yield from (f"    {name}: {field.type}{_default(field)}" for name, field in stored.items())
    if "__init__" in vars(cls) and not stored:
        yield f"    __init__{_signature(vars(cls)['__init__'])}"
    yield from filter(None, (_member(name, member) for name, member in _own(cls) if name not in stored))


def _member(name: str, member: Any) -> str:
    if isinstance(member, property):
        return f"    property {name}"
    if inspect.isfunction(member):
        return f"    {name}{_signature(member)}"
    return f"    {name} = {member!r}" if isinstance(member, bool | int | float | str) else ""


def _default(field: Field[Any]) -> str:
    if field.default is not MISSING:
        return f" = {field.default!r}"
    return " = ..." if field.default_factory is not MISSING else ""


def _signature(function: Callable[..., Any]) -> str:
    """Annotations as they are written: all of our modules leave them unevaluated."""
    try:
        return re.sub(r"'([\w. |,\[\]]+)'", r"\1", str(inspect.signature(function)))
    except (TypeError, ValueError):
        return "(...)"


def _exceptions() -> Iterator[str]:
    from django_adbudget import exceptions

    for name, value in sorted(vars(exceptions).items()):
        if inspect.isclass(value) and value.__module__ == exceptions.__name__:
            yield from _class(f"exceptions.{name}", value)


def _signals() -> Iterator[str]:
    """With the comment above each, which lists what it provides."""
    from django_adbudget import signals

    source = Path(signals.__file__).read_text()
    for name, value in sorted(vars(signals).items()):
        if isinstance(value, Signal):
            comment = re.search(rf"((?:^# .*\n)+)^{name} = ", source, re.MULTILINE)
            assert comment, f"{name} says nothing of its arguments"
            yield f"signals.{name}: {' '.join(comment[1].replace('# ', '').split())}"


# What is named by strings


def _tasks() -> Iterator[str]:
    from celery import current_app

    from django_adbudget import tasks
    from django_adbudget.schedules import INTERVALS

    for name, task in sorted(current_app.tasks.items()):
        if task.__module__ == tasks.__name__:
            every = f" every {INTERVALS[name]:g} s" if name in INTERVALS else ""
            yield f"{name}{_signature(task.run)}{every}"


def _settings() -> Iterator[str]:
    from django_adbudget import conf

    for name in sorted(conf.names()):
        kind = conf.AdBudgetSettings.__annotations__[name]
        yield f"ADBUDGET[{name}]: {kind} = {vars(conf.AdBudgetSettings)[name]!r}"


def _commands() -> Iterator[str]:
    django_own = {string for action in _actions(BaseCommand()) for string in action.option_strings}
    for name, app in sorted(get_commands().items()):
        if app == "django_adbudget":
            actions = [a for a in _actions(load_command_class(app, name)) if not django_own & set(a.option_strings)]
            yield " ".join([name, *sorted(_option(action) for action in actions)])


def _actions(command: BaseCommand) -> list[Action]:
    return command.create_parser("manage.py", "command")._actions


def _option(action: Action) -> str:
    name = "|".join(action.option_strings) or action.dest.upper()
    takes = "" if action.nargs == 0 or not action.option_strings else "="
    choices = ",".join(str(choice) for choice in action.choices) if action.choices else ""
    return f"{name}{takes}{choices}"


def _rest() -> Iterator[str]:
    from django_adbudget.api import router

    for path, view in sorted(router.path_operations.items()):
        for operation in view.operations:
            if operation.include_in_schema:
                yield f"{'|'.join(operation.methods)} {path}"


def _checks() -> Iterator[str]:
    """Their ids, which hosts silence."""
    sources = [path.read_text() for path in (ROOT / "src").rglob("*.py")]
    yield from sorted({found for source in sources for found in re.findall(r'"(adbudget\.[EW]\d{3})"', source)})


def _extras() -> Iterator[str]:
    ours = {"browser", "demo", "dev", "dist", "docs", "faults", "site", "test", "test-core"}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    yield from sorted(f"django-adbudget[{name}]" for name in project["optional-dependencies"].keys() - ours)


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    SNAPSHOT.write_text(text())


if __name__ == "__main__":
    main()
