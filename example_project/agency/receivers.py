"""What a host may do when a campaign stops or starts: tell somebody. This one tells the log."""

from __future__ import annotations

import logging
from typing import Any

from django_adbudget.models import Campaign, StatusChange

from .words import why

logger = logging.getLogger(__name__)


def note_pause(sender: Any, campaign: Campaign, change: StatusChange, **kwargs: Any) -> None:
    logger.info("%s / %s stops: %s (%s)", campaign.brand, campaign, why(change.reasons), change.cause)


def note_return(sender: Any, campaign: Campaign, change: StatusChange, **kwargs: Any) -> None:
    logger.info("%s / %s runs (%s)", campaign.brand, campaign, change.cause)
