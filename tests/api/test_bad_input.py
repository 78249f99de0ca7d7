"""Everything that is wrong with a request has a status and a code, in a host's NinjaAPI too; nothing is recorded."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from django_adbudget.models import Campaign, SpendRecord
from tests.factories import make_brand, make_campaign

from .calls import Answer, Caller, spend_of

pytestmark = pytest.mark.django_db

TIME, KEY, AMOUNT = "/spend_datetime", "/idempotency_key", "/amount"


def raw(campaign: Campaign, field: str, literal: str) -> bytes:
    """The body of a spend with one field spelled as given."""
    fields = {name: json.dumps(value) for name, value in spend_of(campaign).items()} | {field: literal}
    return ("{" + ", ".join(f'"{name}": {value}' for name, value in fields.items()) + "}").encode()


def refused(answer: Answer, status: int, pointer: str, code: str) -> None:
    assert (answer.status, answer.codes) == (status, [(pointer, code)]), answer.body
    assert not SpendRecord.objects.exists()


#: What stands in the JSON for the amount, status, code.
AMOUNTS = {
    "NaN": ("NaN", 400, "not_json"),
    "Infinity": ("Infinity", 400, "not_json"),
    "minus Infinity": ("-Infinity", 400, "not_json"),
    "text NaN": ('"NaN"', 422, "invalid_amount"),
    "text Infinity": ('"Infinity"', 422, "invalid_amount"),
    "1e400": ("1e400", 422, "invalid_amount"),
    "1e-400": ("1e-400", 422, "invalid_amount"),
    "1e99999999999999999999": ("1e99999999999999999999", 400, "number_out_of_range"),
    "text with exponent": ('"1e2"', 422, "invalid_amount"),
    "text -0": ('"-0"', 422, "invalid_amount"),
    "-0": ("-0", 422, "invalid_amount"),
    "-0.0": ("-0.0", 422, "invalid_amount"),
    "zero": ("0", 422, "invalid_amount"),
    "0.000000": ("0.000000", 422, "invalid_amount"),
    "negative": ("-1.50", 422, "invalid_amount"),
    "seven places": ("1.1234567", 422, "invalid_amount"),
    "text with seven places": ('"1.1234567"', 422, "invalid_amount"),
    "too large": ("1000000000", 422, "invalid_amount"),
    "2,000 digits": ("1" * 2000, 422, "invalid_amount"),
    "5,000 digits": ("1" * 5000, 422, "invalid_amount"),
    "2,000 places": ("0." + "1" * 2000, 422, "invalid_amount"),
    "text of 2,000 digits": ('"' + "1" * 2000 + '"', 422, "invalid_amount"),
    "Arabic digits": ('"\u0661\u0662"', 422, "invalid_amount"),
    "full-width digits": ('"\uff11\uff12"', 422, "invalid_amount"),
    "superscript": ('"\u00b2"', 422, "invalid_amount"),
    "underscore": ('"1_000"', 422, "invalid_amount"),
    "spaces": ('" 1.5 "', 422, "invalid_amount"),
    "line break": ('"1.5\\n"', 422, "invalid_amount"),
    "comma": ('"1,5"', 422, "invalid_amount"),
    "two points": ('"1.5.0"', 422, "invalid_amount"),
    "point alone": ('"."', 422, "invalid_amount"),
    "empty": ('""', 422, "invalid_amount"),
    "hex": ('"0x10"', 422, "invalid_amount"),
    "hex number": ("0x10", 400, "not_json"),
    "leading zero": ("01.5", 400, "not_json"),
    "plus": ("+1.5", 400, "not_json"),
    "bool": ("true", 422, "wrong_type"),
    "null": ("null", 422, "required"),
    "list": ("[1]", 422, "wrong_type"),
    "object": ('{"a": 1}', 422, "wrong_type"),
}


@pytest.mark.parametrize(("literal", "status", "code"), AMOUNTS.values(), ids=AMOUNTS)
def test_amounts(caller: Caller, campaign: Campaign, literal: str, status: int, code: str) -> None:
    refused(caller.post("spend/", raw(campaign, "amount", literal)), status, AMOUNT if status == 422 else "", code)


NOW = datetime.now(UTC)
TIMES = {
    "naive": ("2026-03-31T14:00:00", "invalid_time"),
    "date only": ("2026-03-31", "invalid_time"),
    "year 1": ("0001-01-01T00:00:00Z", "invalid_spendtime"),
    "year 1 before UTC": ("0001-01-01T00:00:00+14:00", "invalid_time"),
    "year 9999": ("9999-12-31T23:59:59Z", "invalid_spendtime"),
    "year 9999 past UTC": ("9999-12-31T23:59:59-14:00", "invalid_time"),
    "24:00": ("2026-03-31T24:00:00Z", "invalid_time"),
    "second 60": ("2026-06-30T23:59:60Z", "invalid_time"),
    "minute 60": ("2026-06-30T23:60:00Z", "invalid_time"),
    "Feb 30": ("2026-02-30T10:00:00Z", "invalid_time"),
    "month 13": ("2026-13-01T10:00:00Z", "invalid_time"),
    "+25:00": ("2026-03-31T14:00:00+25:00", "invalid_time"),
    "offset of words": ("2026-03-31T14:00:00 Europe/Berlin", "invalid_time"),
    "week date": ("2026-W14-2T10:00:00Z", "invalid_time"),
    "compact": ("20260331T140000Z", "invalid_time"),
    "nanoseconds": ("2026-03-31T14:00:00.123456789Z", "invalid_time"),
    "Arabic digits": ("\u0662\u0660\u0662\u0666-03-31T14:00:00Z", "invalid_time"),
    "older than the limit": ((NOW - timedelta(days=36)).isoformat(), "invalid_spendtime"),
    "future": ((NOW + timedelta(hours=2)).isoformat(), "invalid_spendtime"),
    "number": (1774965600, "wrong_type"),
    "bool": (True, "wrong_type"),
    "empty": ("", "invalid_time"),
}


@pytest.mark.parametrize(("value", "code"), TIMES.values(), ids=TIMES)
def test_times(caller: Caller, campaign: Campaign, value: Any, code: str) -> None:
    expected = "invalid_time" if code == "invalid_spendtime" else code
    refused(caller.post("spend/", spend_of(campaign, spend_datetime=value)), 422, TIME, expected)


IDS = {
    "float": ("1.0", "wrong_type"),
    "exponent": ("1e0", "wrong_type"),
    "text": ('"1"', "wrong_type"),
    "bool": ("true", "wrong_type"),
    "null": ("null", "required"),
    "zero": ("0", "out_of_range"),
    "negative": ("-1", "out_of_range"),
    "2^63": (str(2**63), "out_of_range"),
    "2^70": (str(2**70), "out_of_range"),
    "100 digits": ("9" * 100, "wrong_type"),
    "list": ("[1]", "wrong_type"),
}


@pytest.mark.parametrize("field", ["brand_id", "campaign_id"])
@pytest.mark.parametrize(("literal", "code"), IDS.values(), ids=IDS)
def test_ids(caller: Caller, campaign: Campaign, field: str, literal: str, code: str) -> None:
    refused(caller.post("spend/", raw(campaign, field, literal)), 422, f"/{field}", code)


FIELDS = {
    "key empty": ("idempotency_key", "", "invalid_key"),
    "key of 256": ("idempotency_key", "k" * 256, "invalid_key"),
    "key not ASCII": ("idempotency_key", "schl\u00fcssel", "invalid_key"),
    "key with a tab": ("idempotency_key", "a\tb", "invalid_key"),
    "key a number": ("idempotency_key", 5, "wrong_type"),
    "source too long": ("source", "s" * 65, "invalid_text"),
    "source a list": ("source", [], "wrong_type"),
    "description too long": ("description", "d" * 1001, "invalid_text"),
    "description a number": ("description", 1, "wrong_type"),
    "currency another": ("currency", "USD", "currency_mismatch"),
    "currency lower case": ("currency", "eur", "currency_mismatch"),
    "currency too long": ("currency", "EURO", "invalid_text"),
    "currency a number": ("currency", 978, "wrong_type"),
    "unknown field": ("amuont", 1, "unknown_field"),
    "unknown field with a slash": ("a/b~c", 1, "unknown_field"),
}


@pytest.mark.parametrize(("field", "value", "code"), FIELDS.values(), ids=FIELDS)
def test_fields(caller: Caller, campaign: Campaign, field: str, value: Any, code: str) -> None:
    pointer = "/" + field.replace("~", "~0").replace("/", "~1")
    refused(caller.post("spend/", spend_of(campaign, **{field: value})), 422, pointer, code)


DOCUMENTS = {
    "blanks": (b" ", 400, "not_json"),
    "depth of 100,000": (b"[" * 100_000, 400, "too_deep"),
    "objects 100,000 deep": (b'{"a":' * 100_000, 400, "too_deep"),
    "closed 100,000 times": (b"[" * 20_000 + b"]" * 20_000, 400, "too_deep"),
    "closed before opened": (b"]" * 30 + b"[" * 30, 400, "not_json"),
    "duplicate key": (b'{"amount": 1, "amount": 2}', 400, "duplicate_key"),
    "duplicate key inside": (b'{"amount": {"a": 1, "a": 1}}', 400, "duplicate_key"),
    "bad UTF-8": (b'{"source": "\xff"}', 400, "not_utf8"),
    "Latin-1": (b'{"source": "\xe4"}', 400, "not_utf8"),
    "surrogate in UTF-8": (b'{"source": "\xed\xa0\x80"}', 400, "not_utf8"),
    "UTF-16": ('{"amount": 1}'.encode("utf-16"), 400, "not_utf8"),
    "byte order mark": (b'\xef\xbb\xbf{"amount": 1}', 400, "not_json"),
    "lone surrogate": (b'{"source": "\\ud800"}', 400, "lone_surrogate"),
    "lone surrogate in a key": (b'{"\\udfff": 1}', 400, "lone_surrogate"),
    "NUL": (b'{"source": "a\\u0000b"}', 400, "nul"),
    "NUL, raw": (b'{"source": "a\x00b"}', 400, "not_json"),
    "trailing data": (b'{"amount": 1} {}', 400, "not_json"),
    "trailing comma": (b'{"amount": 1,}', 400, "not_json"),
    "cut off": (b'{"amount": 1', 400, "not_json"),
    "single quotes": (b"{'amount': 1}", 400, "not_json"),
    "comment": (b'{"amount": 1} // one', 400, "not_json"),
}


@pytest.mark.parametrize(("body", "status", "code"), DOCUMENTS.values(), ids=DOCUMENTS)
def test_documents(caller: Caller, body: bytes, status: int, code: str) -> None:
    refused(caller.post("spend/", body), status, "", code)


@pytest.mark.parametrize("body", [b"[]", b"1", b'"text"', b"null", b"true"])
def test_what_is_no_object(caller: Caller, body: bytes) -> None:
    answer = caller.post("spend/", body)
    assert answer.status == 422
    assert ("", "wrong_type") in answer.codes


TYPES = {
    "form": "application/x-www-form-urlencoded",
    "multipart": "multipart/form-data; boundary=x",
    "text": "text/plain",
    "none": "",
    "another JSON": "application/vnd.api+json",
    "another charset": "application/json; charset=latin-1",
}


@pytest.mark.parametrize("content_type", TYPES.values(), ids=TYPES)
def test_content_types(caller: Caller, campaign: Campaign, content_type: str) -> None:
    answer = caller.post("spend/", spend_of(campaign), content_type=content_type)
    assert (answer.status, answer.codes) == (415, [])
    assert not SpendRecord.objects.exists()


def test_a_charset_of_utf_8_is_welcome(caller: Caller, campaign: Campaign) -> None:
    assert caller.post("spend/", spend_of(campaign), content_type='application/json; charset="UTF-8"').status == 201


def test_a_body_past_our_limit(caller: Caller, campaign: Campaign) -> None:
    assert caller.post("spend/", spend_of(campaign, description=" " * 1_100_000)).status == 413


def test_a_body_past_the_hosts_limit(caller: Caller, campaign: Campaign, settings: Any) -> None:
    """Django raises before any parser is asked."""
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    assert caller.post("spend/", spend_of(campaign, description=" " * 2000)).status == 413


def test_a_batch_past_the_limit(caller: Caller, campaign: Campaign, settings: Any) -> None:
    settings.ADBUDGET = {**settings.ADBUDGET, "API_MAX_BATCH": 2}
    answer = caller.post("spend/batch/", {"records": [spend_of(campaign)] * 3})
    assert (answer.status, answer.codes) == (413, [("/records", "too_many")])


@pytest.mark.parametrize("records", [None, {}, "text", 1])
def test_records_that_are_no_list(caller: Caller, records: Any) -> None:
    code = "required" if records is None else "wrong_type"
    refused(caller.post("spend/batch/", {"records": records}), 422, "/records", code)


def test_errors_of_a_batch_come_by_index(caller: Caller, campaign: Campaign) -> None:
    good = spend_of(campaign)
    records = [good, {**good, "amount": "x"}, [], {**good, "unknown": 1, "amount": 0}]
    answer = caller.post("spend/batch/", {"records": records})
    assert answer.status == 422
    assert set(answer.codes) >= {
        ("/records/1/amount", "invalid_amount"),
        ("/records/2", "wrong_type"),
        ("/records/3/amount", "invalid_amount"),
        ("/records/3/unknown", "unknown_field"),
    }
    assert not SpendRecord.objects.exists()


def test_errors_that_only_the_service_sees_come_by_index_too(caller: Caller, campaign: Campaign) -> None:
    good = spend_of(campaign)
    late = (NOW - timedelta(days=40)).isoformat()
    records = [good, {**good, "spend_datetime": late}, {**good, "currency": "USD"}]
    answer = caller.post("spend/batch/", {"records": records})
    assert answer.codes == [("/records/1/spend_datetime", "invalid_time"), ("/records/2/currency", "currency_mismatch")]
    assert not SpendRecord.objects.exists()


def test_the_same_key_twice_in_a_batch_with_other_content(caller: Caller, campaign: Campaign) -> None:
    good = spend_of(campaign, idempotency_key="k")
    answer = caller.post("spend/batch/", {"records": [good, {**good, "amount": 2}]})
    assert (answer.status, answer.codes) == (422, [("/records/1/idempotency_key", "idempotency_mismatch")])


def test_another_brands_campaign(campaign: Campaign, caller: Caller, settings: Any) -> None:
    settings.ADBUDGET = {**settings.ADBUDGET, "API_BRANDS_FOR": None}
    other = make_campaign(make_brand())
    refused(caller.post("spend/", spend_of(campaign, campaign_id=other.pk)), 422, "/campaign_id", "wrong_brand")
    answer = caller.post("spend/batch/", {"records": [spend_of(campaign), spend_of(campaign, campaign_id=other.pk)]})
    refused(answer, 422, "/records/1/campaign_id", "wrong_brand")


@pytest.mark.parametrize("field", ["brand_id", "campaign_id"])
def test_unknown_ids(caller: Caller, campaign: Campaign, field: str) -> None:
    answer = caller.post("spend/", spend_of(campaign, **{field: 10**15}))
    assert (answer.status, answer.codes) == (404, [])
    batch = caller.post("spend/batch/", {"records": [spend_of(campaign, **{field: 10**15})]})
    assert (batch.status, batch.codes) == (404, [("/records/0/campaign_id", "not_found")])


ADDRESSES = ["0", "-1", "abc", "1.0", "%00", "%ff", "9" * 30, str(2**63), "\u0661", "1%0a", "%2e%2e", "1;2"]


@pytest.mark.parametrize("given", ADDRESSES)
@pytest.mark.parametrize("path", ["campaigns/{}/status/", "brands/{}/status/", "campaigns/{}/changes/"])
def test_ids_in_addresses(caller: Caller, path: str, given: str) -> None:
    assert caller.get(path.format(given)).status == 404


@pytest.mark.parametrize("day", ["2026-02-30", "today", "2026-1-1", "20260101", "2026-01-01T00:00"])
def test_days_in_addresses(caller: Caller, campaign: Campaign, day: str) -> None:
    answer = caller("PUT", f"campaigns/{campaign.pk}/totals/{day}/", {"total": 1, "source": "g"})
    refused(answer, 422, "/date", "invalid_date")


TOTALS = {
    "negative": ({"total": -1}, "/total", "invalid_amount"),
    "no total": ({"total": None}, "/total", "required"),
    "no source": ({"source": None}, "/source", "required"),
    "blank source": ({"source": " "}, "/source", "invalid_entry"),
    "foreign": ({"currency": "USD"}, "/currency", "currency_mismatch"),
}


@pytest.mark.parametrize(("change", "pointer", "code"), TOTALS.values(), ids=TOTALS)
def test_totals(caller: Caller, campaign: Campaign, change: dict[str, Any], pointer: str, code: str) -> None:
    path = f"campaigns/{campaign.pk}/totals/{NOW.date()}/"
    refused(caller("PUT", path, {"total": 1, "source": "g", **change}), 422, pointer, code)


@pytest.mark.parametrize("days", [-2, 37])
def test_totals_of_days_too_far_away(caller: Caller, campaign: Campaign, days: int) -> None:
    path = f"campaigns/{campaign.pk}/totals/{(NOW - timedelta(days=days)).date()}/"
    refused(caller("PUT", path, {"total": 1, "source": "g"}), 422, "/date", "invalid_time")


@pytest.mark.parametrize("action", [None, "", "ACTIVATE", "pause", 1, ["activate"]])
def test_toggles(caller: Caller, campaign: Campaign, action: Any) -> None:
    answer = caller.post(f"campaigns/{campaign.pk}/toggle/", {"action": action})
    refused(answer, 422, "/action", "required" if action is None else "invalid_choice")


QUERIES = {
    "limit=0": ("limit", "out_of_range"),
    "limit=201": ("limit", "out_of_range"),
    "limit=": ("limit", "out_of_range"),
    "limit=x": ("limit", "out_of_range"),
    "limit=%D9%A1": ("limit", "out_of_range"),
    "offset=-1": ("offset", "out_of_range"),
    "offset=99999999999999999999": ("offset", "out_of_range"),
    "status=RUNNING": ("status", "invalid_choice"),
    "reason=,": ("reason", "invalid_choice"),
    "brand=x": ("brand", "out_of_range"),
    "is_active=1": ("is_active", "invalid_choice"),
    "external_id=%00": ("external_id", "invalid_text"),
    "is_actve=true": ("is_actve", "unknown_field"),
    "is_active=true&is_active=false": ("is_active", "given_twice"),
}


@pytest.mark.parametrize(("query", "found"), QUERIES.items(), ids=QUERIES)
def test_queries(caller: Caller, query: str, found: tuple[str, str]) -> None:
    answer = caller.get(f"campaigns/?{query}")
    assert (answer.status, answer.codes) == (422, [(f"/{found[0]}", found[1])])


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE"])
def test_methods(caller: Caller, method: str) -> None:
    response = caller.client.generic(method, caller.base + "spend/")
    assert response.status_code == 405
    assert response["Content-Type"] == "application/problem+json"
    assert response["Allow"] == "POST"


@pytest.mark.parametrize("path", ["campaigns/", "brands/", "health/"])
def test_a_head_is_a_get_without_a_body(caller: Caller, path: str) -> None:
    headers = {"Authorization": f"Bearer {caller.token}"}
    response = caller.client.head(caller.base + path, headers=headers)
    whole = caller.get(path).response
    assert (response.status_code, response["Content-Type"]) == (whole.status_code, whole["Content-Type"])
    assert response.content == b""
    assert caller("PUT", path).response["Allow"] == "GET, HEAD"


@pytest.mark.parametrize("length", ["abc", "1e3", "0x29", "41, 41", "\u00b2", "-1", "9" * 5_000])
def test_a_length_that_is_none(caller: Caller, length: str) -> None:
    answer = caller.post("spend/", {}, headers={"Content-Length": length})
    assert (answer.status, answer.codes) == (400, [("", "bad_length")])


@pytest.mark.parametrize("path", ["", "nothing", "nothing/", "spend", "spend//", "campaigns/1/status", "brands/1/"])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_addresses_that_are_none(caller: Caller, path: str, method: str) -> None:
    assert caller(method, path).status == 404
