"""Requests made up from the document, right ones and wrong ones: no 5xx, and every answer as documented."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.contrib.auth.models import User
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import negative_data_rejection, not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from django_adbudget import services
from django_adbudget.models import Campaign, Heartbeat, SpendRecord

from .conftest import caller_for, grant

pytestmark = pytest.mark.django_db

CONFORMANCE = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
CHECKS = {
    GenerationMode.POSITIVE: CONFORMANCE,
    GenerationMode.NEGATIVE: [*CONFORMANCE, negative_data_rejection],
}
#: For each operation and mode; the thorough profile tries more.
EXAMPLES = max(hypothesis_settings().max_examples // 8, 1)


@pytest.fixture
def ids(campaign: Campaign, settings: Any) -> dict[str, int]:
    """What exists, for requests that are to get past "not found"."""
    settings.ALLOWED_HOSTS = ["localhost"]
    Heartbeat.objects.create(name="tick", at=timezone.now())
    record = services.record_spend(campaign, 10**6).record
    return {"campaign_id": campaign.pk, "brand_id": campaign.brand_id, "record_id": record.pk}


@pytest.fixture(autouse=True)
def connected() -> Iterator[None]:
    """The end of a request does not end the test's transaction; Django's own test client does the same."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.fixture
def token(campaign: Campaign) -> str:
    token = caller_for(grant(User.objects.create_user("acme:mia"))).token
    assert token is not None
    return token


@pytest.mark.parametrize("mode", list(GenerationMode))
def test_every_answer_is_as_documented(ids: dict[str, int], token: str, mode: GenerationMode) -> None:
    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", get_wsgi_application())
    tally: Counter[int] = Counter()
    for result in schema.get_all_operations():
        _try(result.ok(), mode, ids, token, tally)  # type: ignore[union-attr]
    print(f"schemathesis, {mode.value}: {tally.total()} requests, {dict(sorted(tally.items()))}")
    assert tally.total() > 6 * EXAMPLES
    assert {404, 422} <= tally.keys()
    if mode is GenerationMode.POSITIVE:
        assert {200, 201} <= tally.keys()
        assert SpendRecord.objects.count() > 1
    assert services.verify_summaries() == []


def _try(operation: Any, mode: GenerationMode, ids: dict[str, int], token: str, tally: Counter[int]) -> None:
    @hypothesis_settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck), database=None)
    @given(operation.as_strategy(generation_mode=mode), st.booleans())
    def one(case: Any, real: bool) -> None:
        if real:
            _use(case, ids)
        _send(case, CONFORMANCE if real else CHECKS[mode])
        if mode is GenerationMode.POSITIVE:
            _use(case, ids)
            _accept(case)
            _send(case, CONFORMANCE)

    def _send(case: Any, checks: list[Any]) -> None:
        response = case.call(headers={"Authorization": f"Bearer {token}"})
        tally[response.status_code] += 1
        case.validate_response(response, checks=checks)

    try:
        one()
    except Unsatisfiable:
        # Health takes nothing, so nothing about it can be wrong.
        assert operation.label == "GET /api/health/"


def _use(case: Any, ids: dict[str, int]) -> None:
    case.path_parameters.update({name: ids[name] for name in case.path_parameters if name in ids})
    for record in _records(case):
        record.update({name: ids[name] for name in ("brand_id", "campaign_id") if name in record})


def _accept(case: Any) -> None:
    """Takes out what a document cannot say is wrong: another currency, a time too long ago, a key used before."""
    case.headers.pop("Idempotency-Key", None)
    for record in _records(case):
        for name in ("currency", "spend_datetime", "idempotency_key"):
            record.pop(name, None)
        record.update({"amount": "1.25"} if "amount" in record else {})


def _records(case: Any) -> list[dict[str, Any]]:
    records = case.body.get("records", [case.body]) if isinstance(case.body, dict) else []
    return [record for record in records if isinstance(record, dict)] if isinstance(records, list) else []
