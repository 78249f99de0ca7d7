"""The package and the reference side by side: each operation is done to both, and what they answer is compared."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from types import SimpleNamespace
from typing import Any
from unittest import mock

import pytest
from django.core.exceptions import ObjectDoesNotExist
from django.db import models as orm

from django_adbudget import services
from django_adbudget.exceptions import AdBudgetError, BatchRejected, Immutable
from django_adbudget.models import Brand, Campaign, DaypartingSchedule, SpendRecord
from django_adbudget.models.campaign import PROJECTION
from django_adbudget.services import ReconcileResult, SpendEntry, SpendReceipt, SpendTotal

from . import shapes
from .reference import Reference
from .shapes import NOTHING, RECORDED, REPLAYED, Record, Sent, Total

NOBODY = 10**9
#: What is compared of a record.
SAID = (
    "brand_id",
    "campaign_id",
    "amount",
    "kind",
    "spend_datetime",
    "spend_date",
    "source",
    "description",
    "corrects_id",
)


@contextmanager
def clock(now: Callable[[], datetime]) -> Iterator[None]:
    """Put the package's one clock under the test's hand, for edits by ``save()``, which take no ``now``."""
    with mock.patch("django_adbudget.clock.timezone", SimpleNamespace(now=now)):
        yield


@dataclass(frozen=True)
class Edit:
    """Fields of a brand or campaign, or of a window: made (``window`` with ``raw``), switched, or taken away."""

    owner: str
    values: dict[str, Any] = field(default_factory=dict)
    window: str | None = None
    fields_only: bool = False


class World:
    def __init__(self, now: datetime) -> None:
        self.now = now
        self.model = Reference()
        self.pks: dict[str, int] = {}
        self.windows: dict[str, int] = {}
        self.loaded: dict[str, Campaign] = {}
        """Campaigns as they were when made: stale ever after, and good enough to spend with."""
        self.records: list[int] = []
        self.unsure = False
        """The clock went back: projections may have been written for a later instant (rule T8), until a sweep."""

    # Brands, campaigns, windows

    def add_brand(self, name: str, zone: str, **values: Any) -> None:
        self.model.brands[name] = shapes.Brand(name, zone, **values)
        row = Brand.objects.create(name=name, timezone=zone, **{"currency": "EUR", **values})
        self.pks[name] = row.pk

    def add_campaign(self, name: str, brand: str, **values: Any) -> None:
        self.model.campaigns[name] = shapes.Campaign(name, brand, **values)
        row = Campaign.objects.create(name=name, brand_id=self.pks[brand], **values)
        self.pks[name], self.loaded[name] = row.pk, row
        self._has_fresh_projection(row)

    def edit(self, edits: Sequence[Edit], *, together: bool = False, actor: str = "") -> None:
        """Save each by itself, or all in one ``editing()``."""
        if not together:
            for one in edits:
                self.model.alert_edits(self._edit(one, ""), self.now)
            return
        edited: set[tuple[str, str]] = set()
        with services.editing(*sorted(self.pks[name] for name in self.model.brands), actor=actor, now=self.now):
            for one in edits:
                edited |= self._edit(one, actor, at_once=False)
        self.model.alert_edits(edited, self.now)

    def _edit(self, edit: Edit, actor: str, *, at_once: bool = True) -> set[tuple[str, str]]:
        if edit.window is not None:
            self._edit_window(edit, edit.window)
            return set()
        row: Brand | Campaign
        if edit.owner in self.model.brands:
            row = Brand.objects.get(pk=self.pks[edit.owner])
        else:
            row = Campaign.objects.get(pk=self.pks[edit.owner])
        for name, value in edit.values.items():
            setattr(row, "brand_id" if name == "brand" else name, self.pks[value] if name == "brand" else value)
        if "brand" in edit.values and self._is_refused(edit, row):
            return set()
        row.save(update_fields=list(edit.values) if edit.fields_only else None)
        if at_once and isinstance(row, Campaign):
            self._has_fresh_projection(row)
        return self.model.note(edit.owner, edit.values, actor)

    def _is_refused(self, edit: Edit, row: orm.Model) -> bool:
        """A campaign with spend stays with its brand (rule M5)."""
        settled = edit.values["brand"] != self.model.campaigns[edit.owner].brand and self.model.has_spend(edit.owner)
        if settled:
            with pytest.raises(Immutable):
                row.save()
        return settled

    def _edit_window(self, edit: Edit, name: str) -> None:
        windows = self.model.campaigns[edit.owner].windows
        if "raw" in edit.values:
            windows[name] = shapes.Window(edit.values["raw"])
            day, start, end = edit.values["raw"]
            row = DaypartingSchedule.objects.create(
                campaign_id=self.pks[edit.owner], day_of_week=day, start_time=start, end_time=end
            )
            self.windows[name] = row.pk
            return
        if name not in windows:
            return
        row = DaypartingSchedule.objects.get(pk=self.windows[name])
        if "is_active" in edit.values:
            row.is_active = windows[name].is_active = edit.values["is_active"]
            row.save()
        else:
            del windows[name]
            row.delete()

    def switch(self, name: str, on: bool, actor: str | None = None) -> None:
        toggle = services.activate_campaign if on else services.deactivate_campaign
        answer = toggle(self.pks[name], actor=actor, now=self.now)
        self.model.note(name, {"is_active": on}, actor or "")
        status, reasons = self.model.status(name, self.now)
        assert (answer.status, answer.reasons) == (status, reasons)

    def _has_fresh_projection(self, row: Campaign) -> None:
        stored = Campaign.objects.values(*PROJECTION).get(pk=row.pk)
        assert stored == {name: getattr(row, name) for name in PROJECTION}

    # Money

    def spend(self, sent: Sent, *, by_instance: bool = False) -> str:
        before = len(self.model.records)
        campaign = self.loaded[sent.campaign] if by_instance else self.pks.get(sent.campaign, NOBODY)
        expected = self.model.post([sent], self.now)[0]
        verdict, receipt = self._try(
            lambda: services.record_spend(
                campaign,
                sent.amount,
                at=sent.at,
                idempotency_key=sent.key,
                source=sent.source,
                description=sent.description,
                currency=sent.currency,
                now=self.now,
            )
        )
        assert verdict == expected, sent
        self._note_records(before)
        if verdict == REPLAYED:
            self._is_first_record(receipt, sent)
        return expected

    def spend_batch(self, batch: Sequence[Sent]) -> list[str]:
        before = len(self.model.records)
        expected = self.model.post(batch, self.now)
        errors = refused(expected)
        entries = [self._entry(sent) for sent in batch]
        if errors:
            with pytest.raises(BatchRejected) as rejected:
                services.record_spend_batch(entries, now=self.now)
            assert error_names(rejected.value) == errors, batch
        else:
            receipt = services.record_spend_batch(entries, now=self.now)
            assert (receipt.recorded, receipt.replayed) == (expected.count(RECORDED), expected.count(REPLAYED))
        self._note_records(before)
        return expected

    def _entry(self, sent: Sent) -> SpendEntry | dict[str, Any]:
        """One or the other of the two forms that a batch takes."""
        values: dict[str, Any] = {
            "amount": sent.amount,
            "campaign_id": self.pks.get(sent.campaign, NOBODY),
            "at": sent.at,
            "idempotency_key": sent.key,
            "source": sent.source,
            "description": sent.description,
            "currency": sent.currency,
        }
        return SpendEntry(**values) if sent.at is None else values

    def correct(self, number: int, amount: Any, key: str | None = None, description: str = "") -> str:
        before = len(self.model.records)
        expected = self.model.correct(self.model.records[number], amount, self.now, key, description)
        verdict, _ = self._try(
            lambda: services.correct_spend(
                self.records[number], amount, idempotency_key=key, description=description, now=self.now
            )
        )
        assert verdict == expected
        self._note_records(before)
        return expected

    def set_total(self, total: Total, source: str) -> str:
        before = len(self.model.records)
        expected = self.model.set_totals([total], source, self.now)[0]
        verdict, _ = self._try(
            lambda: services.set_spend_total(
                self.pks[total.campaign], total.day, total.total, source=source, now=self.now
            )
        )
        assert verdict == expected
        self._note_records(before)
        return expected

    def set_totals(self, totals: Sequence[Total], source: str, *, dry_run: bool) -> list[str]:
        before = len(self.model.records)
        expected = self.model.set_totals(totals, source, self.now, dry_run=dry_run)
        sent = [SpendTotal(self.pks[t.campaign], t.day, t.total) for t in totals]
        errors = refused(expected)
        if errors:
            with pytest.raises(BatchRejected) as rejected:
                services.set_spend_totals(sent, source=source, now=self.now, dry_run=dry_run)
            assert error_names(rejected.value) == errors
        else:
            receipt = services.set_spend_totals(sent, source=source, now=self.now, dry_run=dry_run)
            assert (receipt.recorded, receipt.unchanged) == (expected.count(RECORDED), expected.count(NOTHING))
        self._note_records(before)
        return expected

    def _try(self, work: Callable[[], SpendReceipt | None]) -> tuple[str, SpendReceipt | None]:
        try:
            receipt = work()
        except (AdBudgetError, TypeError, ObjectDoesNotExist) as error:
            return type(error).__name__, None
        if receipt is None:
            return NOTHING, None
        return REPLAYED if receipt.replayed else RECORDED, receipt

    def _note_records(self, before: int) -> None:
        """The ledger holds as many new records as the model, and they say the same."""
        fresh = self.model.records[before:]
        last = self.records[-1] if self.records else 0
        rows = list(SpendRecord.objects.filter(pk__gt=last).order_by("pk").values("pk", *SAID))
        self.records += [row.pop("pk") for row in rows]
        assert rows == [self._expected(record) for record in fresh]

    def _expected(self, record: Record) -> dict[str, Any]:
        corrects = record.corrects
        return {
            "brand_id": self.pks[record.brand],
            "campaign_id": self.pks[record.campaign],
            "amount": record.amount,
            "kind": record.kind,
            "spend_datetime": record.instant,
            "spend_date": record.day,
            "source": record.source,
            "description": record.description,
            "corrects_id": None if corrects is None else self.records[self.model.records.index(corrects)],
        }

    def _is_first_record(self, receipt: SpendReceipt | None, sent: Sent) -> None:
        assert receipt is not None
        assert sent.key is not None
        first = self.model.first_record(self.model.campaigns[sent.campaign].brand, sent.key)
        assert first is not None
        assert receipt.record.pk == self.records[self.model.records.index(first)]
        assert receipt.status_changes == ()

    # Time

    def tick(self) -> ReconcileResult:
        return services.reconcile(due_only=True, now=self.now)

    def sweep(self) -> ReconcileResult:
        self.unsure = False
        return services.reconcile(now=self.now)

    def go_to(self, instant: datetime) -> None:
        self.unsure |= instant < self.now
        self.now = instant


def refused(verdicts: Sequence[str]) -> dict[int, str]:
    return {n: verdict for n, verdict in enumerate(verdicts) if verdict not in (RECORDED, REPLAYED, NOTHING)}


def error_names(rejected: BatchRejected) -> dict[int, str]:
    return {n: type(error).__name__ for n, error in rejected.errors.items()}
