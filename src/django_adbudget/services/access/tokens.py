"""Tokens for the REST API: random, kept as a digest, each a user's, expiring."""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple, cast

from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import connections, router
from django.db.models import BooleanField, ExpressionWrapper, Q

from ...clock import instant, is_aware
from ...models import ApiToken

_PREFIX = "adb_"
_LONGEST = 200
#: How exactly ``last_used_at`` is kept: a request seldom needs to write it.
_USE_NOTED_EVERY = timedelta(hours=1)


def issue_token(
    user: AbstractBaseUser, *, name: str = "", expires_at: datetime, now: datetime | None = None
) -> tuple[ApiToken, str]:
    """A new token of a user, and its text, which is kept nowhere. Raises ``ValueError`` unless it expires later."""
    created = instant(now)
    if not is_aware(expires_at) or expires_at <= created:
        raise ValueError(f"expires_at={expires_at!r} must be an aware datetime that lies in the future")
    plain = _PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        user_id=user.pk, name=name, digest=_digest(plain), expires_at=expires_at, created_at=created
    )
    return token, plain


def user_for(plain: str, now: datetime | None = None) -> AbstractBaseUser | None:
    """The user whose token this is, if it has not expired and the user may still log in. One statement.

    On PostgreSQL it brings the permissions along for which ``has_permission()`` is asked next.
    """
    if not 0 < len(plain) <= _LONGEST:
        return None
    digest, at = _digest(plain), instant(now)
    found = _found_at_once(digest, at) if users_are_beside_tokens() else _found_apart(digest, at)
    if found is None or not found.user.is_active:
        return None
    if found.use_is_to_be_noted:
        ApiToken.objects.filter(digest=digest).update(last_used_at=at)
    return found.user


def users_are_beside_tokens() -> bool:
    """Whether one statement can read both: a host may keep the ledger in a database of its own (rule H1)."""
    return router.db_for_read(ApiToken) == router.db_for_read(get_user_model())


def after_migrate() -> None:
    """Permissions may have been made anew."""
    if apps.is_installed("django.contrib.auth"):
        from . import permissions

        permissions.forget()


def forget_tokens(user_id: Any) -> None:
    """Delete the tokens of a user who is gone; in another database they stay, and open nothing."""
    if users_are_beside_tokens():
        ApiToken.objects.filter(user_id=user_id).delete()


class _Found(NamedTuple):
    user: AbstractBaseUser
    use_is_to_be_noted: bool


def _found_at_once(digest: str, at: datetime) -> _Found | None:
    """Every request asks this, so the statement is made once; its parameters come in the order of ``_statement``."""
    model = cast("Any", get_user_model())
    alias = router.db_for_read(model)
    instants = [connections[alias].ops.adapt_datetimefield_value(when) for when in (at - _USE_NOTED_EVERY, at)]
    rows = model._base_manager.using(alias).raw(_statement(model, alias), [instants[0], digest, instants[1]])
    return next((_Found(user, bool(user.adbudget_is_to_be_noted)) for user in rows), None)


@lru_cache(maxsize=8)
def _statement(model: Any, alias: str) -> str:
    moment = datetime(2000, 1, 1, tzinfo=UTC)
    unused = Q(adbudget_tokens__last_used_at__isnull=True) | Q(adbudget_tokens__last_used_at__lte=moment)
    rows = model._base_manager.filter(adbudget_tokens__digest="", adbudget_tokens__expires_at__gt=moment)
    rows = rows.annotate(adbudget_is_to_be_noted=ExpressionWrapper(unused, BooleanField()))
    if apps.is_installed("django.contrib.auth"):
        from . import permissions  # its models can be imported only then

        rows = rows.annotate(**permissions.held(model, alias))
    sql: str = rows.order_by().query.get_compiler(alias).as_sql()[0]
    return sql


def _found_apart(digest: str, at: datetime) -> _Found | None:
    token = ApiToken.objects.filter(digest=digest, expires_at__gt=at).first()
    user = get_user_model()._default_manager.filter(pk=token.user_id).first() if token else None
    if token is None or user is None:
        return None
    return _Found(user, token.last_used_at is None or at - token.last_used_at >= _USE_NOTED_EVERY)


def _digest(plain: str) -> str:
    return hashlib.sha256(plain.encode(errors="surrogatepass")).hexdigest()
