"""Money in: spend, batches, corrections, and platforms' totals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse

from .. import services
from ..clock import instant
from ..conf import app_settings
from ..exceptions import AdBudgetError, BatchRejected, BrandMismatch, UnknownTimezone
from ..models import Campaign, SpendRecord
from ..rules import Status
from ..services import SpendEntry, SpendReceipt
from ..services.gate import ledger_alias
from . import access, fields, shapes
from .doors import SMALL_BODY, body_of, door, success
from .fields import Reader
from .problems import Fault, Problem, fault_of, not_found, refused

_RECORD_BODY = 16 * 1024
_BRAND_MISMATCH = "this campaign is not the brand's"


@dataclass(slots=True)
class Sent:
    """A spend as it was sent; what is needed is there once the reader is done. Not frozen: a batch has many."""

    brand_id: Any
    campaign_id: Any
    amount: Any
    at: datetime | None
    key: str | None
    source: str
    description: str
    currency: str | None

    def entry(self, campaign: Campaign) -> SpendEntry:
        return SpendEntry(
            campaign=campaign,
            amount=self.amount,
            at=self.at,
            idempotency_key=self.key,
            source=self.source,
            description=self.description,
            currency=self.currency,
        )


@door("record_spend")
def record(request: HttpRequest) -> HttpResponse:
    reader = Reader(body_of(request))
    sent = _sent(reader, request)
    reader.done()
    if access.is_ruled():
        _check_visible(request, sent)
    now = instant()
    try:
        receipt = services.record_spend(
            sent.campaign_id,
            sent.amount,
            at=sent.at,
            idempotency_key=sent.key,
            source=sent.source,
            description=sent.description,
            currency=sent.currency,
            brand_id=sent.brand_id,
            max_age_days=app_settings.API_MAX_AGE_DAYS,
            now=now,
        )
    except BrandMismatch:
        raise _not_the_brands(request, sent) from None
    return _recorded(receipt, receipt.record.brand.currency, now)


@door("record_spend")
def record_batch(request: HttpRequest) -> HttpResponse:
    batch = _batch_of(request)
    campaigns = _campaigns_of(request, batch)
    try:
        receipt = services.record_spend_batch(
            [sent.entry(campaigns[sent.campaign_id]) for sent in batch],
            max_age_days=app_settings.API_MAX_AGE_DAYS,
            now=instant(),
        )
    except BatchRejected as rejected:
        raise Problem(422, _faults_of(rejected), "Nothing was recorded.") from None
    return success(
        {
            "recorded": receipt.recorded,
            "replayed": receipt.replayed,
            "paused": shapes.paused(receipt.status_changes),
        },
        status=201,
    )


@door("correct_spend")
def correct(request: HttpRequest, record_id: str) -> HttpResponse:
    original = access.record(request, record_id)
    reader = Reader(body_of(request))
    amount = reader.need("amount", fields.amount)
    key = _key(reader, request)
    description = reader.may("description", fields.description) or ""
    reader.done()
    assert amount is not None  # or the reader would have refused
    now = instant()
    receipt = services.correct_spend(original, amount, idempotency_key=key, description=description, now=now)
    return _recorded(receipt, original.brand.currency, now)


@door("record_spend")
def set_total(request: HttpRequest, campaign_id: str, date: str) -> HttpResponse:
    campaign = access.campaign(request, campaign_id)
    reader = Reader(body_of(request))
    day = reader.check("date", date, fields.day)
    total = reader.need("total", fields.total)
    source = reader.need("source", fields.source)
    currency = reader.may("currency", fields.currency)
    reader.done()
    assert day is not None
    assert total is not None
    assert source is not None
    now, limit = instant(), app_settings.API_MAX_AGE_DAYS
    try:
        receipt = services.set_spend_total(
            campaign, day, total, source=source, currency=currency, max_age_days=limit, now=now
        )
    except AdBudgetError as error:
        pointers = {"/amount": "/total", "/spend_datetime": "/date", "": "/source"}
        raise Problem(422, [fault_of(error, pointers=pointers)]) from None
    return success(_posted(campaign, receipt, now) | {"date": day, "source": source})


def _posted(campaign: Campaign, receipt: SpendReceipt | None, now: datetime) -> dict[str, Any]:
    """The record that makes up the difference; null where the total was known already."""
    return {
        "campaign_id": campaign.pk,
        "posted": receipt.record.amount if receipt else 0,
        "record_id": receipt.record.pk if receipt else None,
        "currency": campaign.brand.currency,
        **(_standing_after(receipt, now) if receipt else _standing(campaign.pk, now)),
        "paused": shapes.paused(receipt.status_changes) if receipt else [],
    }


def _sent(reader: Reader, request: HttpRequest | None = None) -> Sent:
    sent = Sent(
        brand_id=reader.need("brand_id", fields.identifier),
        campaign_id=reader.need("campaign_id", fields.identifier),
        amount=reader.need("amount", fields.amount),
        at=reader.may("spend_datetime", fields.instant),
        key=_key(reader, request),
        source=reader.may("source", fields.source) or "",
        description=reader.may("description", fields.description) or "",
        currency=reader.may("currency", fields.currency),
    )
    reader.close()
    return sent


def _key(reader: Reader, request: HttpRequest | None) -> str | None:
    """The idempotency key of the body or of the header; where both are given they must agree."""
    key = reader.may("idempotency_key", fields.key)
    header = request.headers.get("Idempotency-Key") if request is not None else None
    if header is None:
        return key
    if key is not None and key != header:
        reader.refuse("/idempotency_key", "key_mismatch", "the header Idempotency-Key holds another key")
    return reader.check("idempotency_key", header, fields.key)


def _check_visible(request: HttpRequest, sent: Sent) -> None:
    campaign = access.campaigns_by_id(request, [sent.campaign_id]).get(sent.campaign_id)
    if campaign is None:
        raise not_found()
    if campaign.brand_id != sent.brand_id:
        raise _not_the_brands(request, sent)


def _not_the_brands(request: HttpRequest, sent: Sent) -> Problem:
    if not access.brand_ids(request, [sent.brand_id]):
        return not_found()
    return refused("/campaign_id", "wrong_brand", _BRAND_MISMATCH)


def _batch_of(request: HttpRequest) -> list[Sent]:
    largest = app_settings.API_MAX_BATCH
    reader = Reader(body_of(request, SMALL_BODY + largest * _RECORD_BODY))
    records = reader.need("records", _records)
    if "Idempotency-Key" in request.headers:
        reader.refuse("", "key_mismatch", "a batch has no key of its own; give each record one")
    reader.done()
    assert records is not None
    if len(records) > largest:
        raise Problem(413, [Fault("/records", "too_many", f"a batch holds at most {largest} records")])
    readers = [Reader(record, f"/records/{index}") for index, record in enumerate(records)]
    batch = [_sent(reader) for reader in readers]
    faults = [fault for reader in readers for fault in reader.faults]
    if faults:
        raise Problem(422, faults, "Nothing was recorded.")
    return batch


def _records(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise fields.Unfit("wrong_type", "must be a list of records")
    return value


def _campaigns_of(request: HttpRequest, batch: Sequence[Sent]) -> dict[int, Campaign]:
    """Raises 404 if the request may not see one of them, 422 if one is another brand's."""
    campaigns = access.campaigns_by_id(request, {sent.campaign_id for sent in batch})
    odd = [(n, sent) for n, sent in enumerate(batch) if _brand_of(campaigns, sent) != sent.brand_id]
    if not odd:
        return campaigns
    known = access.brand_ids(request, {sent.brand_id for _, sent in odd})
    faults = [_strange(n, sent, campaigns, known) for n, sent in odd]
    status = 404 if any(fault.code == "not_found" for fault in faults) else 422
    raise Problem(status, faults, "Nothing was recorded.")


