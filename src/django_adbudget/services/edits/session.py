"""Edits of facts: the gate once, evaluation once at the end (rule S4)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from ...clock import instant
from ...models import Brand, Campaign
from ...models.campaign import PROJECTION
from ...models.history import Cause
from ...rules import Level, local_date
from ...rules.status import period_start
from ..alerts.thresholds import Watched, watch
from ..enforcement import evaluating
from ..facts import BUDGET_FIELDS, Loaded
from ..gate import Gate, ledger_alias, lock

#: (brand or campaign, its id, name of the budget field)
EditedBudget = tuple[Level, int, str]


@dataclass(slots=True)
class Edit:
    """What has been edited in one transaction and is to be evaluated at its end."""

    alias: str
    now: datetime
    actor: str = ""
    brands: set[int] = field(default_factory=set)
    campaigns: set[int] = field(default_factory=set)
    budgets: set[EditedBudget] = field(default_factory=set)
    instances: list[Campaign] = field(default_factory=list)

    def finish(self) -> None:
        """Evaluate what was touched, and give the saved instances their fresh projection."""
        if self.brands or self.campaigns:
            self._evaluate()
        self._refresh()

    def _evaluate(self) -> None:
        touched = Campaign._base_manager.using(self.alias).filter(Q(brand__in=self.brands) | Q(pk__in=self.campaigns))
        owners = set(touched.order_by().values_list("brand_id", flat=True).distinct()) | self.brands
        gate = lock(owners, self.now, self.alias)
        evaluation = evaluating.evaluate(gate, touched, Cause.EDIT, actor=self.actor)
        if self.budgets:
            watch(gate, self._edited(gate, evaluation.loaded))

    def _edited(self, gate: Gate, loaded: list[Loaded]) -> list[Watched]:
        watched = {}
        for row in loaded:
            if row.facts is None:
                continue
            today = local_date(gate.now, row.facts.zone)
            for limit in row.facts.limits:
                owner = row.stored.brand_id if limit.level is Level.BRAND else row.stored.id
                edited = (limit.level, owner, BUDGET_FIELDS[limit.period])
                if limit.budget is not None and edited in self.budgets:
                    watched[edited] = Watched(
                        brand_id=row.stored.brand_id,
                        campaign_id=None if limit.level is Level.BRAND else owner,
                        budget=edited[2],
                        period_start=period_start(limit.period, today),
                        before=None,
                        spend=limit.spent_on(today),
                        limit=limit.budget,
                    )
        return list(watched.values())

    def _refresh(self) -> None:
        if self.instances:
            rows = Campaign._base_manager.using(self.alias).in_bulk([c.pk for c in self.instances])
            for campaign in self.instances:
                refresh_projection(campaign, rows.get(campaign.pk))


def refresh_projection(campaign: Campaign, row: Campaign | None) -> None:
    """Carry the stored projection over to an instance, as it was read from its row."""
    if row is not None:
        for name in PROJECTION:
            setattr(campaign, name, getattr(row, name))


_current: ContextVar[Edit | None] = ContextVar("adbudget_edit", default=None)


@contextmanager
def editing(*brands: Brand | int, actor: str | None = None, now: datetime | None = None) -> Iterator[None]:
    """Edit brands, campaigns and windows in one transaction, locked once and evaluated once, at the end (rule S4).

    Name the brands whose facts are edited, so that they are locked in order (rule L4). ``actor`` is written beside
    each change. Inside another ``editing()`` it joins that one, which evaluates. Nothing is kept if the block raises.
    """
    outer = _current.get()
    ids = [brand.pk if isinstance(brand, Brand) else brand for brand in brands]
    if outer is not None:
        lock(ids, outer.now, outer.alias)
        with transaction.atomic(using=outer.alias):
            yield
        return
    edit = Edit(ledger_alias(), instant(now), actor or "")
    with transaction.atomic(using=edit.alias):
        lock(ids, edit.now, edit.alias)
        token = _current.set(edit)
        try:
            yield
        finally:
            _current.reset(token)
        edit.finish()


@contextmanager
def joined() -> Iterator[Edit]:
    """The edit under way, or one of its own for a single save; the caller has opened a transaction."""
    outer = _current.get()
    if outer is not None:
        yield outer
        return
    edit = Edit(ledger_alias(), instant())
    yield edit
    edit.finish()


def hold(*brand_ids: int | None) -> None:
    """Take the gate of brands before a row of theirs is written (rule L4). The caller has opened a transaction."""
    ids = [pk for pk in brand_ids if pk is not None]
    if ids:
        lock(ids, instant(), ledger_alias())
