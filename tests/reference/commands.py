from __future__ import annotations

from argparse import Action
from collections.abc import Iterator

from django.core.management import get_commands, load_command_class
from django.core.management.base import BaseCommand

from .words import code, prose, table

_APP = "django_adbudget"
_PREFIX = "adbudget_"


def page() -> Iterator[str]:
    yield "# Commands"
    yield ""
    yield from prose(
        """
        Of `manage.py`; each takes Django's own options too (`--settings`, `--verbosity` ...) and `--help`. One
        that fails says why in a sentence and ends with another code than 0. Those without the prefix `adbudget_`
        exist with it too, for a site that has a command of the same name.
        """
    )
    for name in names():
        yield from _command(name)


def names() -> list[str]:
    ours = {name for name, app in get_commands().items() if app == _APP}
    return sorted(ours - {f"{_PREFIX}{name}" for name in ours})


def _command(name: str) -> Iterator[str]:
    command = load_command_class(_APP, name)
    yield f"## `{name}`"
    yield ""
    yield str(command.help)
    yield ""
    rows = [[_named(action), _what(action)] for action in _own(command, name)]
    yield from table(["argument", ""], rows) if rows else ()


def _own(command: BaseCommand, name: str) -> list[Action]:
    """The arguments that are not Django's own."""
    djangos = {action.dest for action in BaseCommand().create_parser("manage.py", name)._actions}
    parser = command.create_parser("manage.py", name)
    found = [action for action in parser._actions if action.dest not in djangos]
    return sorted(found, key=lambda action: bool(action.option_strings))


def _named(action: Action) -> str:
    if not action.option_strings:
        return code(str(action.metavar or action.dest.upper()))
    value = ""
    if action.nargs != 0:
        value = " {" + ",".join(map(str, action.choices)) + "}" if action.choices else f" {action.metavar or 'VALUE'}"
    return code(", ".join(action.option_strings) + value)


def _what(action: Action) -> str:
    text = str(action.help or "")
    shown = action.default not in (None, False, "", []) and action.option_strings and "default" not in text
    return (text % {"default": action.default} if "%(" in text else text.replace("%%", "%")) + (
        f" (default: {action.default})" if shown else ""
    )
