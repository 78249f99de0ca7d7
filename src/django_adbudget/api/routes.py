"""The addresses of the endpoints, and what the document says of them."""

# Annotations stay objects: ninja reads them.
import inspect
import re
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import WithJsonSchema

from . import brands, campaigns, document, health, spend
from .mounting import ours
from .problems import Problem, not_found, response

PathId = Annotated[str, WithJsonSchema(document.ID)]
PathDate = Annotated[str, WithJsonSchema(document.DATE)]

router = Router(tags=["adbudget"])
router.add_decorator(ours, mode="view")
_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"]
_RECORDED = {201: ("Recorded", document.SPEND), 200: ("Recorded before, with this key", document.SPEND)}


@router.post(
    "spend/",
    summary="Record spend",
    openapi_extra=document.writing(document.SPEND_SENT, _RECORDED, 404, keyed=True),
)
def record_spend(request: HttpRequest) -> HttpResponse:
    return spend.record(request)


@router.post(
    "spend/batch/",
    response={201: None},
    summary="Record many spends, all or nothing",
    openapi_extra=document.writing(document.BATCH_SENT, {201: ("Recorded", document.BATCH)}, 404),
)
def record_spend_batch(request: HttpRequest) -> HttpResponse:
    return spend.record_batch(request)


@router.post(
    "spend/{record_id}/corrections/",
    summary="Take back part or all of a spend",
    openapi_extra=document.writing(document.CORRECTION_SENT, _RECORDED, 404, keyed=True),
)
def correct_spend(request: HttpRequest, record_id: PathId) -> HttpResponse:
    return spend.correct(request, record_id)


@router.put(
    "campaigns/{campaign_id}/totals/{date}/",
    summary="Set a platform's running total of a campaign and local day",
    openapi_extra=document.writing(document.TOTAL_SENT, {200: ("The total is this", document.TOTAL)}, 404),
)
def set_spend_total(request: HttpRequest, campaign_id: PathId, date: PathDate) -> HttpResponse:
    return spend.set_total(request, campaign_id, date)


@router.get(
    "campaigns/{campaign_id}/status/",
    summary="Whether a campaign runs, and why",
    openapi_extra=document.reading(document.CAMPAIGN_STATUS, 404),
)
def campaign_status(request: HttpRequest, campaign_id: PathId) -> HttpResponse:
    return campaigns.campaign_status(request, campaign_id)


@router.post("campaigns/{campaign_id}/toggle/", summary="Switch a campaign on or off", openapi_extra=document.toggled())
def toggle_campaign(request: HttpRequest, campaign_id: PathId) -> HttpResponse:
    return campaigns.toggle_campaign(request, campaign_id)


@router.get(
    "campaigns/{campaign_id}/changes/",
    summary="A campaign's changes of status, newest first",
    openapi_extra=document.listing(document.CHANGE_ROW, campaigns.CHANGE_FILTERS, 404),
)
def list_changes(request: HttpRequest, campaign_id: PathId) -> HttpResponse:
    return campaigns.list_changes(request, campaign_id)


@router.get(
    "campaigns/",
    summary="Campaigns; filters go by the stored status",
    openapi_extra=document.listing(document.CAMPAIGN_ROW, campaigns.CAMPAIGN_FILTERS),
)
def list_campaigns(request: HttpRequest) -> HttpResponse:
    return campaigns.list_campaigns(request)


@router.get(
    "brands/{brand_id}/status/",
    summary="A brand's spend against its budgets",
    openapi_extra=document.reading(document.BRAND_STATUS, 404),
)
def brand_status(request: HttpRequest, brand_id: PathId) -> HttpResponse:
    return brands.brand_status(request, brand_id)


@router.get(
    "brands/{brand_id}/summaries/",
    summary="A brand's totals, newest first",
    openapi_extra=document.listing(document.SUMMARY_ROW, brands.SUMMARY_FILTERS, 404),
)
def list_summaries(request: HttpRequest, brand_id: PathId) -> HttpResponse:
    return brands.list_summaries(request, brand_id)


@router.get("brands/", summary="Brands", openapi_extra=document.listing(document.BRAND_ROW, brands.BRAND_FILTERS))
def list_brands(request: HttpRequest) -> HttpResponse:
    return brands.list_brands(request)


@router.get("health/", auth=None, summary="Whether the service does its work", openapi_extra=document.healthy())
def get_health(request: HttpRequest) -> HttpResponse:
    return health.health(request)


def _refuse_other_methods() -> None:
    """ninja answers a method that an address does not take in plain text, past every handler."""
    for path, view in list(router.path_operations.items()):
        for operation in [each for each in view.operations if "GET" in each.methods]:
            # Whoever watches asks for no body; the server leaves it away.
            auth = operation.auth_param
            router.add_api_operation(path, ["HEAD"], operation.view_func, auth=auth, include_in_schema=False)
        allowed = sorted({method for operation in view.operations for method in operation.methods})
        others = [method for method in _METHODS if method not in allowed]
        router.add_api_operation(path, others, _refusing(allowed, path), auth=None, include_in_schema=False)


def _refusing(allowed: list[str], path: str) -> Any:
    def refuse_method(_request: HttpRequest, **_ids: Any) -> HttpResponse:
        return response(Problem(405, headers={"Allow": ", ".join(allowed)}))

    refuse_method.__signature__ = _signature_of(path)  # type: ignore[attr-defined]
    return refuse_method


def _signature_of(path: str) -> Any:
    """The parameters of the address, which ninja wants to find in the view."""
    names = ["request", *re.findall(r"{(\w+)}", path)]
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    return inspect.Signature([inspect.Parameter(name, kind) for name in names])


_refuse_other_methods()

#: For what lies below the mount and is nowhere above.
missing = Router()
missing.add_decorator(ours, mode="view")


@missing.api_operation(_METHODS, "/", auth=None, include_in_schema=False)
def nothing_there(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    return response(not_found())


@missing.api_operation(_METHODS, "{path:rest}", auth=None, include_in_schema=False)
def nothing_here(request: HttpRequest, rest: str) -> HttpResponse:  # noqa: ARG001  ninja passes what it finds
    return response(not_found())
