"""What time alone will bring, asked of the one decision (rule S3)."""

from __future__ import annotations

from datetime import datetime, timedelta

from .calendar import local_date
from .status import CampaignFacts, Reason, decide

#: How far a forecast looks: a flight that begins later than that is not told of.
HORIZON = timedelta(days=400)
#: Reasons that no hour takes away; a budget of 0 is another.
_LASTING = frozenset({Reason.CAMPAIGN_OFF, Reason.BRAND_OFF, Reason.CAMPAIGN_TOTAL_BUDGET})


def next_flip(facts: CampaignFacts, now: datetime, horizon: timedelta = HORIZON) -> datetime | None:
    """The first instant after ``now`` (UTC) at which the campaign starts or stops running if no fact changes.

    None if time alone never does so, or not within ``horizon``.
    """
    at, end = now, now + horizon
    decision = decide(facts, now)
    runs = decision.runs
    if not _LASTING.isdisjoint(decision.reasons) or _is_never_allowed(facts):
        return None
    while decision.next_check_at and decision.next_check_at <= end and not _is_over(facts, at):
        at = decision.next_check_at
        decision = decide(facts, at)
        if decision.runs is not runs:
            return at
    return None


def _is_over(facts: CampaignFacts, at: datetime) -> bool:
    """Whether the last day lies so far back that no clock turned back returns to it."""
    return facts.end_date is not None and local_date(at, facts.zone) - facts.end_date > timedelta(days=2)


def _is_never_allowed(facts: CampaignFacts) -> bool:
    return any(limit.budget == 0 for limit in facts.limits)
