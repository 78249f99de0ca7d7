from __future__ import annotations

from collections.abc import Iterator

from django.apps import apps
from django.db.models import Model

from tests.api.test_access import ENDPOINTS, LISTS

from .words import code, prose, table


def page() -> Iterator[str]:
    yield "# Permissions"
    yield ""
    yield from prose(
        """
        Django's own, made by `migrate`: four for each model, and two of the ledger. In code,
        `user.has_perm("django_adbudget.record_spend")`. They say *what* somebody may do; *whose* brands somebody
        sees is said by [API_BRANDS_FOR](../tenants.md).
        """
    )
    calls: dict[str, list[str]] = {}
    for method, path, _, permission in ENDPOINTS.values():
        calls.setdefault(permission, []).append(code(f"{method} {path}"))
    for path, permission in LISTS.values():
        calls.setdefault(permission, []).append(code(f"GET {path}"))
    models = sorted(apps.get_app_config("django_adbudget").get_models(), key=lambda model: model.__name__)
    names = {model: _of(model) for model in models}
    rows = [
        [
            code(model.__name__),
            ", ".join(map(code, names[model])),
            "; ".join(f"{code(name)}: {', '.join(calls[name])}" for name in names[model] if name in calls),
        ]
        for model in models
    ]
    yield from table(["model", "permissions", "REST calls that need one"], rows)
    yield from prose(
        """
        In the admin, `view_...`, `add_...`, `change_...` and `delete_...` mean what they always do; the ledger
        and the history are never added to, changed or deleted there. What each opens is in [the
        admin](../admin.md#who-may-do-what).
        """
    )


def _of(model: type[Model]) -> list[str]:
    named = model._meta
    default = [f"{action}_{named.model_name}" for action in named.default_permissions]
    return [*default, *(codename for codename, _ in named.permissions)]
