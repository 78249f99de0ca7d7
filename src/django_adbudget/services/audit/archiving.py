"""Old spend is moved to files: written, read back against the ledger, and only then removed (rules L1, L5)."""

from __future__ import annotations

import csv
import gzip
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from hashlib import sha256
from itertools import zip_longest
from pathlib import Path
from typing import IO, Any, NamedTuple

from django.db.models import Count, Max, QuerySet, Sum

from ...clock import instant
from ...exceptions import AdBudgetError, InvalidSpendTime
from ...models import ArchivedCampaign, ArchivedKey, Brand, LedgerArchive, SpendRecord
from ...models.archive import key_digest
from ...rules import local_date
from ..chunks import chunks
from ..gate import in_transaction, ledger_alias, lock
from .guard import ledger_open

COLUMNS = (
    "id",
    "brand_id",
    "campaign_id",
    "kind",
    "amount",
    "spend_datetime",
    "spend_date",
    "at_given",
    "idempotency_key",
    "source",
    "description",
    "redacted_at",
    "corrects_id",
    "created_at",
)
_ROWS_A_READ = 5_000
_ROWS_A_REMOVAL = 2_000


@dataclass(frozen=True, slots=True)
class Archived:
    """What was moved, or in a dry run would be. ``spend`` is in the brand's currency.

    ``finished``: records that an earlier run had written to ``finished_file`` and not yet removed.
    """

    brand_id: int
    brand_name: str
    currency: str
    records: int
    spend: Decimal
    file: Path | None = None
    finished: int = 0
    finished_file: str = ""


class _Unfinished(NamedTuple):
    done: LedgerArchive
    rows: QuerySet[SpendRecord]
    left: int


def archive(
    brand: Brand,
    before: date,
    folder: Path,
    *,
    actor: str = "",
    now: datetime | None = None,
    dry_run: bool = False,
    moved: Callable[[int], object] | None = None,
) -> Archived:
    """Move a brand's records of local dates before ``before`` to a gzipped CSV file in ``folder``.

    Totals stay; keys stay as digests, so that a key sent again is refused. A removal that was cut off is finished
    first, if its file is in ``folder`` as it was written. ``moved`` is told the records of each step. Raises
    ``InvalidSpendTime`` if ``before`` is not past yet, ``AdBudgetError`` if the file of a removal that was cut off is
    not there, ``OSError`` if the file cannot be written; then nothing is removed.
    """
    at, alias = instant(now), ledger_alias()
    if before > local_date(at, brand.timezone):
        raise InvalidSpendTime(f"before={before} lies in the future of {brand.name}; its days are not over")
    unfinished = _unfinished(brand, alias)
    if not dry_run:
        for one in unfinished:
            _check_file(one, folder, brand)
        for one in unfinished:
            _remove(one.done, one.rows, at, alias, actor, moved)
    rows, last = _settled(brand, before, at, alias)
    for done, _, _ in unfinished if dry_run else ():
        rows = rows.exclude(spend_date__lt=done.first_kept, pk__lte=done.last_record)
    moving = _planned(brand, rows, unfinished)
    if dry_run or not moving.records:
        return moving
    file, digest = _write(rows, folder, f"spend-brand-{brand.pk}-before-{before}-{at.astimezone(UTC):%Y%m%dT%H%M%SZ}")
    done = LedgerArchive(
        brand=brand,
        first_kept=before,
        last_record=last,
        file=file.name,
        sha256=digest,
        records=moving.records,
        spend=moving.spend,
        actor=actor,
        at=at,
    )
    _open_up(done, rows, at, alias)
    _remove(done, rows, at, alias, actor, moved)
    return replace(moving, file=file)


def _settled(brand: Brand, before: date, now: datetime, alias: str) -> tuple[QuerySet[SpendRecord], int]:
    """The records to move. Under the gate none of the brand's is in the making, so later ones have higher ids."""
    old = SpendRecord._base_manager.using(alias).filter(brand=brand, spend_date__lt=before)

    def work() -> int:
        lock([brand.pk], now, alias)
        return old.aggregate(last=Max("pk"))["last"] or 0

    last = in_transaction(work, alias)
    return old.filter(pk__lte=last), last


def _write(rows: QuerySet[SpendRecord], folder: Path, name: str) -> tuple[Path, str]:
    """The file and its SHA-256. It bears its name once it has been read back and found to be the ledger's word."""
    folder.mkdir(parents=True, exist_ok=True)
    part, file = folder / f"{name}.csv.gz.part", folder / f"{name}.csv.gz"
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as raw:
        _dump(rows, raw)
        raw.flush()
        os.fsync(raw.fileno())
    _compare(rows, part)
    part.rename(file)
    return file, _digest(file)


def _dump(rows: QuerySet[SpendRecord], raw: IO[bytes]) -> None:
    # Without the time of writing in it, so that the same records make the same file.
    with gzip.GzipFile(filename="", fileobj=raw, mode="wb", mtime=0) as packed:
        lines = csv.writer(_Lines(packed))
        lines.writerow(COLUMNS)
        lines.writerows(_cells(rows))


