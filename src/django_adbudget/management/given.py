"""What code hands to ``call_command`` by keyword, which Django passes on as it is: read as if it had been typed."""

from __future__ import annotations

from argparse import Action, ArgumentError, _AppendAction
from collections.abc import Iterable, Mapping
from typing import Any

from django.core.management.base import CommandError, CommandParser


def as_typed(parser: CommandParser, options: Mapping[str, Any]) -> dict[str, Any]:
    """The options, each read by the parser. Raises ``CommandError``.

    What the parser has read before comes out the same, since its types read what ``str`` makes of their values.
    """
    actions = {action.dest: action for action in parser._actions if action.nargs != 0}
    try:
        return {
            name: _read(parser, actions[name], value) if name in actions and value is not None else value
            for name, value in options.items()
        }
    except ArgumentError as error:
        raise CommandError(str(error)) from error


def _read(parser: CommandParser, action: Action, value: Any) -> Any:
    if not isinstance(action, _AppendAction):
        return _one(parser, action, value)
    several = value if isinstance(value, Iterable) and not isinstance(value, str) else [value]
    return [_one(parser, action, each) for each in several]


def _one(parser: CommandParser, action: Action, value: Any) -> Any:
    read = parser._get_value(action, str(value))
    parser._check_value(action, read)
    return read
