"""What the models share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import models, router, transaction
from django.utils.translation import gettext_lazy as _

from ..clock import instant


class Created(models.Model):
    created_at = models.DateTimeField(default=instant, editable=False)

    class Meta:
        abstract = True


class Timestamped(Created):
    updated_at = models.DateTimeField(default=instant, editable=False)

    class Meta:
        abstract = True


class Told(Created):
    """A row that tells what has happened. ``updated_at`` is null in rows of a release that had none."""

    updated_at = models.DateTimeField(auto_now=True, null=True, editable=False)

    class Meta:
        abstract = True


class Fact(Timestamped):
    """A row that people edit and that decides whether campaigns run.

    Saving or deleting it and evaluating what it touches are one transaction (rule S4); receivers evaluate.
    """

    #: Relations to spend, and to spend that was archived: either settles a row (rule M5).
    settled_by: ClassVar[tuple[str, ...]] = ()

    class Meta:
        abstract = True

    def save(
        self,
        *,
        force_insert: Any = False,
        force_update: bool = False,
        using: str | None = None,
        update_fields: Iterable[str] | None = None,
    ) -> None:
        self.updated_at = instant()
        if update_fields is not None:
            update_fields = {*update_fields, "updated_at"}
        alias = using or router.db_for_write(type(self), instance=self)
        with transaction.atomic(using=alias):
            super().save(force_insert=force_insert, force_update=force_update, using=alias, update_fields=update_fields)

    def has_spend(self, using: str | None = None) -> bool:
        """Whether spend was ever recorded for this row."""
        return any(getattr(self, name).using(using).exists() for name in self.settled_by)

    def check_settled(self, name: str) -> None:
        """Raise ``ValidationError`` if a field that is settled by the first spend was changed (rule M5)."""
        row: Any = type(self)._base_manager.filter(pk=self.pk).first()
        if row and getattr(row, name) != getattr(self, name) and row.has_spend():
            label = name.removesuffix("_id")
            raise ValidationError({label: _("This is settled: spend is recorded already.")}, code="settled")

    def delete(self, using: str | None = None, keep_parents: bool = False) -> tuple[int, dict[str, int]]:
        alias = using or router.db_for_write(type(self), instance=self)
        with transaction.atomic(using=alias):
            return super().delete(using=alias, keep_parents=keep_parents)


def at_least_zero(field: str, label: str) -> models.CheckConstraint:
    """No budget, or one of zero or more (rule M3)."""
    return models.CheckConstraint(
        condition=models.Q(**{f"{field}__isnull": True}) | models.Q(**{f"{field}__gte": 0}),
        name=f"adbudget_{label}_{field}_gte_0",
    )
