"""Dry runs: which campaigns would pause or resume if a fact were another. Nothing is locked or written.

The same decision is asked twice, of the facts as they are and of a copy that is altered (rule S3).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from ...clock import instant
from ...models import Brand, Campaign
from ...rules import CampaignFacts, Decision, Level, LimitFacts, Period, decide, to_micros
from .. import facts
from ..chunks import chunks
from ..facts import Loaded, Stored
from ..gate import Gate, ledger_alias

#: Campaigns whose facts are in memory at a time.
_CHUNK = 2_000


@dataclass(frozen=True, slots=True)
class NewBudget:
    """A budget that someone thinks of: of a brand (day, month) or a campaign (day, month, total), None for no limit."""

    level: Level
    owner_id: int
    period: Period
    budget: Decimal | None


@dataclass(frozen=True, slots=True)
class Foreseen:
    """A campaign that would start or stop, with the decision as it is and as it would be."""

    campaign_id: int
    campaign_name: str
    brand_id: int
    before: Decision
    after: Decision


@dataclass(frozen=True, slots=True)
class Preview:
    """What would become of the campaigns concerned, by id. ``undecided`` counts those of unknown zones (rule T7)."""

    at: datetime
    evaluated: int
    undecided: int
    pauses: tuple[Foreseen, ...]
    resumes: tuple[Foreseen, ...]


def budget_preview(budgets: Iterable[NewBudget], *, now: datetime | None = None) -> Preview:
    """What would pause and what would resume at ``now`` if these budgets, together, were in force.

    Three statements for each 2,000 campaigns concerned, and a few more. Raises ``InvalidAmount``.
    """
    wanted = {(new.level, new.owner_id, new.period): _micros(new.budget) for new in budgets}
    brands = {owner for level, owner, _ in wanted if level is Level.BRAND}
    campaigns = {owner for level, owner, _ in wanted if level is Level.CAMPAIGN}

    def limit(row: Stored, known: LimitFacts) -> LimitFacts:
        key = (known.level, row.brand_id if known.level is Level.BRAND else row.id, known.period)
        return replace(known, budget=wanted[key]) if key in wanted else known

    def altered(row: Stored, known: CampaignFacts) -> CampaignFacts:
        return replace(known, limits=tuple(limit(row, each) for each in known.limits))

    return foresee(altered, campaigns, of_brands=brands, now=now)


def _micros(budget: Decimal | None) -> int | None:
    return None if budget is None else to_micros(budget)


def foresee(
    altered: Callable[[Stored, CampaignFacts], CampaignFacts],
    campaign_ids: Collection[int],
    *,
    of_brands: Collection[int] = (),
    now: datetime | None = None,
) -> Preview:
    """What would pause and resume if the facts of these campaigns, and of all of these brands, were altered."""
    at, alias = instant(now), ledger_alias()
    evaluated = undecided = 0
    flips: list[tuple[Stored, Decision, Decision]] = []
    for row in _loaded(alias, at, campaign_ids, of_brands):
        if row.facts is None:
            undecided += 1
            continue
        evaluated += 1
        before, after = decide(row.facts, at), decide(altered(row.stored, row.facts), at)
        if before.runs is not after.runs:
            flips.append((row.stored, before, after))
    names = _names(alias, [stored.id for stored, _, _ in flips])
    told = [Foreseen(row.id, names.get(row.id, ""), row.brand_id, before, after) for row, before, after in flips]
    return Preview(
        at=at,
        evaluated=evaluated,
        undecided=undecided,
        pauses=tuple(each for each in told if each.before.runs),
        resumes=tuple(each for each in told if each.after.runs),
    )


def _loaded(alias: str, now: datetime, campaign_ids: Collection[int], brand_ids: Collection[int]) -> Iterator[Loaded]:
    campaigns = Campaign._base_manager.using(alias)
    owners: dict[int, int] = {}
    for field, ids in (("pk__in", campaign_ids), ("brand__in", brand_ids)):
        for part in chunks(sorted(ids)):
            owners.update(campaigns.filter(**{field: part}).values_list("pk", "brand_id"))
    for part in chunks(sorted(owners), _CHUNK):
        brands = Brand._base_manager.using(alias).in_bulk({owners[pk] for pk in part})
        gate = Gate(alias, now, brands)
        yield from facts.load(gate, campaigns.filter(pk__in=part, brand__in=list(brands)), all_totals=True)


def _names(alias: str, ids: list[int]) -> Mapping[int, str]:
    campaigns = Campaign._base_manager.using(alias)
    return {pk: name for part in chunks(ids) for pk, name in campaigns.filter(pk__in=part).values_list("pk", "name")}
