"""What other people's code says, in words without the secrets that it was given: they are logged, stored and shown."""

from __future__ import annotations

import re
import traceback
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

LONGEST_ERROR = 500
_NAMES = r"secret|token|passw|pwd|api.?key|private.?key|access.?key|authorization|signature|credential"
_HIDDEN = "***"
_PATTERNS = (
    (re.compile(r"://[^/\s@]+@"), f"://{_HIDDEN}@"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{6,}"), rf"\1 {_HIDDEN}"),
    (
        re.compile(
            rf"(?i)([\w-]{{0,30}}(?:{_NAMES})[\w-]{{0,30}}[\"']?\s*[=:]\s*[\"']?)(?!bearer|basic)[^\s\"'&,;)}}]+"
        ),
        rf"\1{_HIDDEN}",
    ),
)
#: Characters from which on the path of a secret URL is one itself; shorter ones are ordinary words.
_SECRET_PATH = 8


def described(error: BaseException, options: Mapping[str, Any], secret_options: Collection[str] = ()) -> str:
    """An exception in words that may be stored and shown: its own, or else its name."""
    try:
        words = str(error)
    except Exception:  # noqa: BLE001  an exception of somebody else's whose text is broken too
        words = ""
    return clean(words, options, secret_options) or type(error).__name__


def place(error: BaseException) -> str:
    """Where an exception came from, as a traceback without its words, and without those of the ones before it."""
    return "".join(traceback.format_tb(error.__traceback__)).rstrip()


def clean(text: object, options: Mapping[str, Any], secret_options: Collection[str] = ()) -> str:
    """Text without what looks like a secret or is an option that holds one, cut to ``LONGEST_ERROR``.

    Options hold one if they are named like it, or in ``secret_options``.
    """
    words = text if isinstance(text, str) else repr(text)
    # What is searched for secrets is longer than what is kept, so that none is cut in two; and no longer than that.
    words = words[: 8 * LONGEST_ERROR].replace("\x00", "").encode("utf-8", "replace").decode()
    for secret in sorted(set(_secrets(options, secret_options)), key=len, reverse=True):
        words = words.replace(secret, _HIDDEN)
    for pattern, instead in _PATTERNS:
        words = pattern.sub(instead, words)
    return words.strip()[:LONGEST_ERROR]


def _secrets(options: Mapping[str, Any], secret_options: Collection[str]) -> Iterator[str]:
    for name, value in options.items():
        if name in secret_options or re.search(_NAMES, name, re.IGNORECASE):
            yield from _texts(value)
        elif isinstance(value, Mapping):
            yield from _secrets(value, secret_options)


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        # Shorter ones are parts of ordinary words.
        if len(value) >= 4:
            yield value
        # A client that fails tells host and path apart.
        path = value.partition("://")[2].partition("/")[2]
        if len(path) >= _SECRET_PATH:
            yield path
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, Iterable) and not isinstance(value, bytes):
        for part in value:
            yield from _texts(part)
