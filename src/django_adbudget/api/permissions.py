"""Django's model permissions, asked for one by one: each request needs one, and Django would load them all."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, cast

from django.conf import settings
from django.contrib.auth.models import Group, Permission, PermissionsMixin
from django.db import connections, router
from django.db.models import ManyToManyField

_APP = "django_adbudget"
_DJANGOS_OWN = ["django.contrib.auth.backends.ModelBackend"]


def has_permission(user: Any, codename: str) -> bool:
    """``user.has_perm()``, in one statement where Django's own backend alone decides; else its backends are asked."""
    if not _is_plain(user) or not user.is_active or user.is_superuser:
        return bool(user.has_perm(f"{_APP}.{codename}"))
    alias, model = router.db_for_read(Permission), cast("Any", type(user))
    with connections[alias].cursor() as cursor:
        cursor.execute(_statement(model, alias), [_APP, codename, *[_key(user, alias)] * 2])
        return cursor.fetchone() is not None


def _is_plain(user: Any) -> bool:
    djangos_own = getattr(type(user), "has_perm", None) is PermissionsMixin.has_perm
    return djangos_own and list(settings.AUTHENTICATION_BACKENDS) == _DJANGOS_OWN


def _key(user: Any, alias: str) -> Any:
    return user._meta.pk.get_db_prep_value(user.pk, connections[alias])


@lru_cache(maxsize=8)
def _statement(model: type[PermissionsMixin], alias: str) -> str:
    """Finds a permission that is the user's own or that of a group of the user's. Names come from the models."""
    own, groups = _through(model, "user_permissions"), _through(model, "groups")
    of_group = _through(Group, "permissions")
    permission, content_type = Permission._meta, Permission._meta.get_field("content_type").related_model._meta
    quote = connections[alias].ops.quote_name
    names = {
        "permission": permission.db_table,
        "type": content_type.db_table,
        **{f"own_{role}": name for role, name in own.items()},
        **{f"groups_{role}": name for role, name in groups.items()},
        **{f"of_{role}": name for role, name in of_group.items()},
    }
    return _SQL.format(**{role: quote(name) for role, name in names.items()})


def _through(model: type[Any], field_name: str) -> dict[str, str]:
    field: ManyToManyField[Any, Any] = model._meta.get_field(field_name)
    return {"table": field.m2m_db_table(), "from": field.m2m_column_name(), "to": field.m2m_reverse_name()}


_SQL = """
SELECT 1 FROM {permission} p JOIN {type} t ON t.id = p.content_type_id
WHERE t.app_label = %s AND p.codename = %s AND (
  EXISTS (SELECT 1 FROM {own_table} o WHERE o.{own_to} = p.id AND o.{own_from} = %s)
  OR EXISTS (
    SELECT 1 FROM {of_table} g JOIN {groups_table} m ON m.{groups_to} = g.{of_from}
    WHERE g.{of_to} = p.id AND m.{groups_from} = %s
  )
)
"""
