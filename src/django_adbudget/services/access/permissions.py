"""Django's model permissions, asked for one by one: each request needs one, and Django would load them all."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, cast

from django.conf import settings
from django.contrib.auth.models import Group, Permission, PermissionsMixin
from django.db import connections, router
from django.db.models import ManyToManyField
from django.db.models.expressions import RawSQL

_APP = "django_adbudget"
_DJANGOS_OWN = ["django.contrib.auth.backends.ModelBackend"]

#: The attribute of a user that was read with ``held()``: ids of the user's permissions.
HELD = "adbudget_held"


def has_permission(user: Any, codename: str) -> bool:
    """``user.has_perm()``, in one statement where Django's own backend alone decides; else its backends are asked.

    Without a statement for a user that was read with ``held()``. Only a yes is believed of what is held in memory.
    """
    if not _is_plain(user) or not user.is_active or user.is_superuser:
        return bool(user.has_perm(f"{_APP}.{codename}"))
    alias, model = router.db_for_read(Permission), cast("Any", type(user))
    if hasattr(user, HELD) and _permission_ids(alias).get(codename) in getattr(user, HELD):
        return True
    with connections[alias].cursor() as cursor:
        cursor.execute(_statement(model, alias), [_APP, codename, *[_key(user, alias)] * 2])
        return cursor.fetchone() is not None


def held(model: type[Any], alias: str) -> dict[str, RawSQL]:
    """What to annotate users with when they are read: their permissions, where PostgreSQL can give them along."""
    with_users = issubclass(model, PermissionsMixin) and router.db_for_read(Permission) == alias
    if not with_users or connections[alias].vendor != "postgresql":
        return {}
    quote, meta = connections[alias].ops.quote_name, cast("Any", model)._meta
    user = f"{quote(meta.db_table)}.{quote(meta.pk.column)}"
    return {HELD: RawSQL(_HELD_SQL.format(**_names(model, alias), user=user), ())}  # noqa: S611  no caller's text


def forget() -> None:
    """After a migration, which may have made permissions anew."""
    _permission_ids.cache_clear()


@lru_cache(maxsize=8)
def _permission_ids(alias: str) -> dict[str, int]:
    """Ids by codename, read once; one that is not among them yet is looked up by whoever asks for it."""
    rows = Permission._base_manager.using(alias).filter(content_type__app_label=_APP)
    return dict(rows.values_list("codename", "pk"))


def _is_plain(user: Any) -> bool:
    djangos_own = getattr(type(user), "has_perm", None) is PermissionsMixin.has_perm
    return djangos_own and list(settings.AUTHENTICATION_BACKENDS) == _DJANGOS_OWN


def _key(user: Any, alias: str) -> Any:
    return user._meta.pk.get_db_prep_value(user.pk, connections[alias])


@lru_cache(maxsize=8)
def _statement(model: type[PermissionsMixin], alias: str) -> str:
    """Finds a permission that is the user's own or that of a group of the user's."""
    return _SQL.format(**_names(model, alias))


def _names(model: type[PermissionsMixin], alias: str) -> dict[str, str]:
    """Names of tables and columns, from the models."""
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
    return {role: quote(name) for role, name in names.items()}


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
_HELD_SQL = """ARRAY(
  SELECT o.{own_to} FROM {own_table} o WHERE o.{own_from} = {user}
  UNION ALL
  SELECT g.{of_to} FROM {of_table} g JOIN {groups_table} m ON m.{groups_to} = g.{of_from}
  WHERE m.{groups_from} = {user}
)"""