class _Lines:
    def __init__(self, stream: gzip.GzipFile) -> None:
        self._stream = stream

    def write(self, line: str) -> int:
        return self._stream.write(line.encode())


def _compare(rows: QuerySet[SpendRecord], file: Path) -> None:
    with gzip.open(file, "rt", encoding="utf-8", newline="") as stream:
        lines = csv.reader(stream)
        if tuple(next(lines)) != COLUMNS:
            raise AdBudgetError(f"{file} does not begin with the names of its columns")
        for written, kept in zip_longest(lines, _cells(rows)):
            if written != kept:
                raise AdBudgetError(
                    f"{file} is not what the ledger says: {written!r} for {kept!r}; nothing was removed"
                )


def _cells(rows: QuerySet[SpendRecord]) -> Iterator[list[str]]:
    """Records by id, as text; read a part at a time, since a cursor would not outlive a pooled connection (H1)."""
    last = 0
    while part := list(rows.filter(pk__gt=last).order_by("pk").values_list(*COLUMNS)[:_ROWS_A_READ]):
        for row in part:
            yield [_cell(value) for value in row]
        last = part[-1][0]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, date) else str(value)


def _digest(file: Path) -> str:
    digest = sha256()
    with file.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _open_up(done: LedgerArchive, rows: QuerySet[SpendRecord], now: datetime, alias: str) -> None:
    """From here on audits start from the totals of the days before, so that removing may take its time."""

    def work() -> None:
        lock([done.brand_id], now, alias)
        later = SpendRecord._base_manager.using(alias).filter(brand=done.brand_id, pk__gt=done.last_record)
        if later.filter(corrects__in=rows.order_by().values("pk")).exists():
            raise AdBudgetError(
                f"a record was corrected while {done.file} was written; nothing was removed, run it again"
            )
        done.save(using=alias)
        sums = rows.order_by().values_list("campaign").annotate(Count("pk"), Sum("amount"))
        ArchivedCampaign._base_manager.using(alias).bulk_create(
            [ArchivedCampaign(archive=done, campaign_id=pk, records=n, spend=spend) for pk, n, spend in sums]
        )

    in_transaction(work, alias)


def _planned(brand: Brand, rows: QuerySet[SpendRecord], unfinished: Sequence[_Unfinished]) -> Archived:
    found = rows.aggregate(records=Count("pk"), spend=Sum("amount"))
    return Archived(
        brand.pk,
        brand.name,
        brand.currency,
        found["records"],
        found["spend"] or Decimal(0),
        finished=sum(one.left for one in unfinished),
        finished_file=", ".join(one.done.file for one in unfinished),
    )


def _unfinished(brand: Brand, alias: str) -> list[_Unfinished]:
    """Archives whose removal was cut off."""
    found = []
    for done in LedgerArchive._base_manager.using(alias).filter(brand=brand).order_by("pk"):
        rows = SpendRecord._base_manager.using(alias).filter(
            brand=brand, spend_date__lt=done.first_kept, pk__lte=done.last_record
        )
        if left := rows.count():
            found.append(_Unfinished(done, rows, left))
    return found


def _check_file(one: _Unfinished, folder: Path, brand: Brand) -> None:
    """What a removal takes out must still be in its file."""
    file, waiting = folder / one.done.file, f"{one.left:,} records of {brand.name} wait to be removed"
    if not file.is_file():
        raise AdBudgetError(f"{waiting}: they were moved to {one.done.file}, which is not in {folder}; name its folder")
    if _digest(file) != one.done.sha256:
        raise AdBudgetError(f"{waiting}, but {file} is not as it was written; nothing was removed")


def _remove(
    done: LedgerArchive,
    rows: QuerySet[SpendRecord],
    now: datetime,
    alias: str,
    actor: str,
    moved: Callable[[int], object] | None,
) -> None:
    """Newest first, so that a correction goes before what it corrects; the gate is held for a part at a time."""

    def work() -> int:
        lock([done.brand_id], now, alias)
        part = list(rows.order_by("-pk").values_list("pk", "idempotency_key")[:_ROWS_A_REMOVAL])
        if part:
            with ledger_open(f"archived to {done.file}"[:255], actor=actor, now=now):
                _take_out(done.brand_id, part, alias)
        return len(part)

    while removed := in_transaction(work, alias):
        if moved:
            moved(removed)


def _take_out(brand_id: int, part: list[tuple[int, str]], alias: str) -> None:
    ArchivedKey._base_manager.using(alias).bulk_create(
        [ArchivedKey(brand_id=brand_id, digest=key_digest(key), record=pk) for pk, key in part]
    )
    for ids in chunks(pk for pk, _ in part):
        records = SpendRecord._base_manager.using(alias).filter(pk__in=ids)
        # InnoDB looks at foreign keys row by row.
        records.filter(corrects__isnull=False)._raw_delete(alias)
        records._raw_delete(alias)
