"""What a door adds to the service: a request through the API, an import from a file."""

from __future__ import annotations

import csv
import gc
import io
import json
import tempfile
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application

from django_adbudget import services
from django_adbudget.models import Campaign
from django_adbudget.services import SpendTotal
from django_adbudget.services.access.tokens import issue_token
from django_adbudget.services.chunks import chunks

from . import aftermath, data
from .measuring import Row, Scale, in_turn

_MOST_WRITTEN = 2_000


def requests(scale: Scale) -> Iterator[Row]:
    """A spend, and a batch of 1,000, through WSGI with a token; against the service with the campaign in hand."""
    now = datetime.now(UTC)
    _prepare(campaigns := 1_000, now)
    post, count = _client(), scale.of(300, 50)
    mine = [Campaign.objects.get(pk=n % campaigns + 1) for n in range(count)]

    def over_http() -> None:
        for campaign in mine:
            post("/api/spend/", _body(campaign))

    def by_service() -> None:
        for campaign in mine:
            services.record_spend(campaign, 1, idempotency_key=uuid4().hex)

    ours, limit = in_turn(over_http, by_service, turns=scale.of(9, 5))
    figures = f"{ours / count * 1e3:.2f} ms", f"service {limit / count * 1e3:.2f} ms"
    yield Row("requests", "a spend through the API", *figures, ours / limit, 1.5, at_least=False)

    whole = (mine * (1_000 // count + 1))[:1_000]
    ours, limit = in_turn(
        lambda: post("/api/spend/batch/", {"records": [_body(campaign) for campaign in whole]}),
        lambda: services.record_spend_batch(
            [{"campaign": campaign, "amount": 1, "idempotency_key": uuid4().hex} for campaign in whole]
        ),
        turns=scale.of(9, 5),
    )
    aftermath.check(datetime.now(UTC))
    figures = f"{ours * 1e3:.0f} ms", f"service {limit * 1e3:.0f} ms"
    yield Row("requests", "a batch of 1,000 through the API", *figures, ours / limit, 1.4, at_least=False)


def _prepare(campaigns: int, now: datetime) -> None:
    data.empty()
    data.campaigns(campaigns, 1, budget=1_000_000)
    services.reconcile(now=now)
    data.analyze()


def _body(campaign: Campaign) -> dict[str, Any]:
    return {
        "brand_id": campaign.brand_id,
        "campaign_id": campaign.pk,
        "amount": "1.00",
        "idempotency_key": uuid4().hex,
    }


def _client() -> Callable[[str, dict[str, Any]], None]:
    """Posts JSON as a server would, with a token, and wants a 201."""
    user = get_user_model().objects.create_user(f"benchmark {uuid4().hex}")
    user.user_permissions.add(*Permission.objects.filter(codename__in=["record_spend", "view_brand", "view_campaign"]))
    _, token = issue_token(user, expires_at=datetime.now(UTC) + timedelta(days=1))
    application = get_wsgi_application()

    def post(path: str, body: dict[str, Any]) -> None:
        raw = json.dumps(body).encode()
        status: list[str] = []

        def start(line: str, *_: Any) -> Callable[[bytes], object]:
            status.append(line)
            return len  # what is handed to it goes nowhere

        answer = application(
            {
                "REQUEST_METHOD": "POST",
                "PATH_INFO": path,
                "SCRIPT_NAME": "",
                "QUERY_STRING": "",
                "SERVER_NAME": "localhost",
                "SERVER_PORT": "80",
                "SERVER_PROTOCOL": "HTTP/1.1",
                "CONTENT_TYPE": "application/json",
                "CONTENT_LENGTH": str(len(raw)),
                "HTTP_AUTHORIZATION": f"Bearer {token}",
                "wsgi.input": io.BytesIO(raw),
                "wsgi.errors": io.StringIO(),
                "wsgi.url_scheme": "http",
            },
            start,
        )
        content = b"".join(answer)
        answer.close()
        if not status[0].startswith("201"):
            raise RuntimeError(f"{path} answered {status[0]}: {content[:500]!r}")

    return post


def imports(scale: Scale) -> Iterator[Row]:
    """``import_spend`` of a report, against the totals set by the service; days are new each time."""
    count, campaigns = scale.of(100_000, 5_000), 1_000
    now = datetime(2026, 3, 11, 11, tzinfo=UTC)
    data.empty()
    data.campaigns(campaigns, 10)
    Campaign._base_manager.update(external_id=None)
    with data.connection().cursor() as cursor:
        cursor.execute(f"UPDATE {Campaign._meta.db_table} SET external_id = 'x' || id")
    services.reconcile(now=now)
    data.analyze()
    days = _day_ranges(count // campaigns)
    with tempfile.TemporaryDirectory() as folder:
        ours, limit = in_turn(
            lambda: _import(Path(folder) / "report.csv", campaigns, next(days), now),
            lambda: _set_totals(campaigns, next(days), now),
            turns=scale.of(5, 3),
        )
    aftermath.check(now)
    figures = f"{count / ours:,.0f} rows/s", f"service {count / limit:,.0f} rows/s"
    yield Row("imports", f"import_spend of {count:,} rows", *figures, ours / limit, 1.3, at_least=False)
    tracemalloc.start()
    peaks = []
    with tempfile.TemporaryDirectory() as folder:
        for part in (1, 4):
            gc.collect()
            tracemalloc.reset_peak()
            some = next(days)
            _import(Path(folder) / "report.csv", campaigns * part // 4, some, now)
            peaks.append(tracemalloc.get_traced_memory()[1] / 2**20)
    tracemalloc.stop()
    figures = f"{peaks[1]:.0f} MiB", f"a quarter: {peaks[0]:.0f} MiB"
    yield Row("imports", "memory of an import, against a quarter of it", *figures, peaks[1] / peaks[0], 1.5, False)


def _day_ranges(length: int) -> Iterator[list[date]]:
    last = date(2026, 3, 10)
    while True:
        yield [last - timedelta(days=n) for n in range(length)]
        last -= timedelta(days=length)


def _import(path: Path, campaigns: int, days: list[date], now: datetime) -> None:
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["Campaign ID", "Campaign", "Day", "Cost", "Currency code"])
        rows.writerows((f"x{n}", f"Campaign {n}", day, "12.34", "EUR") for n in range(1, campaigns + 1) for day in days)
    call_command("import_spend", str(path), layout="google_ads", now=now, stdout=io.StringIO(), stderr=io.StringIO())


def _set_totals(campaigns: int, days: list[date], now: datetime) -> None:
    sums = (
        SpendTotal(campaign=n, date=day, total="12.34", currency="EUR") for n in range(1, campaigns + 1) for day in days
    )
    for part in chunks(sums, _MOST_WRITTEN):
        services.set_spend_totals(part, source="google_ads", now=now)
