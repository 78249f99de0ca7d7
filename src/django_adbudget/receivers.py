"""Saving or deleting a fact evaluates what it touches, in the same transaction (rule S4)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.db import models
from django.db.models.signals import class_prepared, post_delete, post_migrate, post_save, pre_delete, pre_save

from .models import Brand, Campaign, DaypartingSchedule
from .services.access import tokens
from .services.audit import guard
from .services.edits import saves

_FACTS = (Brand, Campaign, DaypartingSchedule)


def connect() -> None:
    for model in apps.get_models():
        connect_fact(model)
    class_prepared.connect(connect_fact, dispatch_uid="adbudget_fact")
    post_delete.connect(after_user_delete, sender=settings.AUTH_USER_MODEL, dispatch_uid="adbudget_user")
    post_migrate.connect(after_migrate, dispatch_uid="adbudget_triggers")


def connect_fact(sender: type[models.Model], **kwargs: Any) -> None:
    """Hear of a fact's model and of what a host derives from it: Django sends no signal of the model derived from.

    Without a sender every delete of every model of the host's would become slow.
    """
    if not issubclass(sender, _FACTS):
        return
    uid = f"adbudget_{sender._meta.label}"
    pre_save.connect(before_save, sender=sender, dispatch_uid=uid)
    post_save.connect(after_save, sender=sender, dispatch_uid=uid)
    pre_delete.connect(before_delete, sender=sender, dispatch_uid=uid)
    if issubclass(sender, DaypartingSchedule):
        post_delete.connect(after_window_delete, sender=sender, dispatch_uid=uid)


def _is_fact(instance: models.Model) -> bool:
    """Django remembers senders by their ``id()``, which the next class has once one of a test's is gone."""
    return isinstance(instance, _FACTS)


def before_save(instance: models.Model, raw: bool, update_fields: Iterable[str] | None, **kwargs: Any) -> None:
    if _is_fact(instance) and not raw:
        saves.before_save(instance, update_fields)


def after_save(
    instance: models.Model,
    created: bool,
    raw: bool,
    using: str,
    update_fields: Iterable[str] | None,
    **kwargs: Any,
) -> None:
    if not _is_fact(instance):
        return
    if raw:
        saves.mark_due(instance, using)
    else:
        saves.after_save(instance, created)


def before_delete(instance: models.Model, origin: Any = None, **kwargs: Any) -> None:
    if _is_fact(instance):
        saves.before_delete(instance, origin)


def after_window_delete(instance: DaypartingSchedule, origin: Any, **kwargs: Any) -> None:
    """A window that goes with its campaign leaves nothing to evaluate."""
    model = origin.model if isinstance(origin, models.QuerySet) else type(origin)
    if _is_fact(instance) and issubclass(model, DaypartingSchedule):
        saves.after_window_delete(instance)


def after_user_delete(instance: models.Model, **kwargs: Any) -> None:
    tokens.forget_tokens(instance.pk)


def after_migrate(sender: AppConfig, using: str, **kwargs: Any) -> None:
    if sender.name == "django_adbudget":
        guard.install_triggers(using)
        tokens.after_migrate()
