"""How the demonstration tells a turn."""

from __future__ import annotations

from decimal import Decimal
from zoneinfo import ZoneInfo

from agency.demo.story import Note, Turn
from agency.words import local, money, why
from django_adbudget.models import Brand, StatusChange
from django_adbudget.rules import Status
from django_adbudget.rules.status import BUDGET_REASONS

_LIMIT_OF = {reason: limit for limit, reason in BUDGET_REASONS.items()}


def when(said: Note | Turn) -> str:
    at, brand = (said.at, said.brand) if isinstance(said, Note) else (said.change.at, brand_of(said))
    return f"{local(at, brand.timezone)} {brand.timezone}"


def brand_of(turn: Turn) -> Brand:
    return turn.change.campaign.brand


def what(turn: Turn) -> str:
    change = turn.change
    cause = f", cause {change.cause}" if turn.show_cause else ""
    if change.to_status == Status.ACTIVE:
        return f"runs: {_why_again(turn)}{cause}"
    return f"stops: {why(change.reasons)}{_figures(change)}{cause}"


def _why_again(turn: Turn) -> str:
    if turn.change.cause == "EDIT":
        return f"by {turn.change.actor}" if turn.change.actor else "by an edit"
    if turn.change.cause == "SPEND":
        return "spend was taken back"
    gone = " ".join(turn.reasons_before)
    if "DAILY" not in gone and "MONTHLY" not in gone:
        return "its hours begin"
    period = "month" if "MONTHLY" in gone else "day"
    return f"local midnight, a new {period}" if _at_midnight(turn) else f"a new {period} has begun"


def _at_midnight(turn: Turn) -> bool:
    at = turn.change.at.astimezone(ZoneInfo(brand_of(turn).timezone))
    return (at.hour, at.minute) == (0, 0)


def _figures(change: StatusChange) -> str:
    """Spend and budget of the limit that decided, if one did."""
    level, period = _LIMIT_OF.get(change.reasons[0], (None, None))
    for limit in change.figures["limits"]:
        if (limit["level"], limit["period"]) == (level, period):
            currency = change.campaign.brand.currency
            spent, budget = (money(Decimal(limit[name]), currency) for name in ("spent", "budget"))
            return f" ({spent} of {budget})"
    return ""