def _brand_of(campaigns: Mapping[int, Campaign], sent: Sent) -> int | None:
    campaign = campaigns.get(sent.campaign_id)
    return None if campaign is None else campaign.brand_id


def _strange(index: int, sent: Sent, campaigns: Mapping[int, Campaign], brands: set[int]) -> Fault:
    pointer = f"/records/{index}/campaign_id"
    if sent.campaign_id in campaigns and sent.brand_id in brands:
        return Fault(pointer, "wrong_brand", _BRAND_MISMATCH)
    return Fault(pointer, "not_found", "there is no such brand or campaign that you can see")


def _faults_of(rejected: BatchRejected) -> list[Fault]:
    return [fault_of(error, f"/records/{index}") for index, error in rejected.errors.items()]


def _recorded(receipt: SpendReceipt, currency: str, now: datetime) -> HttpResponse:
    standing, paused = _standing_after(receipt, now), shapes.paused(receipt.status_changes)
    data = shapes.spend(receipt.record, currency, standing, paused)
    if receipt.replayed:
        return success(data, headers={"Idempotent-Replayed": "true"})
    return success(data, status=201)


def _standing_after(receipt: SpendReceipt, now: datetime) -> dict[str, Any]:
    """The campaign's status once the spend is recorded, as it was decided or read under the gate."""
    for change in receipt.status_changes:
        if change.campaign_id == receipt.record.campaign_id:
            return shapes.standing(change.to_status, change.reasons)
    if SpendRecord.campaign.is_cached(receipt.record):
        held = receipt.record.campaign
        is_due = held.next_check_at is not None and held.next_check_at <= now
        if held.status == Status.ACTIVE and not is_due:
            return shapes.standing(held.status, ())
    return _standing(receipt.record.campaign_id, now)


def _standing(campaign_id: int, now: datetime) -> dict[str, Any]:
    """The campaign's status after the commit: what is stored, unless time alone may have changed it since (S6).

    A spend that is recorded is answered as recorded, though its status could not be derived.
    """
    stored = Campaign.objects.using(ledger_alias()).filter(pk=campaign_id)
    status, reasons, due = stored.values_list("status", "status_reasons", "next_check_at").get()
    if due is not None and due <= now:
        try:
            derived = services.campaign_status(campaign_id, now=now)
        except UnknownTimezone:
            return shapes.standing(status, reasons)
        return shapes.standing(derived.status, derived.reasons)
    return shapes.standing(status, reasons)
