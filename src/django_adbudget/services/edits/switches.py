"""The user's switch (rule S1)."""

from __future__ import annotations

from datetime import datetime

from ...clock import instant
from ...models import Campaign
from ..gate import in_transaction, ledger_alias
from ..reports.status import campaign_status
from ..results import CampaignStatus
from .session import editing, refresh_projection


def activate_campaign(
    campaign: Campaign | int, *, actor: str | None = None, now: datetime | None = None
) -> CampaignStatus:
    """Switch a campaign on; whether it then runs, budgets and hours decide. Raises ``Campaign.DoesNotExist``."""
    return _switch(campaign, True, actor, instant(now))


def deactivate_campaign(
    campaign: Campaign | int, *, actor: str | None = None, now: datetime | None = None
) -> CampaignStatus:
    """Switch a campaign off; nothing but a person turns it on again. Raises ``Campaign.DoesNotExist``."""
    return _switch(campaign, False, actor, instant(now))


def _switch(campaign: Campaign | int, is_active: bool, actor: str | None, now: datetime) -> CampaignStatus:
    alias = ledger_alias()
    pk = campaign.pk if isinstance(campaign, Campaign) else campaign

    def work() -> tuple[Campaign, CampaignStatus]:
        row = Campaign._base_manager.using(alias).get(pk=pk)
        with editing(row.brand_id, actor=actor, now=now):
            row.is_active = is_active
            row.save(using=alias, update_fields=["is_active"])
        return row, campaign_status(row, now=now)

    row, status = in_transaction(work, alias)
    if isinstance(campaign, Campaign):
        # So that a later save() of the caller's instance does not turn the switch back.
        campaign.is_active = row.is_active
        refresh_projection(campaign, row)
    return status
