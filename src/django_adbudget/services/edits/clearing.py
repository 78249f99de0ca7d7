"""Takes away what was made for show, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet

from ...clock import instant
from ...models import (
    ArchivedCampaign,
    ArchivedKey,
    Brand,
    Campaign,
    DaypartingSchedule,
    LedgerArchive,
    SpendRecord,
)
from ...models.ledger import Kind
from ..audit.guard import ledger_open
from ..audit.verifying import rebuild_summaries
from ..chunks import chunks
from ..gate import in_transaction, ledger_alias, lock

_CAMPAIGNS_A_STATEMENT = 1_000


@dataclass(frozen=True, slots=True)
class Cleared:
    """Rows removed, and brands and campaigns that stay since they bear what somebody else made."""

    records: int = 0
    campaigns: int = 0
    brands: int = 0
    kept_campaigns: tuple[int, ...] = ()
    kept_brands: tuple[int, ...] = ()


def clear_made(
    prefix: str,
    sources: Sequence[str],
    *,
    brands: Iterable[Brand] | None = None,
    actor: str = "",
    now: datetime | None = None,
    dry_run: bool = False,
) -> Cleared:
    """Remove brands and campaigns whose external id begins with ``prefix``, and their spend of ``sources``.

    A campaign with other spend stays, without the spend of ``sources``, and so does a brand with another campaign;
    their totals are set to what the ledger then says. Corrections have the source of what they correct. What was
    archived of brands and campaigns that go is taken for theirs, and goes with them; its files stay.
    """
    alias, at = ledger_alias(), instant(now)
    among = Brand._base_manager.using(alias).filter(external_id__startswith=prefix)
    if brands is not None:
        among = among.filter(pk__in=[brand.pk for brand in brands])
    work = _Clearing(alias, list(among.values_list("pk", flat=True)), prefix, tuple(sources))
    if dry_run:
        return work.found()
    if not work.brand_ids:
        return Cleared()

    def clear() -> Cleared:
        with ledger_open(f"cleared what begins with {prefix}", actor=actor, now=at):
            lock(work.brand_ids, at, alias)
            found = work.found()
            work.remove(found)
            # Brands that stay bear totals of spend that is gone.
            rebuild_summaries(brands=found.kept_brands, now=at)
        return found

    return in_transaction(clear, alias)


@dataclass(frozen=True, slots=True)
class _Clearing:
    alias: str
    brand_ids: list[int]
    prefix: str
    sources: tuple[str, ...]

    def found(self) -> Cleared:
        """What goes and what stays."""
        made = list(self._made().values_list("pk", flat=True))
        kept = [pk for part in chunks(made, _CAMPAIGNS_A_STATEMENT) for pk in self._with_others_spend(part)]
        kept_brands = set(
            self._campaigns().exclude(external_id__startswith=self.prefix).values_list("brand", flat=True)
        )
        kept_brands |= set(self._campaigns().filter(pk__in=kept).values_list("brand", flat=True))
        records = sum(self._records(part).count() for part in chunks(made, _CAMPAIGNS_A_STATEMENT))
        return Cleared(
            records=records,
            campaigns=len(made) - len(kept),
            brands=len(self.brand_ids) - len(kept_brands),
            kept_campaigns=tuple(sorted(kept)),
            kept_brands=tuple(sorted(kept_brands)),
        )

    def remove(self, found: Cleared) -> None:
        made = list(self._made().values_list("pk", flat=True))
        # Straight deletes: the collector would load every record to look for corrections.
        for part in chunks(made, _CAMPAIGNS_A_STATEMENT):
            records = self._records(part)
            records.filter(kind=Kind.CORRECTION)._raw_delete(self.alias)
            records._raw_delete(self.alias)
        going = sorted(set(made) - set(found.kept_campaigns))
        for part in chunks(going, _CAMPAIGNS_A_STATEMENT):
            DaypartingSchedule._base_manager.using(self.alias).filter(campaign__in=part)._raw_delete(self.alias)
            ArchivedCampaign._base_manager.using(self.alias).filter(campaign__in=part)._raw_delete(self.alias)
            Campaign._base_manager.using(self.alias).filter(pk__in=part).delete()
        brands = sorted(set(self.brand_ids) - set(found.kept_brands))
        ArchivedKey._base_manager.using(self.alias).filter(brand__in=brands)._raw_delete(self.alias)
        LedgerArchive._base_manager.using(self.alias).filter(brand__in=brands).delete()
        Brand._base_manager.using(self.alias).filter(pk__in=brands).delete()

    def _campaigns(self) -> QuerySet[Campaign]:
        return Campaign._base_manager.using(self.alias).filter(brand__in=self.brand_ids).order_by("pk")

    def _made(self) -> QuerySet[Campaign]:
        return self._campaigns().filter(external_id__startswith=self.prefix)

    def _records(self, campaign_ids: Sequence[int]) -> QuerySet[SpendRecord]:
        records = SpendRecord._base_manager.using(self.alias)
        return records.filter(campaign__in=campaign_ids, source__in=self.sources)

    def _with_others_spend(self, campaign_ids: Sequence[int]) -> QuerySet[Campaign, int]:
        others = SpendRecord._base_manager.using(self.alias).filter(campaign=OuterRef("pk"))
        others = others.exclude(source__in=self.sources)
        return self._campaigns().filter(Exists(others), pk__in=campaign_ids).values_list("pk", flat=True)
