"""Idempotency keys that were used before: those of records, and those whose record is archived (rule L2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connections
from django.db.models import BooleanField, Exists, Expression, OuterRef, Q

from ...models import ArchivedKey, SpendRecord
from ...models.archive import key_digest
from ..chunks import among, chunks

#: (brand id, idempotency key)
BrandKey = tuple[int, str]
_KEYS_A_STATEMENT = 2_000
_FEW_KEYS = 20


def is_used(key: str) -> Q:
    """For a query of campaigns: whether their brand has a record under a key."""
    brand = OuterRef("brand_id")
    kept = SpendRecord._base_manager.filter(brand=brand, idempotency_key=key)
    archived = ArchivedKey._base_manager.filter(brand=brand, digest=key_digest(key))
    return Q(Exists(kept)) | Q(Exists(archived))


def of_records(keys: Sequence[BrandKey], alias: str) -> dict[BrandKey, SpendRecord]:
    """Records that bear one of the keys."""
    found: dict[BrandKey, SpendRecord] = {}
    records = SpendRecord._base_manager.using(alias)
    # PostgreSQL takes them all as two values.
    size = len(keys) if connections[alias].vendor == "postgresql" else _KEYS_A_STATEMENT
    for part in chunks(keys, size):
        found.update({(row.brand_id, row.idempotency_key): row for row in records.filter(_BearsOneOf(part))})
    return found


def of_archived(keys: Sequence[BrandKey], alias: str) -> dict[BrandKey, int]:
    """Keys whose record was archived, and the id that it had."""
    brand_ids = sorted({brand_id for brand_id, _ in keys})
    rows = ArchivedKey._base_manager.using(alias).filter(brand__in=among(brand_ids, alias))
    if len(keys) > _FEW_KEYS and not rows.exists():
        return {}  # few brands have an archive, and digests of many keys take longer than this look
    digests = {(brand_id, key_digest(key)): key for brand_id, key in keys}
    found: dict[BrandKey, int] = {}
    for part in chunks(sorted({digest for _, digest in digests}), _KEYS_A_STATEMENT):
        archived = rows.filter(digest__in=part)
        for brand_id, digest, record in archived.values_list("brand_id", "digest", "record"):
            if (brand_id, digest) in digests:
                found[brand_id, digests[brand_id, digest]] = record
    return found


class _BearsOneOf(Expression):
    """For a query of records. A list of brands and one of keys would be looked up each with each: keys of a thousand
    brands took a hundred times as long.
    """

    output_field = BooleanField()
    conditional = True

    def __init__(self, keys: Sequence[BrandKey]) -> None:
        super().__init__()
        self._keys = keys

    def as_sql(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, Any]:
        return self._among(self._rows, [value for pair in self._keys for value in pair], compiler)

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        return self._among(f"VALUES {self._rows}", [value for pair in self._keys for value in pair], compiler)

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        """Keys are printable, so that no line break stands in one; and a text is sooner sent than a list."""
        brands = ",".join(str(brand_id) for brand_id, _ in self._keys)
        keys = "\n".join(key for _, key in self._keys)
        arrays = "CAST(%s AS bigint[]), CAST(string_to_array(%s, E'\\n') AS varchar[])"
        return self._among(f"SELECT * FROM unnest({arrays})", [f"{{{brands}}}", keys], compiler)  # noqa: S608

    @property
    def _rows(self) -> str:
        return ", ".join(["(%s, %s)"] * len(self._keys))

    def _among(self, pairs: str, params: list[Any], compiler: Any) -> tuple[str, Any]:
        table = compiler.connection.ops.quote_name(SpendRecord._meta.db_table)
        return f"({table}.brand_id, {table}.idempotency_key) IN ({pairs})", params
