"""What our actions have in common: they open their own edit, and say so when the database was too busy for it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.db import OperationalError
from django.http import HttpRequest
from django.utils.translation import gettext

from ...services.gate import is_retryable

Action = Callable[..., Any]
_MARK = "opens_its_own_edit"


def opens_its_own_edit(action: Action) -> Action:
    """For an action that only reads, or whose service opens the edit, once it is known what is to be locked."""

    @wraps(action)
    def told(model_admin: Any, request: HttpRequest, *args: Any) -> Any:
        try:
            return action(model_admin, request, *args)
        except OperationalError as error:
            if not is_retryable(error):
                raise
            text = gettext("Others were writing to the same rows for too long. Nothing was changed; please try again.")
            model_admin.message_user(request, text, messages.ERROR)
            return None

    setattr(told, _MARK, True)
    return told


def needs_no_edit(model_admin: Any, request: HttpRequest) -> bool:
    """Whether all actions that a POST names take care of themselves."""
    names = [name for name in request.POST.getlist("action") if name]
    actions = model_admin.get_actions(request) if names else {}
    return bool(names) and all(name in actions and hasattr(_function(actions[name]), _MARK) for name in names)


def _function(action: Any) -> Any:
    """Of an action as ``get_actions()`` gives it: an object from Django 6.1 on, a tuple before."""
    return action[0] if isinstance(action, tuple) else action.func
