"""Tokens for the REST API: random, kept as a digest, each a user's, expiring."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.db import router

from ..clock import instant, is_aware
from ..models import ApiToken

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser

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
    """The user whose token this is, if it has not expired and the user may still log in. One statement."""
    if not 0 < len(plain) <= _LONGEST:
        return None
    at = instant(now)
    rows = ApiToken.objects.filter(digest=_digest(plain), expires_at__gt=at)
    token = (rows.select_related("user") if users_are_beside_tokens() else rows).first()
    user = _user_of(token) if token else None
    if token is None or user is None or not user.is_active:
        return None
    if token.last_used_at is None or at - token.last_used_at >= _USE_NOTED_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=at)
    return user


def users_are_beside_tokens() -> bool:
    """Whether one statement can read both: a host may keep the ledger in a database of its own (rule H1)."""
    return router.db_for_read(ApiToken) == router.db_for_read(get_user_model())


def forget_tokens(user_id: Any) -> None:
    """Delete the tokens of a user who is gone; in another database they stay, and open nothing."""
    if users_are_beside_tokens():
        ApiToken.objects.filter(user_id=user_id).delete()


def _user_of(token: ApiToken) -> AbstractBaseUser | None:
    if users_are_beside_tokens():
        return token.user
    found: AbstractBaseUser | None = get_user_model()._default_manager.filter(pk=token.user_id).first()
    return found


def _digest(plain: str) -> str:
    return hashlib.sha256(plain.encode(errors="surrogatepass")).hexdigest()
