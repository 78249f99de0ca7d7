from __future__ import annotations

from typing import Any

LEDGER = "ledger"


class Router:
    """The ledger lives in a database of its own; everything else stays at home."""

    def db_for_read(self, model: type[Any], **hints: Any) -> str:
        return LEDGER if model._meta.app_label == "django_adbudget" else "default"

    db_for_write = db_for_read

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return (app_label == "django_adbudget") == (db == LEDGER)
