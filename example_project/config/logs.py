"""Where the log goes: lines for people on the console, and JSON, which keeps the keys of each record, in files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

JSON = {
    "()": "pythonjsonlogger.json.JsonFormatter",
    "fmt": "{levelname}{name}{message}",
    "style": "{",
    "timestamp": True,
    "rename_fields": {"levelname": "level", "name": "logger"},
}


def to_stdout() -> dict[str, Any]:
    """A LOGGING for containers: JSON, a line a record, for whatever collects their output."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": JSON},
        "handlers": {"stdout": {"class": "logging.StreamHandler", "stream": "ext://sys.stdout", "formatter": "json"}},
        "root": {"handlers": ["stdout"], "level": "INFO"},
    }


def to_console_and_files(folder: Path) -> dict[str, Any]:
    """A LOGGING whose file is ``agency.jsonl`` in a folder: five of at most 5 MB, the newest without a number."""
    folder.mkdir(parents=True, exist_ok=True)
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {"format": "{asctime} {levelname:<7} {name}: {message}", "style": "{"},
            "json": JSON,
        },
        "handlers": {
            "console": {"class": "logging.StreamHandler", "formatter": "line"},
            "file": {
                # The site, its worker and its beat write at once: logging's own would lose lines when it rotates.
                "class": "concurrent_log_handler.ConcurrentRotatingFileHandler",
                "filename": str(folder / "agency.jsonl"),
                "maxBytes": 5_000_000,
                "backupCount": 4,
                "formatter": "json",
                "encoding": "utf-8",
            },
        },
        "root": {"handlers": ["console", "file"], "level": "INFO"},
    }
