"""Campaigns: their status, switch, list and history."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from .. import services
from ..clock import instant
from ..models import Campaign, DaypartingSchedule, StatusChange
from ..models.history import Cause
from ..rules import Reason, Status
from ..services import CampaignStatus
from ..services.gate import ledger_alias
from . import access, fields, shapes
from .doors import body_of, door, success
from .fields import Reader
from .lists import Filters, page

ACTIONS = ("activate", "deactivate")


@door("view_campaign")
def campaign_status(request: HttpRequest, campaign_id: str) -> HttpResponse:
    campaign = access.campaign(request, campaign_id)
    return success(_shape(campaign, services.campaign_status(campaign, now=instant())))


@door("change_campaign")
def toggle_campaign(request: HttpRequest, campaign_id: str) -> HttpResponse:
    campaign = access.campaign(request, campaign_id)
    reader = Reader(body_of(request))
    action = reader.need("action", fields.one_of(ACTIONS))
    reader.done()
    switch = services.activate_campaign if action == "activate" else services.deactivate_campaign
    status = switch(campaign, actor=request.user.get_username(), now=instant())
    words = f"Campaign {campaign.name} is switched {'on' if campaign.is_active else 'off'}; it is {status.status}."
    return success({"new_status": status.status, **_shape(campaign, status)}, message=words)


@door("view_campaign")
def list_campaigns(request: HttpRequest) -> HttpResponse:
    return page(request, access.campaigns(request).order_by("pk"), CAMPAIGN_FILTERS, _rows)


@door("view_statuschange")
def list_changes(request: HttpRequest, campaign_id: str) -> HttpResponse:
    campaign = access.campaign(request, campaign_id)
    changes = StatusChange.objects.using(ledger_alias()).filter(campaign=campaign).order_by("-pk")
    return page(request, changes, CHANGE_FILTERS, lambda rows: map(shapes.change_row, rows))


CAMPAIGN_FILTERS: Filters = {
    "brand": (fields.whole(1, fields.LARGEST_ID), "brand_id"),
    "status": (fields.one_of(Status), "status"),
    "reason": (fields.one_of(Reason), "status_reasons__contains"),
    "is_active": (fields.flag, "is_active"),
    "external_id": (fields.external_id, "external_id"),
}
CHANGE_FILTERS: Filters = {
    "status": (fields.one_of(Status), "to_status"),
    "reason": (fields.one_of(Reason), "reasons__contains"),
    "cause": (fields.one_of(Cause.values), "cause"),
}


def _shape(campaign: Campaign, status: CampaignStatus) -> dict[str, object]:
    windows = DaypartingSchedule.objects.using(ledger_alias()).filter(campaign=campaign)
    return shapes.campaign_status(campaign, status, windows.order_by("day_of_week", "start_time", "pk"))


def _rows(campaigns: list[Campaign]) -> list[dict[str, object]]:
    derived = services.campaign_statuses(campaigns, now=instant())
    return [shapes.campaign_row(campaign, derived.get(campaign.pk)) for campaign in campaigns]
