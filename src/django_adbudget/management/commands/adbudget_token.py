from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import CommandError, CommandParser

from django_adbudget.clock import instant
from django_adbudget.services.access.tokens import issue_token

from ..base import AdBudgetCommand, text_of

_LONGEST = 3650


class Command(AdBudgetCommand):
    help = "Makes a bearer token for the REST API and prints it, once: only a digest of it is kept."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user", type=text_of, help="the name that the user logs in with")
        parser.add_argument("--name", type=text_of, default="", help="what the token is for, at most 100 characters")
        parser.add_argument("--days", type=int, default=90, metavar="N", help="how long it lasts (default: 90)")

    def handle(self, *, user: str, name: str, days: int, **options: Any) -> None:
        if not 1 <= days <= _LONGEST:
            raise CommandError(f"--days must lie between 1 and {_LONGEST}, not {days}.")
        if len(name) > 100:
            raise CommandError("--name has more than 100 characters.")
        model = get_user_model()
        found = model._default_manager.filter(**{model.USERNAME_FIELD: user}).first()
        if found is None:
            raise CommandError(f"There is no user {user!r}.")
        now = instant()
        token, plain = issue_token(found, name=name, expires_at=now + timedelta(days=days), now=now)
        self.stderr.write(f"A token of {user}, until {token.expires_at:%Y-%m-%d}. It is not shown again.")
        self.stdout.write(plain)
