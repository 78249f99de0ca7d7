"""The commands of a `console` block: those of manage.py are run, the others are held to what exists."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import json
import re
import shlex
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import click
from celery.bin.celery import celery
from django.core.management import get_commands, load_command_class
from django.core.management.base import BaseCommand, CommandError, OutputWrapper

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
#: They serve until they are ended, or ask a person: their options are looked at, and they are not run.
UNENDING = {"changepassword", "createsuperuser", "dbshell", "runserver", "shell", "test", "simulate_spend"}
#: Programs of others, of which nothing is known here.
FOREIGN = {
    "apt-get", "brew", "cd", "docker", "export", "journalctl", "mariadb", "pg_isready", "psql", "redis-cli", "set",
    "sudo", "systemctl", "tail", "wsl",
}  # fmt: skip
_SHELL = {"|", ">", "<", ">>", "&&", "&", ";"}


@dataclass(frozen=True)
class Command:
    words: tuple[str, ...]
    output: str

    @property
    def name(self) -> str:
        return self.words[0]

    @property
    def is_plain(self) -> bool:
        """Whether no shell is needed to run it."""
        return not _SHELL & set(self.words)

    @property
    def ends(self) -> bool:
        """Whether it ends by itself, and asks nobody."""
        return self.words[1] not in UNENDING or self.words[1:3] == ("shell", "-c")


def commands(code: str) -> Iterator[Command]:
    """Each line after a ``$``, continued by a backslash, with what it prints."""
    for part in re.split(r"^\$ ", code, flags=re.MULTILINE)[1:]:
        line, _, output = part.replace("\\\n", " ").partition("\n")
        words = shlex.split(line, comments=True)
        while re.match(r"[A-Z_]+=", words[0]):
            words = words[1:]
        if words[0] in {"python", "python3", "py"}:
            words = words[2:] if words[1] == "-m" and words[2] == "pip" else words[1:]
        yield Command(tuple(words), output.strip())


def run(code: str, where: str) -> Counter[str]:
    """Run what can be run, and check the rest. Gives how many were run and checked."""
    done: Counter[str] = Counter()
    for command in commands(code):
        try:
            done[_do(command)] += 1
        except (AssertionError, CommandError) as error:
            raise AssertionError(f"{where}: $ {shlex.join(command.words)}\n{error}") from error
    return done


def _do(command: Command) -> str:
    check(command)
    if command.name == "manage.py" and command.is_plain and command.ends:
        _manage(command)
        return "commands run"
    return "commands checked"


def check(command: Command) -> None:
    """Its name and its options are looked at. Raises ``AssertionError`` or ``CommandError``."""
    if command.name not in FOREIGN:
        assert command.name in _CHECKS, f"nothing is known of {command.name!r}"
        end = next((n for n, word in enumerate(command.words) if word in _SHELL), None)
        _CHECKS[command.name](command.words[1:end])


def _parse(words: tuple[str, ...]) -> None:
    parser = _loaded(words[0]).create_parser("manage.py", words[0])
    parser.called_from_command_line = False  # so that it raises instead of ending the process
    if words[1:]:  # by its name alone it is only spoken of
        parser.parse_args(words[1:])


def _loaded(name: str) -> BaseCommand:
    app = get_commands().get(name)
    assert app is not None, f"there is no command {name!r}"
    return app if isinstance(app, BaseCommand) else load_command_class(app, name)


def _manage(command: Command) -> None:
    said = io.StringIO()
    code = 0
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            loaded = _loaded(command.words[1])
            # By name as well: a worker that ran in this process may have left a stdout of its own.
            loaded.stdout, loaded.stderr = OutputWrapper(said), OutputWrapper(said)
            loaded.run_from_argv(list(command.words))
        except SystemExit as ended:
            code = int(ended.code or 0)
    if command.output:
        assert _as_pattern(command.output).fullmatch(_tidy(said.getvalue())), f"it printed\n{said.getvalue()}"
    fails = "CommandError" in command.output or "ERROR" in command.output
    assert bool(code) is fails, f"it ended with {code} and printed\n{said.getvalue()}"


def _tidy(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def _as_pattern(output: str) -> re.Pattern[str]:
    """``...`` stands for anything."""
    return re.compile(".*?".join(re.escape(part) for part in _tidy(output).split("...")), re.DOTALL)


def _pip(words: tuple[str, ...]) -> None:
    assert words[0] in {"install", "list"}
    for word in words[1:]:
        if not word.startswith("-"):
            name, _, extras = word.partition("[")
            unknown = set(filter(None, extras.rstrip("]").split(","))) - set(PROJECT["optional-dependencies"])
            assert not unknown, f"there are no extras {unknown}"
            assert re.split(r"[<>=!~]", name)[0].lower() in _distributions(), f"{name!r} is no dependency of ours"


def _distributions() -> set[str]:
    named = [*PROJECT["dependencies"], *(line for lines in PROJECT["optional-dependencies"].values() for line in lines)]
    ours = {re.split(r"[\[<>=!~; ]", line)[0].lower() for line in named}
    return ours | {PROJECT["name"], "."}


def _make(words: tuple[str, ...]) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    missing = {word for word in words if "=" not in word} - targets
    assert not missing, f"the Makefile has no {missing}"


def _celery(words: tuple[str, ...]) -> None:
    context = click.Context(celery)
    # -A names a project that is not here.
    words = tuple(words[2:]) if words[0] in {"-A", "--app"} else words
    named = celery.get_command(context, words[0])
    assert named is not None, f"celery has no {words[0]!r}"
    known = {option for parameter in named.params for option in parameter.opts + parameter.secondary_opts}
    unknown = {word.partition("=")[0] for word in words[1:] if word.startswith("-")} - known
    assert not unknown, f"celery {words[0]} has no {unknown}"


def _module(words: tuple[str, ...]) -> None:
    assert importlib.util.find_spec(words[0]), f"there is no module {words[0]}"


def _curl(words: tuple[str, ...]) -> None:
    """Its addresses are those of a site that has the API at ``api/``."""
    paths = json.loads((ROOT / "tests/api/openapi.json").read_text())["paths"]
    there = [re.compile(re.sub(r"{\w+}", "[^/]+", path)) for path in (*paths, "/api/docs", "/api/openapi.json")]
    for word in words:
        named = re.match(r"(?:https?://[^/]+/api|\$API)(?P<path>/[^?]*)", word)
        if named:
            address = "/api" + named["path"]
            assert any(path.fullmatch(address) for path in there), f"nothing answers at {word}"


def _startproject(words: tuple[str, ...]) -> None:
    assert words[0] == "startproject"


_CHECKS: dict[str, Callable[[tuple[str, ...]], None]] = {
    "manage.py": _parse,
    "pip": _pip,
    "make": _make,
    "celery": _celery,
    "curl": _curl,
    "django-admin": _startproject,
    "-m": _module,
}
