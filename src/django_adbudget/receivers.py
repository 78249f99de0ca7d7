"""Saving or deleting a fact evaluates what it touches, in the same transaction (rule S4)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.db import models
from django.db.models.signals import post_delete, post_migrate, post_save, pre_delete, pre_save

from .models import Brand, Campaign, DaypartingSchedule
from .services.access import tokens
from .services.audit import guard
from .services.edits import saves


def connect() -> None:
    for model in (Brand, Campaign, DaypartingSchedule):
        uid = f"adbudget_{model.__name__}"
        pre_save.connect(before_save, sender=model, dispatch_uid=uid)
        post_save.connect(after_save, sender=model, dispatch_uid=uid)
        pre_delete.connect(before_delete, sender=model, dispatch_uid=uid)
    post_delete.connect(after_window_delete, sender=DaypartingSchedule, dispatch_uid="adbudget_window")
    post_delete.connect(after_user_delete, sender=settings.AUTH_USER_MODEL, dispatch_uid="adbudget_user")
    post_migrate.connect(after_migrate, dispatch_uid="adbudget_triggers")


def before_save(instance: models.Model, raw: bool, update_fields: Iterable[str] | None, **kwargs: Any) -> None:
    if not raw:
        saves.before_save(instance, update_fields)


def after_save(
    instance: models.Model,
    created: bool,
    raw: bool,
    using: str,
    update_fields: Iterable[str] | None,
    **kwargs: Any,
) -> None:
    if raw:
        saves.mark_due(instance, using)
    else:
        saves.after_save(instance, created)


def before_delete(instance: models.Model, **kwargs: Any) -> None:
    saves.before_delete(instance)


def after_window_delete(instance: DaypartingSchedule, origin: Any, **kwargs: Any) -> None:
    """A window that goes with its campaign leaves nothing to evaluate."""
    model = origin.model if isinstance(origin, models.QuerySet) else type(origin)
    if issubclass(model, DaypartingSchedule):
        saves.after_window_delete(instance)


def after_user_delete(instance: models.Model, **kwargs: Any) -> None:
    tokens.forget_tokens(instance.pk)


def after_migrate(sender: AppConfig, using: str, **kwargs: Any) -> None:
    if sender.name == "django_adbudget":
        guard.install_triggers(using)
        tokens.after_migrate()
