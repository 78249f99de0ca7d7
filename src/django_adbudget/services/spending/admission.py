"""Takes postings through the gate: the brands of all of them locked, their campaigns read under that lock (rule L4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from ...exceptions import BrandMismatch
from ...models import Campaign
from ..chunks import among, chunks, one_of
from ..facts import BUDGET_FIELDS, CAMPAIGN_PERIODS
from ..gate import Gate, in_transaction, ledger_alias, lock, lock_owners
from . import keys
from .postings import Posting
from .touched import Spender

T = TypeVar("T")


def under_gate(
    batch: Sequence[Posting],
    now: datetime,
    work: Callable[[Gate, Mapping[int, Spender]], T],
    *,
    at_once: Callable[[Gate], T | Campaign | None] | None = None,
    dry_run: bool = False,
) -> T:
    """What ``work`` gives for the gate and the postings' campaigns by id; a dry run undoes what it wrote.

    ``at_once`` is asked first, before the campaigns are read. It gives the answer, or None; or, if all that it could
    do is read the one campaign, that.
    """
    alias = ledger_alias()
    ids = {posting.campaign_id for posting in batch}
    brand_ids = _known_brands(batch, ids, alias)

    def attempt() -> T | _Moved:
        gate = lock_owners(ids, now, alias) if brand_ids is None else lock(brand_ids, now, alias)
        done = at_once(gate) if at_once else None
        if done is not None and not isinstance(done, Campaign):
            return done
        campaigns = {done.pk: Spender.of(done, now)} if done else _read_campaigns(batch, ids, now, alias)
        _check_brands(batch, campaigns)
        theirs = {campaign.brand_id for campaign in campaigns.values()}
        if not theirs <= gate.brands.keys():
            return _Moved(theirs)
        outcome = work(gate, campaigns)
        if dry_run:
            transaction.set_rollback(True, using=alias)
        return outcome

    while True:
        outcome = in_transaction(attempt, alias)
        if not isinstance(outcome, _Moved):
            return outcome
        brand_ids = outcome.brand_ids | (brand_ids or set())


def _check_brands(batch: Sequence[Posting], campaigns: Mapping[int, Spender]) -> None:
    for posting in batch:
        campaign = None if posting.of_brand is None else campaigns.get(posting.campaign_id)
        if campaign is not None and campaign.brand_id != posting.of_brand:
            raise BrandMismatch(f"campaign {campaign.pk} is of brand {campaign.brand_id}, not of {posting.of_brand}")


class _Moved:
    """A campaign belongs to another brand than its instance said: the locks are taken again, in order."""

    def __init__(self, brand_ids: set[int]) -> None:
        self.brand_ids = brand_ids


def _known_brands(batch: Sequence[Posting], campaign_ids: set[int], alias: str) -> set[int] | None:
    """The postings' brands; None where the statement that locks them finds them.

    Elsewhere that cannot name every campaign. It is no part of the transaction: MySQL would go on reading what was
    true before the lock.
    """
    known = {posting.brand_id for posting in batch}
    if None in known and (len(campaign_ids) == 1 or connections[alias].vendor == "postgresql"):
        return None
    brand_ids = {pk for pk in known if pk is not None}
    return brand_ids if len(brand_ids) == len(known) else brand_ids | _brand_ids(campaign_ids, alias)


def _brand_ids(campaign_ids: set[int], alias: str) -> set[int]:
    rows = Campaign._base_manager.using(alias).order_by().values_list("brand_id", flat=True).distinct()
    return {pk for part in chunks(sorted(campaign_ids)) for pk in rows.filter(pk__in=among(part, alias))}


def _read_campaigns(batch: Sequence[Posting], campaign_ids: set[int], now: datetime, alias: str) -> dict[int, Spender]:
    """The campaigns as they are; that of a single posting as a whole, and whether the key is new."""
    rows = Campaign._base_manager.using(alias).order_by()
    if len(batch) == 1:
        whole = rows.annotate(key_is_used=keys.is_used(batch[0].key)).filter(pk__in=campaign_ids)
        return {row.pk: Spender.of(row, now) for row in whole}
    spenders: dict[int, Spender] = {}
    with connections[alias].cursor() as cursor:
        for part in chunks(sorted(campaign_ids)):
            sql, params = _spenders_sql(part, now, connections[alias])
            cursor.execute(sql, params)
            spenders.update({row[0]: Spender(row[0], row[1], bool(row[2]), row[3:]) for row in cursor.fetchall()})
    return spenders


def _spenders_sql(ids: list[int], now: datetime, connection: BaseDatabaseWrapper) -> tuple[str, list[Any]]:
    """The ORM would take longer over the rows than the database."""
    quote = connection.ops.quote_name
    names = ("id", "brand_id", "next_check_at", *(BUDGET_FIELDS[period] for period in CAMPAIGN_PERIODS))
    pk, brand, next_check, *budgets = map(quote, names)
    which, params = one_of(ids, connection.alias)
    columns = ", ".join([pk, brand, f"{next_check} <= %s", *budgets])
    sql = f"SELECT {columns} FROM {quote(Campaign._meta.db_table)} WHERE {pk} {which}"  # noqa: S608
    return sql, [connection.ops.adapt_datetimefield_value(now), *params]
