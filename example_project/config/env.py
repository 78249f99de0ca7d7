"""What the environment says, read strictly: an error names the variable and says what to write.

A variable that is set to nothing counts as missing, since that is how an empty line of an env file arrives."""

from __future__ import annotations

import os
from collections.abc import Collection
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

FLAGS = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
NEW_KEY = "python -c 'import secrets; print(secrets.token_urlsafe(50))'"


def text(name: str, default: str | None, hint: str = "") -> str:
    """Without a default, the variable must be there; the hint says what belongs in it."""
    value = os.environ.get(name, "").strip()
    if value:
        return value
    if default is None:
        raise ImproperlyConfigured(f"{name} is not set. {hint}")
    return default


def flag(name: str, default: bool) -> bool:
    value = text(name, "1" if default else "0").lower()
    if value not in FLAGS:
        raise ImproperlyConfigured(f"{name} is 1 or 0, not {value!r}.")
    return FLAGS[value]


def integer(name: str, default: int) -> int:
    value = text(name, str(default))
    if not value.isdecimal():
        raise ImproperlyConfigured(f"{name} is a whole number, not {value!r}.")
    return int(value)


def words(name: str, default: str | None, hint: str = "") -> list[str]:
    """Separated by commas."""
    return [word.strip() for word in text(name, default, hint).split(",") if word.strip()]


def choice(name: str, choices: Collection[str], default: str) -> str:
    value = text(name, default)
    if value not in choices:
        raise ImproperlyConfigured(f"{name} is one of {', '.join(choices)}, not {value!r}.")
    return value


def url(name: str, schemes: Collection[str], default: str | None, hint: str = "") -> str:
    """A wrong one is not repeated in the message, since there may be a password in it."""
    value = text(name, default, hint)
    if value and urlsplit(value).scheme not in schemes:
        raise ImproperlyConfigured(f"{name} does not begin with one of {', '.join(f'{s}://' for s in schemes)}. {hint}")
    return value


def refuse(name: str, unsafe: bool, why: str) -> None:
    if unsafe:
        raise ImproperlyConfigured(f"{name}: {why}")


def secret_key(name: str) -> str:
    """One that nobody guesses."""
    value = text(name, None, f"Make one: {NEW_KEY}")
    if len(value) < 50 or len(set(value)) < 5 or value.startswith("django-insecure-"):
        raise ImproperlyConfigured(f"{name} can be guessed: it needs 50 random characters. Make one: {NEW_KEY}")
    return value
