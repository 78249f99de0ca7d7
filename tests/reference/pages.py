"""Which pages there are, and their texts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from . import checks, commands, extending, models, permissions, rest, services, settings, tasks

FOLDER = Path(__file__).parent.parent.parent / "docs" / "reference"
_END = "*Written from the code by `make reference`.*"
PAGES: dict[str, Callable[[], Iterator[str]]] = {
    "models": models.page,
    "services": services.page,
    "rules": services.rules_page,
    "settings": settings.page,
    "checks": checks.page,
    "tasks": tasks.page,
    "rest": rest.page,
    "commands": commands.page,
    "permissions": permissions.page,
    "extending": extending.page,
}


def written() -> Iterator[tuple[str, str]]:
    """The files' names and what is to be in them."""
    for name, page in PAGES.items():
        text = "\n".join([*page(), _END])
        while "\n\n\n" in text:
            text = text.replace("\n\n\n", "\n\n")
        yield f"{name}.md", text + "\n"
