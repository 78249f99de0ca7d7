"""A host that keeps the ledger in a database of its own."""

from __future__ import annotations

from django.db.models import Model

ALIAS = "ledger"


class LedgerRouter:
    def db_for_read(self, model: type[Model], **hints: object) -> str | None:
        return ALIAS if model._meta.app_label == "django_adbudget" else None

    db_for_write = db_for_read

    def allow_migrate(self, db: str, app_label: str, **hints: object) -> bool:
        return (app_label == "django_adbudget") == (db == ALIAS)
